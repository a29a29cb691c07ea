import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureKeys, type KeyFiles, type Role } from '@paygraph/auth';
import { type DatabaseName, databaseNames } from '@paygraph/database';
import { createTestDatabase, type TestDatabase } from '@paygraph/database/testing';
import { newId } from '@paygraph/ids';
import {
  type Between,
  environmentOf,
  freePorts,
  type Installation,
  keyHolders,
  outboxBeside,
  type ProcessOptions,
  type ProcessServices,
  type Service,
  serviceNames,
  startInOneProcess,
  startProcesses,
} from '@paygraph/standalone';
import { openWallet, type Person, registerPerson, signIn } from '@paygraph/standalone/client';
import { registerWithRoles } from '@paygraph/subgraph-profile';
import { deposit } from './payments.ts';

export const topologies = ['one process', 'many processes'] as const;
export type Topology = (typeof topologies)[number];

export type Databases = Readonly<Record<DatabaseName, TestDatabase>>;

/** A customer with a wallet per currency. */
export interface Customer extends Person {
  /** The id of the wallet in a currency. @throws when there is none. */
  wallet(currency: string): string;
}

/** The whole platform on databases of its own, with the staff signed in. */
export interface TestPlatform {
  /** The gateway's GraphQL address. */
  readonly url: string;
  readonly databases: Databases;
  readonly keys: KeyFiles;
  readonly operator: Person;
  readonly analyst: Person;
  /** The processes, where each service has one. */
  readonly processes: ProcessServices | undefined;
  /** A service's own GraphQL address. */
  addressOf(service: Service): string;
  /** What one more process of a service would be started with. */
  environmentOf(service: Service, port: number): Record<string, string>;
  /** Registers somebody with these wallets, each holding the amount given. */
  customer(balances: Readonly<Record<string, string>>): Promise<Customer>;
  /** The code that was sent last to an address or number. */
  codeSentTo(address: string): Promise<string>;
  stop(): Promise<void>;
}

/** All tests come from one address, and those that run at the same time may share a Redis. */
const unhurried = {
  RATE_LIMIT_ANONYMOUS: '100000000',
  RATE_LIMIT_CALLER: '100000000',
  RATE_LIMIT_NETWORK: '100000000',
};

export interface PlatformOptions extends ProcessOptions {
  /** Where its databases are made: in the run's PostgreSQL unless told. */
  readonly createDatabase?: (name: DatabaseName) => Promise<TestDatabase>;
  /** What `npm run certificates` has made; services talk over TLS then. */
  readonly tlsDirectory?: string;
  /** Further variables of services. */
  readonly settings?: Readonly<Record<string, string>>;
  /** The Redis that they share: that of the environment, if it has one, unless told. */
  readonly redisUrl?: string;
  /** What stands before services, where all are in one process. */
  readonly between?: Between;
}

export async function startTestPlatform(topology: Topology, options: PlatformOptions = {}): Promise<TestPlatform> {
  const { createDatabase = createTestDatabase, settings, tlsDirectory, between, ...processOptions } = options;
  const { redisUrl = process.env.REDIS_URL } = options;
  const directory = await mkdtemp(join(tmpdir(), 'paygraph-'));
  const databases = await createDatabases(createDatabase);
  const keys = await ensureKeys({ directory, services: keyHolders });
  const installation: Installation = {
    ...{ databases: (name) => databases[name], keys, redisUrl, logLevel: 'silent', tlsDirectory },
    settings: { ...unhurried, ...settings },
    sandboxJournal: join(directory, 'rails.jsonl'),
  };
  const processes = topology === 'many processes' ? await startOnFreePorts(installation, processOptions) : undefined;
  const services = processes ?? (await startInOneProcess(installation, 0, between));
  const { url, addresses } = services;
  const [operator, analyst] = await Promise.all([staff(url, databases, 'OPERATOR'), staff(url, databases, 'ANALYST')]);
  const people: Person[] = [operator, analyst];
  let customers = 0;

  return {
    ...{ url, databases, keys, operator, analyst, processes },
    addressOf(service) {
      const address = addresses[service];
      if (address === undefined) throw new Error(`${service} has no address`);
      return address;
    },
    environmentOf: (service, port) => environmentOf(service, port, installation, addresses),
    async customer(balances) {
      customers += 1;
      const person = await registerPerson(url, strangerNamed(`Customer ${customers}`));
      people.push(person);
      const wallets = await furnish(person, operator, balances);
      return { ...person, wallet: (currency) => walletIn(wallets, currency) };
    },
    async codeSentTo(address) {
      const lines = (await readFile(outboxBeside(keys.accessTokenKeyFile), 'utf8')).trimEnd().split('\n');
      const message = lines.map((line) => JSON.parse(line)).findLast(({ to }) => to === address);
      return /\d{6}/.exec(message?.text)?.[0] ?? '';
    },
    async stop() {
      for (const { live } of people) await live.dispose();
      await services.stop();
      await Promise.all(databaseNames.map((name) => databases[name].drop()));
      await rm(directory, { recursive: true, force: true });
    },
  };
}

async function createDatabases(create: (name: DatabaseName) => Promise<TestDatabase>): Promise<Databases> {
  const [profile, wallet, ledger, payment, forex, risk] = await Promise.all([
    create('profile'),
    create('wallet'),
    create('ledger'),
    create('payment'),
    create('forex'),
    create('risk'),
  ]);
  return { profile, wallet, ledger, payment, forex, risk };
}

async function startOnFreePorts(installation: Installation, options: ProcessOptions): Promise<ProcessServices> {
  const ports = await freePorts(serviceNames.length);
  return startProcesses(installation, (service) => ports[serviceNames.indexOf(service)] ?? 0, options);
}

async function staff(url: string, databases: Databases, role: Role): Promise<Person> {
  const { email, password, displayName } = strangerNamed(role);
  const person = { id: newId('cus'), email, password, displayName, roles: [role] };
  await registerWithRoles({ databaseUrl: databases.profile.databaseUrl, people: [person] });
  return signIn(url, email, password);
}

function strangerNamed(displayName: string) {
  return { displayName, email: `${randomUUID()}@example.org`, password: randomUUID() };
}

async function furnish(
  person: Person,
  operator: Person,
  balances: Readonly<Record<string, string>>,
): Promise<ReadonlyMap<string, string>> {
  const furnished = Object.entries(balances).map(async ([currency, amount]) => {
    const walletId = await openWallet(person, currency);
    if (/[1-9]/.test(amount)) await deposit(operator, walletId, { amount, currency });
    return [currency, walletId] as const;
  });
  return new Map(await Promise.all(furnished));
}

function walletIn(wallets: ReadonlyMap<string, string>, currency: string): string {
  const wallet = wallets.get(currency);
  if (wallet === undefined) throw new Error(`There is no wallet in ${currency}`);
  return wallet;
}
