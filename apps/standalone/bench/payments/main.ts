/**
 * `npm run bench:payments`: wallet-to-wallet payments through the whole platform, each service a process, on a PostgreSQL of
 * its own with full durability; beside it, in interleaved rounds, the same platform with every batch size 1, TPC-B's work on
 * the same server, and single calls of the ledger.
 */
import { parseArgs } from 'node:util';
import { measure } from '@paygraph/bench';
import { payFor } from './clients.ts';
import { type Installation, startInstallation } from './installation.ts';
import { createLedgerClient } from './ledger.ts';
import { openPaymentTable, type PaymentTable } from './payments.ts';
import { type Customer, settlePeople } from './people.ts';
import { type Drain, type EndToEnd, type Measures, mediansOf, report, targetsOf } from './report.ts';
import { createYardstick } from './yardstick.ts';

const { values: options } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '5' },
    /** How many payments wait to be drained. */
    payments: { type: 'string', default: '5000' },
    /** Options of Node for all services, such as `--cpu-prof`. */
    'node-options': { type: 'string', default: '' },
  },
});
const rounds = Number(options.rounds);
const seconds = Number(options.seconds);
const payments = Number(options.payments);
const clients = 64;
const watchEvery = 10;
const customerCount = 1_000;

/** The usual design: nothing goes together with anything else, and so many payments at a time that this does best. */
const singleSettings = { PAYMENT_BATCH_SIZE: '1', PAYMENT_CONCURRENCY: '16', LEDGER_MAX_BATCH: '1' };

interface Site {
  readonly installation: Installation;
  readonly customers: readonly Customer[];
  readonly table: PaymentTable;
}

const opened: (() => Promise<unknown>)[] = [];
try {
  const batched = await openSite({});
  const single = await openSite(singleSettings);
  const measures = await run(batched, single);
  const result = { clients, rounds, seconds, payments, measures, targets: targetsOf(measures) };
  console.log(options.json ? JSON.stringify(result, null, 2) : report(result));
} finally {
  for (const close of opened.toReversed()) await close();
}

/** All measures in turn, again and again: what slows the machine down slows all of them. */
async function run(batched: Site, single: Site): Promise<Measures> {
  const yardstick = await createYardstick(batched.installation.databases.forex.migrationUrl, clients);
  opened.push(yardstick.close);
  const ledger = createLedgerClient(batched.installation);
  opened.push(ledger.close);
  const [one = '', other = ''] = batched.customers.map(({ walletId }) => walletId);
  const works: { readonly [Name in keyof Measures]: () => Promise<Measures[Name]> } = {
    drain: () => drain(batched),
    drainSingle: () => drain(single),
    endToEnd: () => payEndToEnd(batched),
    endToEndSingle: () => payEndToEnd(single),
    yardstick: () => measure({ clients, seconds, act: yardstick.transact }),
    lone: () => payFor({ ...loadOf(batched), clients: 1, watchEvery: 1 }),
    ledger: () => measure({ clients: 1, seconds, act: () => ledger.transfer(one, other) }),
  };
  // Warmed up by what is measured.
  for (const site of [batched, single]) await payEndToEnd(site);
  const measured: Measures[] = [];
  for (let round = 1; round <= rounds; round += 1) {
    const figures: [string, object][] = [];
    for (const [name, work] of Object.entries(works)) {
      figures.push([name, await work()]);
      await batched.table.settled();
    }
    measured.push(Object.fromEntries(figures) as unknown as Measures);
    console.error(`round ${round} of ${rounds}`);
  }
  const medians = Object.keys(works).map((name) => [
    name,
    mediansOf(measured.map((each) => each[name as keyof Measures])),
  ]);
  return Object.fromEntries(medians) as Measures;
}

async function openSite(settings: Readonly<Record<string, string>>): Promise<Site> {
  const installation = await startInstallation(settings, options['node-options']);
  opened.push(installation.stop);
  const customers = await settlePeople(installation, customerCount);
  opened.push(async () => Promise.all(customers.map(({ person }) => person.live.dispose())));
  const table = await openPaymentTable(installation);
  opened.push(table.close);
  await table.settled();
  return { installation, customers, table };
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
