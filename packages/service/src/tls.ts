import { X509Certificate } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import { Agent, type AgentOptions, createServer, type Server, type ServerOptions } from 'node:https';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { createSecureContext, type SecureContext, type SecureContextOptions, TLSSocket } from 'node:tls';
import { type KeySource, remoteKeys } from '@paygraph/auth';
import { Gauge, type Registry } from 'prom-client';
import { buildConnector } from 'undici';
import type { Logger } from './logger.ts';
import { OperatorError } from './operator-error.ts';

/** What `TLS_DIRECTORY` holds, under the names that cert-manager gives them: PEM. */
const FILES = ['tls.crt', 'tls.key', 'ca.crt'] as const;
/** Both ends are ours, so that nobody needs an older one. */
const MIN_VERSION = 'TLSv1.3';
/** Time in ms that a new connection has for its handshake. */
const HANDSHAKE_TIMEOUT = 10_000;

/** Of `tls.connect`: who we are, and whom we expect. */
export interface TlsConnection {
  readonly secureContext: SecureContext;
  /** A service's name, which its certificate must have, wherever it is reached. */
  readonly servername: string;
}

/**
 * Mutual TLS between services. A process shows its certificate to whoever it calls and is called by, and talks to nobody who has
 * none of the same CA. Certificates that are renewed on disk hold for the next connection.
 */
export interface Tls {
  /** A server that lets in who has a certificate. */
  createServer(options: ServerOptions, listener: RequestListener): Server;
  /** One connection to a service. */
  connectionTo(service: string): TlsConnection;
  /** When the certificate ends that is in use, and that of the CA: by file, in seconds since the epoch. */
  ends(): Readonly<Record<'tls.crt' | 'ca.crt', number>>;
}

/** `TLS_DIRECTORY` as a process uses it; undefined when it is not set. @throws OperatorError when it cannot be used */
export function tlsFrom({ TLS_DIRECTORY: directory }: { readonly TLS_DIRECTORY?: string | undefined }, logger: Logger) {
  return directory === undefined ? undefined : createTls(directory, logger);
}

interface Credentials {
  readonly options: SecureContextOptions;
  readonly context: SecureContext;
  readonly ends: ReturnType<Tls['ends']>;
}

function createTls(directory: string, logger: Logger): Tls {
  const files = FILES.map((name) => join(directory, name));
  let seen: string;
  let credentials: Credentials;
  try {
    seen = stampOf(files);
    credentials = credentialsIn(files);
  } catch (error) {
    throw new OperatorError(`TLS_DIRECTORY: ${error instanceof Error ? error.message : error}`);
  }
  // Looked at for each connection, which takes a thousandth of its handshake, in place of being watched.
  const current = (): Credentials => {
    try {
      const stamp = stampOf(files);
      if (stamp === seen) return credentials;
      seen = stamp;
      credentials = credentialsIn(files);
      logger.info({ directory }, 'certificates were renewed');
    } catch (error) {
      logger.warn({ err: error, directory }, 'new certificates cannot be used: going on with the old ones');
    }
    return credentials;
  };
  return {
    createServer(options, listener) {
      const server = createServer(
        {
          ...options,
          ...credentials.options,
          requestCert: true,
          rejectUnauthorized: true,
          handshakeTimeout: HANDSHAKE_TIMEOUT,
        },
        listener,
      );
      let used = credentials;
      server.prependListener('connection', () => {
        const found = current();
        if (found !== used) server.setSecureContext(found.options);
        used = found;
      });
      server.on('tlsClientError', (error, { remoteAddress }) =>
        logger.info({ err: error, remoteAddress }, 'a connection without a good certificate was refused'),
      );
      return server;
    },
    connectionTo: (service) => ({ secureContext: current().context, servername: service }),
    ends: () => current().ends,
  };
}

/** Changes with the files. */
function stampOf(files: readonly string[]): string {
  return files
    .map((file) => {
      const { ino, mtimeMs, size } = statSync(file);
      return `${ino} ${mtimeMs} ${size}`;
    })
    .join();
}

function credentialsIn(files: readonly string[]): Credentials {
  const [cert = '', key = '', ca = ''] = files.map((file) => readFileSync(file));
  const options = { cert, key, ca, minVersion: MIN_VERSION } as const;
  return { options, context: createSecureContext(options), ends: { 'tls.crt': endOf(cert), 'ca.crt': endOf(ca) } };
}

function endOf(certificate: Buffer | string): number {
  return Date.parse(new X509Certificate(certificate).validTo) / 1_000;
}

/** Shows when certificates end, if there are some. */
export function measureCertificates(registry: Registry, tls: Tls | undefined): void {
  new Gauge({
    name: 'paygraph_certificate_expires_timestamp_seconds',
    help: 'When the certificate ends that the process shows to others (tls.crt), and that of the CA (ca.crt).',
    labelNames: ['certificate'],
    registers: [registry],
    collect() {
      for (const [certificate, end] of Object.entries(tls?.ends() ?? {})) this.set({ certificate }, end);
    },
  });
}

/**
 * How undici's `Pool` connects to a service: plainly without `tls`.
 * @throws OperatorError when there is `tls` and the address would go around it
 */
export function connectorTo(
  service: string,
  { url, tls, timeoutMs }: { readonly url: string; readonly tls?: Tls | undefined; readonly timeoutMs?: number },
): buildConnector.BuildOptions | buildConnector.connector {
  const timeout = timeoutMs === undefined ? {} : { timeout: timeoutMs };
  if (!tls) return timeout;
  refusePlain(service, url);
  let made: buildConnector.connector | undefined;
  let context: SecureContext | undefined;
  return (options, callback) => {
    const connection = tls.connectionTo(service);
    // A connector resumes sessions, which new certificates must not.
    if (!made || connection.secureContext !== context) made = buildConnector({ ...timeout, ...connection });
    context = connection.secureContext;
    made(options, callback);
  };
}

/** The keys of access tokens where profile publishes them. @throws OperatorError when the address would go around TLS */
export function publishedKeys(
  { ACCESS_TOKEN_JWKS_URL: url }: { readonly ACCESS_TOKEN_JWKS_URL: string },
  tls?: Tls,
): KeySource {
  if (!tls) return remoteKeys(url);
  refusePlain('profile', url);
  return remoteKeys(url, { agent: new ServiceAgent('profile', tls) });
}

/** How node's own clients connect to a service. */
class ServiceAgent extends Agent {
  readonly #service: string;
  readonly #tls: Tls;

  constructor(service: string, tls: Tls) {
    super({ maxCachedSessions: 0 });
    this.#service = service;
    this.#tls = tls;
  }

  override createConnection(options: AgentOptions, callback?: (error: Error | null, stream: Duplex) => void) {
    return super.createConnection({ ...options, ...this.#tls.connectionTo(this.#service) }, callback);
  }
}

function refusePlain(service: string, url: string): void {
  if (!url.startsWith('https:'))
    throw new OperatorError(`TLS_DIRECTORY is set: the address of ${service} must be https://, not ${url}`);
}

/** Of open connections: reading one takes longer than what else is asked of a request. */
const certificates = new WeakMap<TLSSocket, X509Certificate>();

/** Whether a connection was opened with a certificate in the name of a service. */
export function isOpenedBy(service: string, socket: Socket): boolean {
  if (!(socket instanceof TLSSocket) || !socket.authorized) return false;
  const certificate = certificates.get(socket) ?? socket.getPeerX509Certificate();
  if (!certificate) return false;
  certificates.set(socket, certificate);
  return certificate.checkHost(service, { subject: 'never', wildcards: false }) !== undefined;
}
