import { randomUUID, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, request } from 'node:https';
import { type AddressInfo, createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ConnectionOptions, connect, type SecureVersion } from 'node:tls';
import { createServiceTokenSigner, type ServiceName } from '@paygraph/auth';
import { query } from '@paygraph/database/testing';
import { createHttpServer, createLogger, createMetrics, listen, type Tls, tlsFrom } from '@paygraph/service';
import { sumOf } from '@paygraph/service/testing';
import {
  type Authority,
  type CertificateAndKey,
  createAuthority,
  makeCertificates,
  readAuthority,
  serviceNames,
  subgraphNames,
} from '@paygraph/standalone';
import { balanceOf, pay, watchPayment } from '@paygraph/standalone/client';
import { createPeer } from '@paygraph/subgraph';
import { parse } from 'graphql';
import { createClient } from 'graphql-ws';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { expectAgreement } from '../support/agreement.ts';
import { gatewayProofs } from '../support/gateway-proofs.ts';
import { mtnNumber, outcomeOf, payNow, payout, transfer } from '../support/payments.ts';
import { startTestPlatform, type TestPlatform } from '../support/platform.ts';

const hour = 3_600_000;
const now = Date.now();
const today = { from: new Date(now - hour), until: new Date(now + hour) };
const yesterday = { from: new Date(now - 48 * hour), until: new Date(now - 24 * hour) };
const logger = createLogger({ service: 'test', level: 'silent' });

let directory: string;
let authority: Authority;
let stranger: Authority;
let platform: TestPlatform;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'paygraph-certificates-'));
  await makeCertificates({ directory, services: serviceNames });
  const [certificate, key] = await Promise.all(
    ['ca.crt', 'ca.key'].map((file) => readFile(join(directory, file), 'utf8')),
  );
  authority = await readAuthority({ certificate: certificate ?? '', key: key ?? '' });
  stranger = await createAuthority(today);
  platform = await startTestPlatform('one process', { tlsDirectory: directory });
}, 120_000);
afterAll(async () => {
  await expectAgreement(platform);
  await platform?.stop();
  await rm(directory, { recursive: true });
}, 70_000);

const shown = ({ certificate, key }: CertificateAndKey) => ({ cert: certificate, key });
const ofService = async (service: string) => shown(await authority.issue(service, today));

interface Asking {
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What a service answers over a connection of its own: a status and a text. Rejects when there is no connection. */
function ask(
  service: ServiceName,
  path: string,
  connection: ConnectionOptions,
  { body, headers }: Asking = {},
): Promise<readonly [status: number | undefined, text: string]> {
  return new Promise((resolve, reject) => {
    const address = new URL(path, platform.addressOf(service));
    const method = body === undefined ? 'GET' : 'POST';
    const options = { ...{ agent: false, ca: authority.certificate, servername: service }, ...connection };
    const asking = request(address, {
      ...options,
      method,
      headers: { 'content-type': 'application/json', ...headers },
    });
    asking.on('error', reject);
    asking.on('response', (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (chunk) => (text += chunk));
      answer.on('end', () => resolve([answer.statusCode, text]));
      answer.on('error', reject);
    });
    asking.end(body);
  });
}

it('a payment goes through, seen live, and no service is reached but over TLS', async () => {
  const payer = await platform.customer({ USD: '100.00' });
  const payee = await platform.customer({ EUR: '0.00', USD: '0.00' });
  const { id } = await pay(payer, { ...transfer(payer, payee, '25.00 USD', 'USD'), idempotencyKey: randomUUID() });
  const states: string[] = [];
  for await (const { state } of watchPayment(payer, id)) states.push(state);
  expect(states).toEqual(['INITIATED', 'VALIDATING', 'PENDING', 'PROCESSING', 'CONFIRMED']);
  expect(await balanceOf(payee, payee.wallet('USD'))).toEqual({ amount: '25.00', currency: 'USD' });

  const mutation = `mutation ($wallet: ID!) {
    exportStatement(input: { walletId: $wallet, format: CSV }) { export { url } }
  }`;
  const exported = await payer.graph<{ exportStatement: { export: { url: string } } }>(mutation, {
    wallet: payer.wallet('USD'),
  });
  const statement = await fetch(new URL(exported.exportStatement.export.url, platform.url));
  expect(await statement.text()).toContain(id);

  for (const service of subgraphNames) {
    const address = platform.addressOf(service);
    expect(new URL(address).protocol).toBe('https:');
    await expect(fetch(address.replace('https:', 'http:'))).rejects.toThrow();
  }
});

it('a rail’s callbacks reach payment with the certificate of who hands them on', async () => {
  const payer = await platform.customer({ GHS: '100.00' });
  const id = await payNow(payer, payout(payer, mtnNumber, '25.00 GHS'));
  expect(await outcomeOf(payer, id)).toEqual({ state: 'CONFIRMED', failure: null });
  const taken = () => query(platform.databases.payment.migrationUrl, 'SELECT rail FROM rail_webhook');
  await expect.poll(taken, { timeout: 10_000 }).toEqual([{ rail: 'mtn-momo' }]);
});

describe('a service talks to', () => {
  const alive = [200, '{"status":"live"}'];

  it.each(subgraphNames)('whoever shows a certificate of the CA: %s', async (service) => {
    expect(await ask(service, '/health/live', await ofService('gateway'))).toEqual(alive);
  });

  it('nobody without one', async () => {
    await expect(ask('ledger', '/health/live', {})).rejects.toThrow();
  });

  it('nobody with one of another CA, or with one that has run out', async () => {
    for (const bad of [await stranger.issue('gateway', today), await authority.issue('gateway', yesterday)])
      await expect(ask('ledger', '/health/live', shown(bad))).rejects.toThrow();
  });

  it('nobody in an older TLS', async () => {
    const maxVersion: SecureVersion = 'TLSv1.2';
    await expect(ask('ledger', '/health/live', { ...(await ofService('gateway')), maxVersion })).rejects.toThrow();
  });
});

describe('a certificate', () => {
  it('is worth what its service may do, whatever token comes with it', async () => {
    const entry = platform.keys.serviceKeys.get('payment');
    if (!entry) throw new Error('payment has no key');
    const token = createServiceTokenSigner({ service: 'payment', key: entry.key })('ledger', ['ledger:post']);
    const body = JSON.stringify({ query: '{ commandStatuses(ids: []) { id } }' });
    const asking = { body, headers: { authorization: `Bearer ${token}` } };
    expect(await ask('ledger', '/graphql', await ofService('payment'), asking)).toEqual([
      200,
      '{"data":{"commandStatuses":[]}}\n',
    ]);
    for (const other of ['gateway', 'wallet']) {
      const [, text] = await ask('ledger', '/graphql', await ofService(other), asking);
      expect(JSON.parse(text)).toMatchObject({ errors: [{ extensions: { code: 'UNPROVEN_CALLER' } }] });
    }
  });

  it('has to be the gateway’s to ask in the name of a person', async () => {
    const { accessToken } = platform.operator;
    const body = '{"query":"{ __typename }"}';
    const asking = () => ({
      body,
      headers: {
        authorization: `Bearer ${accessToken}`,
        ...gatewayProofs(platform, 'ledger', accessToken).headersOf(body),
      },
    });
    const [, refused] = await ask('ledger', '/graphql', await ofService('payment'), asking());
    expect(JSON.parse(refused)).toMatchObject({ errors: [{ extensions: { code: 'UNPROVEN_CALLER' } }] });
    const [, answered] = await ask('ledger', '/graphql', await ofService('gateway'), asking());
    expect(JSON.parse(answered)).toEqual({ data: { __typename: 'Query' } });
  });
});

it('only the gateway’s certificate opens a WebSocket in the name of a person', async () => {
  const proofs = gatewayProofs(platform, 'payment', platform.operator.accessToken);
  const openedBy = async (service: string) => {
    const tls = { ...(await ofService(service)), ca: authority.certificate, servername: 'payment' };
    class SocketWithCertificate extends WebSocket {
      constructor(address: string, protocol: string) {
        super(address, protocol, tls);
      }
    }
    const url = platform.addressOf('payment').replace('https:', 'wss:');
    return new Promise((resolve) => {
      const client = createClient({
        ...{ url, webSocketImpl: SocketWithCertificate, lazy: false, retryAttempts: 0 },
        ...{ connectionParams: proofs.connectionParams, onNonLazyError: () => undefined },
        on: {
          connected: () => {
            resolve('connected');
            void client.dispose();
          },
          closed: (event) => resolve(event instanceof Object && 'code' in event ? event.code : event),
        },
      });
    });
  };
  expect([await openedBy('wallet'), await openedBy('gateway')]).toEqual([4403, 'connected']);
});

describe('a caller asks nothing of', () => {
  /** What a caller who wants the ledger finds where something else has taken its place. */
  async function callOf(certificate: CertificateAndKey) {
    const asked: (string | undefined)[] = [];
    const server = createServer(shown(certificate), (request, response) => {
      asked.push(request.url);
      response.end('{"data":{"__typename":"Query"}}');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const url = `https://127.0.0.1:${port}/graphql`;
    const peer = createPeer({ ...{ name: 'ledger', url, logger, tls: paymentsTls() }, token: () => 'secret' });
    const outcome = await peer.request(parse('{ __typename }'), {}).catch((error: Error) => error.message);
    await peer.close();
    await new Promise((resolve) => server.close(resolve));
    return { asked, outcome };
  }
  function paymentsTls(): Tls {
    const tls = tlsFrom({ TLS_DIRECTORY: join(directory, 'payment') }, logger);
    if (!tls) throw new Error('There is no TLS');
    return tls;
  }

  it('a server that is none of the service’s: of another service, of another CA, or of yesterday', async () => {
    const good = await callOf(await authority.issue('ledger', today));
    expect(good).toEqual({ asked: ['/graphql'], outcome: { __typename: 'Query' } });
    for (const certificate of [
      await authority.issue('wallet', today),
      await stranger.issue('ledger', today),
      await authority.issue('ledger', yesterday),
    ])
      expect(await callOf(certificate)).toEqual({ asked: [], outcome: 'ledger: does not answer' });
  });

  it('an address that would go around TLS', () => {
    const options = { name: 'ledger', url: 'http://ledger:4000/graphql', token: () => '', logger };
    expect(() => createPeer({ ...options, tls: paymentsTls() })).toThrow('must be https://');
  });
});

it('a connection that never shows anything does not hold up the end of a service', async () => {
  const tls = tlsFrom({ TLS_DIRECTORY: join(directory, 'ledger') }, logger);
  const app = createHttpServer({ logger, tls, closeGraceMs: 100 });
  const { hostname: host, port } = new URL(await listen(app, { host: '127.0.0.1', port: 0 }));
  const { cert, key } = await ofService('gateway');
  const silent = createConnection({ host, port: Number(port) });
  const shy = connect({ host, port: Number(port), servername: 'ledger', ca: authority.certificate, cert, key });
  await Promise.all([once(silent, 'connect'), once(shy, 'secureConnect')]);
  const ends = Promise.all([once(silent, 'close'), once(shy, 'close')]);
  // Bytes that begin no handshake that ends.
  silent.write(Buffer.from([0x16, 0x03, 0x01, 0x40, 0x00]));
  for (const socket of [silent, shy]) socket.on('error', () => undefined).resume();
  await app.close();
  await ends;
}, 10_000);

it('certificates that are renewed are taken up while everything runs', async () => {
  const { cert, key } = await ofService('gateway');
  const serial = () =>
    new Promise<string | undefined>((resolve, reject) => {
      const { hostname: host, port } = new URL(platform.addressOf('ledger'));
      const socket = connect(
        { host, port: Number(port), servername: 'ledger', ca: authority.certificate, cert, key },
        () => {
          resolve(socket.getPeerX509Certificate()?.serialNumber);
          socket.destroy();
        },
      );
      socket.on('error', reject);
    });
  const before = await serial();
  await makeCertificates({ directory, services: serviceNames });
  const renewed = new X509Certificate(await readFile(join(directory, 'ledger', 'tls.crt')));
  expect(await serial()).toBe(renewed.serialNumber);
  expect(renewed.serialNumber).not.toBe(before);
  const tls = tlsFrom({ TLS_DIRECTORY: join(directory, 'ledger') }, logger);
  const { registry } = createMetrics({ service: 'ledger', host: '127.0.0.1', tls });
  const end = { certificate: 'tls.crt' };
  expect(await sumOf(registry, 'paygraph_certificate_expires_timestamp_seconds', end)).toBe(
    Date.parse(renewed.validTo) / 1_000,
  );
  const person = await platform.customer({ USD: '1.00' });
  expect(await balanceOf(person, person.wallet('USD'))).toEqual({ amount: '1.00', currency: 'USD' });
});
