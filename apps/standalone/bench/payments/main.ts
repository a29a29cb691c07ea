/**
 * `npm run bench:payments`: wallet-to-wallet payments through the whole platform, each service a process, on a PostgreSQL of
 * its own with full durability: one client by itself, in interleaved rounds with single calls of the ledger; then 64, in
 * interleaved rounds with the same platform with every batch size 1, and TPC-B's work on the same server.
 */
import { parseArgs } from 'node:util';
import { measure } from '@paygraph/bench';
import { payFor } from './clients.ts';
import { type Installation, startInstallation } from './installation.ts';
import { createLedgerClient } from './ledger.ts';
import { openPaymentTable, type PaymentTable } from './payments.ts';
import { type Customer, settlePeople } from './people.ts';
import { type Drain, type EndToEnd, type Measures, measureNames, mediansOf, report, targetsOf } from './report.ts';
import { createYardstick } from './yardstick.ts';

const { values: options } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '10' },
    /** How many payments wait to be drained. */
    payments: { type: 'string', default: '5000' },
    /** What to measure of all there is; targets need both of their sides. */
    measures: { type: 'string', default: measureNames.join() },
    /** A folder for CPU profiles of the batched platform's processes. */
    'cpu-prof': { type: 'string' },
  },
});
const rounds = Number(options.rounds);
const seconds = Number(options.seconds);
const payments = Number(options.payments);
const clients = 64;
const watchEvery = 10;
const customerCount = 1_000;
const warmUps = 3;

/** The usual design: nothing goes together with anything else, and so many payments at a time that this does best. */
const singleSettings = { PAYMENT_BATCH_SIZE: '1', PAYMENT_CONCURRENCY: '16', LEDGER_MAX_BATCH: '1' };

interface Site {
  readonly installation: Installation;
  readonly customers: readonly Customer[];
  readonly table: PaymentTable;
}

const opened: (() => Promise<unknown>)[] = [];
try {
  const measures = await run();
  const result = { clients, rounds, seconds, payments, measures, targets: targetsOf(measures) };
  console.log(options.json ? JSON.stringify(result, null, 2) : report(result));
} finally {
  for (const close of opened.toReversed()) await close();
}

/**
 * One client has the machine to itself, before the platform of batches of 1 is there. Otherwise all measures take turns, again and
 * again: what slows the machine down slows all of them.
 */
async function run(): Promise<Partial<Measures>> {
  const names = options.measures.split(',').map((text) => {
    const name = measureNames.find((one) => one === text);
    if (name === undefined) throw new Error(`--measures: there is no ${text}, only ${measureNames.join(', ')}`);
    return name;
  });
  const batched = await openSite({}, options['cpu-prof']);
  const alone = await takeTurns(names, await openLone(batched));
  return { ...alone, ...(await takeTurns(names, await openCrowd(batched, names))) };
}

type Works = { readonly [Name in keyof Measures]: () => Promise<Measures[Name]> };

async function takeTurns(asked: readonly (keyof Measures)[], works: Partial<Works>): Promise<Partial<Measures>> {
  const names = asked.filter((name) => works[name]);
  const measured: Partial<Measures>[] = [];
  for (let round = 1; names.length > 0 && round <= rounds; round += 1) {
    const figures: [string, object | undefined][] = [];
    for (const name of names) figures.push([name, await works[name]?.()]);
    measured.push(Object.fromEntries(figures));
    console.error(`${names.join(', ')}: round ${round} of ${rounds}`);
  }
  return Object.fromEntries(names.map((name) => [name, mediansOf(measured.map((each) => each[name] ?? {}))]));
}

async function openLone(batched: Site): Promise<Pick<Works, 'lone' | 'ledger'>> {
  const ledger = createLedgerClient(batched.installation);
  opened.push(ledger.close);
  const [one = '', other = ''] = batched.customers.map(({ walletId }) => walletId);
  return {
    async lone() {
      const latencies = await payFor({ ...loadOf(batched), clients: 1, watchEvery: 1 });
      await batched.table.settled();
      return latencies;
    },
    ledger: () => measure({ clients: 1, seconds, act: () => ledger.transfer(one, other) }),
  };
}

async function openCrowd(batched: Site, names: readonly (keyof Measures)[]): Promise<Omit<Works, 'lone' | 'ledger'>> {
  const single = names.some((name) => name.endsWith('Single')) ? await openSite(singleSettings) : batched;
  const yardstick = await createYardstick(batched.installation.databases.forex.migrationUrl, clients);
  opened.push(yardstick.close);
  return {
    drain: () => drain(batched),
    drainSingle: () => drain(single),
    endToEnd: () => payEndToEnd(batched),
    endToEndSingle: () => payEndToEnd(single),
    yardstick: () => measure({ clients, seconds, act: yardstick.transact }),
  };
}

async function openSite(settings: Readonly<Record<string, string>>, profileDirectory?: string): Promise<Site> {
  const installation = await startInstallation(settings, profileDirectory);
  opened.push(installation.stop);
  const customers = await settlePeople(installation, customerCount);
  opened.push(async () => Promise.all(customers.map(({ person }) => person.live.dispose())));
  const table = await openPaymentTable(installation);
  opened.push(table.close);
  await table.settled();
  const site = { installation, customers, table };
  // Seven programs to be compiled, some of which see few requests.
  for (let count = 0; count < warmUps; count += 1) await payEndToEnd(site);
  return site;
}

function loadOf({ installation, customers }: Site) {
  return { url: installation.url, customers, seconds };
}

async function payEndToEnd(site: Site): Promise<EndToEnd> {
  const { installation, table } = site;
  const start = await table.now();
  const cpuBefore = installation.cpuSeconds();
  const latencies = await payFor({ ...loadOf(site), clients, watchEvery });
  await table.settled();
  const cpu = installation.cpuSeconds() - cpuBefore;
  const done = await table.since(start);
  return { rate: done.payments / done.seconds, cpuMs: (cpu / done.payments) * 1_000, ...latencies };
}

async function drain({ installation, customers, table }: Site): Promise<Drain> {
  const start = await table.now();
  await table.initiate(payments, customers);
  const cpuBefore = installation.cpuSeconds();
  await table.settled();
  const cpu = installation.cpuSeconds() - cpuBefore;
  return { rate: payments / (await table.drainedIn(start)), cpuMs: (cpu / payments) * 1_000 };
}
