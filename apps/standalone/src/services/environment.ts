import { dirname, join } from 'node:path';
import type { KeyFiles } from '@paygraph/auth';
import { type DatabaseName, databaseNames } from '@paygraph/database';
import { gatewaySettings } from '@paygraph/gateway';
import { sandboxSettings } from '@paygraph/rails-sandbox';

/** Everything that has a process of its own in a larger installation. */
export type Service = DatabaseName | 'gateway' | 'rails-sandbox';

/** In the order in which they can be started one after the other: each finds those it calls. */
export const subgraphNames = [
  'profile',
  'forex',
  'ledger',
  'risk',
  'wallet',
  'payment',
] as const satisfies DatabaseName[];

/** All services. The operators and the bank that the sandbox stands for are there before anybody calls them. */
export const serviceNames: readonly Service[] = ['rails-sandbox', ...subgraphNames, 'gateway'];

export interface DatabaseUrls {
  /** The service's connection. */
  readonly databaseUrl: string;
  /** The owner's, for migrations. */
  readonly migrationUrl: string;
}

export interface Installation {
  readonly databases: (name: DatabaseName) => DatabaseUrls;
  readonly keys: KeyFiles;
  readonly redisUrl?: string | undefined;
  /** Where the gateway serves its metrics; the subgraphs take the ports after it. None are served if left out. */
  readonly metricsPort?: number | undefined;
  readonly logLevel: string;
  /** What `npm run certificates` has made: services talk over TLS with each other, and each has a folder there. */
  readonly tlsDirectory?: string | undefined;
  /** The file in which the rails' sandbox keeps its books; they are new with every start if left out. */
  readonly sandboxJournal?: string | undefined;
  /** Further variables of services, such as `FOREX_SPREADS`. What an installation settles itself cannot be overridden. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** The GraphQL addresses of the services known so far. */
export type Addresses = Partial<Record<Service, string>>;

/** Whether a service has callers among the others, and none outside. */
function isInternal(service: Service): boolean {
  return service !== 'gateway' && service !== 'rails-sandbox';
}

/** How a service is reached. */
export function schemeOf(service: Service, { tlsDirectory }: Pick<Installation, 'tlsDirectory'>): 'http' | 'https' {
  return tlsDirectory !== undefined && isInternal(service) ? 'https' : 'http';
}

/** The variable with the folder of a service's certificate, if it has one. */
export function tlsOf(service: Service, { tlsDirectory }: Pick<Installation, 'tlsDirectory'>) {
  return tlsDirectory === undefined ? {} : { TLS_DIRECTORY: join(tlsDirectory, service) };
}

/**
 * The environment of one service: the variables that docker-compose.yml sets too, so that one process, many processes
 * and containers are all configured alike.
 */
export function environmentOf(
  service: Service,
  port: number,
  installation: Installation,
  addresses: Addresses,
): Record<string, string> {
  const { databases, keys, redisUrl, metricsPort, logLevel, settings } = installation;
  if (service === 'rails-sandbox') return sandboxEnvironment(port, installation, addresses);
  const profile = addresses.profile ?? `${schemeOf('profile', installation)}://127.0.0.1:${port}/graphql`;
  const environment: Record<string, string> = {
    ...settings,
    ...tlsOf(service, installation),
    HOST: '127.0.0.1',
    PORT: String(port),
    LOG_LEVEL: logLevel,
    ACCESS_TOKEN_JWKS_URL: new URL('/.well-known/jwks.json', profile).href,
  };
  if (redisUrl !== undefined) environment.REDIS_URL = redisUrl;
  if (metricsPort !== undefined) environment.METRICS_PORT = String(portOf(service, metricsPort));
  for (const [name, address] of Object.entries(addresses)) environment[`${name.toUpperCase()}_URL`] = address;
  environment.SERVICE_JWKS_FILE = keys.serviceJwksFile;
  environment.SERVICE_KEY_FILE = keyFileOf(keys, service);
  if (service === 'gateway') return environment;
  const prefix = prefixOf(service);
  const { databaseUrl, migrationUrl } = databases(service);
  environment[`${prefix}_DATABASE_URL`] = databaseUrl;
  environment[`${prefix}_MIGRATION_URL`] = migrationUrl;
  if (service === 'profile') Object.assign(environment, profileSettings(installation));
  if (service === 'payment') Object.assign(environment, railSettings(installation, addresses));
  return environment;
}

/** Messages that nobody else carries go to a file beside the keys, which is as secret as they are. */
function profileSettings({ keys: { accessTokenKeyFile }, settings = {} }: Installation): Record<string, string> {
  return {
    ACCESS_TOKEN_KEY_FILE: accessTokenKeyFile,
    PROFILE_OUTBOX_FILE: settings.PROFILE_OUTBOX_FILE ?? outboxBeside(accessTokenKeyFile),
  };
}

/** Where an installation's outbox is. */
export function outboxBeside(accessTokenKeyFile: string): string {
  return join(dirname(accessTokenKeyFile), 'outbox.jsonl');
}

function prefixOf(name: string): string {
  return name.toUpperCase().replaceAll('-', '_');
}

/** Where rails reach payment. */
function callbackUrlOf({ payment }: Addresses): string | undefined {
  return payment && new URL('/webhooks/rails', payment).href;
}

function sandboxEnvironment(port: number, installation: Installation, addresses: Addresses): Record<string, string> {
  const { logLevel, sandboxJournal } = installation;
  const callbackUrl = callbackUrlOf(addresses);
  return {
    ...{ HOST: '127.0.0.1', PORT: String(port), LOG_LEVEL: logLevel },
    ...tlsOf('rails-sandbox', installation),
    ...(callbackUrl !== undefined && { RAILS_SANDBOX_CALLBACK_URL: callbackUrl }),
    ...(sandboxJournal !== undefined && { RAILS_SANDBOX_JOURNAL: sandboxJournal }),
  };
}

/** The services of an installation: all, but for the sandbox where rails are real. */
export function servicesOf({ settings = {} }: Installation): readonly Service[] {
  const real = realRails.some((name) => name in settings);
  return serviceNames.filter((name) => name !== 'rails-sandbox' || !real);
}

const realRails = ['PAYMENT_MTN_URL', 'PAYMENT_AIRTELTIGO_URL', 'PAYMENT_TELECEL_URL', 'PAYMENT_BANK_URL'];

/** Of the sandbox, which is there only while no real rail is: play money and real money never meet. */
function railSettings({ settings }: Installation, addresses: Addresses): Record<string, string> {
  const { 'rails-sandbox': sandbox } = addresses;
  const callbackUrl = callbackUrlOf(addresses);
  if (sandbox === undefined || callbackUrl === undefined) return {};
  return { ...sandboxSettings(new URL('/', sandbox).href, callbackUrl), ...settings };
}

/**
 * Of consecutive ports the gateway has the first, the subgraphs the six after it, and the rails' sandbox the one after
 * those; 0 is any free one, for each.
 */
export function portOf(service: Service, first: number): number {
  if (service === 'gateway' || first === 0) return first;
  return first + 1 + [...subgraphNames, 'rails-sandbox'].indexOf(service);
}

function keyFileOf(keys: KeyFiles, service: DatabaseName | 'gateway'): string {
  const entry = keys.serviceKeys.get(service);
  if (!entry) throw new Error(`There is no key for ${service}`);
  return entry.file;
}

const prefixes = subgraphNames.map((name) => `${name.toUpperCase()}_`);
const tracingSettings = ['OTEL_EXPORTER_OTLP_ENDPOINT', 'OTEL_TRACES_SAMPLER_ARG'];

/** The variables of an environment that are services' own: those named after a subgraph, the gateway's, and tracing's. */
export function settingsIn(env: NodeJS.ProcessEnv): Record<string, string> {
  const settings: Record<string, string> = {};
  for (const [name, value] of Object.entries(env)) {
    if (value === undefined) continue;
    if (
      gatewaySettings.includes(name) ||
      tracingSettings.includes(name) ||
      prefixes.some((prefix) => name.startsWith(prefix))
    )
      settings[name] = value;
  }
  return settings;
}

/** The services whose keys an installation needs. */
export const keyHolders = [...databaseNames, 'gateway'] as const;
