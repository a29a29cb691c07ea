import './production.ts';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { type Load, type Measure, measure, medianOf } from '@paygraph/bench';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '@paygraph/database/embedded';
import { createLogger } from '@paygraph/service';
import { fillHistory } from './history.ts';
import { createHttpLedger } from './http.ts';
import { createBenchLedger } from './ledger.ts';
import { createNaive, createNaiveSchema } from './naive.ts';
import { startProcesses } from './processes.ts';
import { report, targetsOf } from './report.ts';
import { type Workload, workloadNames, workloads } from './workloads.ts';

const { values: options } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '3' },
    /** Entries of a second ledger, on a server of its own: whether history makes posting dearer. */
    history: { type: 'string', default: '0' },
  },
});
const rounds = Number(options.rounds);
const seconds = Number(options.seconds);
const history = Number(options.history);
const clients = 64;

const directory = await mkdtemp(path.join(os.tmpdir(), 'paygraph-bench-'));
const startServer = (name: string) =>
  startEmbeddedPostgres({
    directory: path.join(directory, name),
    logger: createLogger({ service: 'bench', level: 'silent' }),
  });
const server = await startServer('main');
const historyServer = history > 0 ? await startServer('history') : undefined;
try {
  const measures = await run();
  const targets = targetsOf(measures);
  const result = { clients, rounds, seconds, measures, targets };
  console.log(options.json ? JSON.stringify(result, null, 2) : report(result));
} finally {
  await Promise.all([server.stop(), historyServer?.stop()]);
  await rm(directory, { recursive: true, force: true });
}

/** All designs on all workloads, interleaved: what slows the machine down slows all of them. */
async function run(): Promise<Record<string, Measure>> {
  const naiveUrl = server.migrationUrl('risk');
  const databaseUrl = server.databaseUrl('ledger');
  await createNaiveSchema(naiveUrl);
  const ledger = await createBenchLedger({ databaseUrl, migrationUrl: server.migrationUrl('ledger') });
  const old = historyServer && (await createOldLedger(historyServer));
  const http = await createHttpLedger(databaseUrl);
  const naives = [8, 16, 64].map((size) => createNaive(naiveUrl, size));

  const loads: Record<string, Omit<Load, 'seconds'>> = {};
  for (const name of workloadNames) {
    const next = workloads[name];
    const naive = await bestOf(naives, name);
    loads[`naive ${name}`] = { clients, act: () => naive.transfer(next()) };
    loads[`call ${name}`] = { clients, act: () => ledger.call(next()) };
    loads[`engine ${name}`] = { clients, act: () => ledger.post(next()) };
    if (old && name === 'uniform') loads['engine history'] = { clients, act: () => old.post(next()) };
  }
  loads['call single'] = { clients: 1, act: () => ledger.call(workloads.uniform()) };
  loads['engine single'] = { clients: 1, act: () => ledger.post(workloads.uniform()) };
  loads['engine pairs'] = { clients, act: () => ledger.pair(workloads.uniform()) };

  const processes = await startProcesses(databaseUrl, 2);
  const measured = new Map<string, Measure[]>();
  const keep = (name: string, one: Measure) => measured.set(name, [...(measured.get(name) ?? []), one]);
  for (let round = 0; round < rounds; round += 1) {
    for (const [name, load] of Object.entries(loads)) keep(name, await measure({ ...load, seconds }));
    keep('engine http', await http.measure({ clients, seconds }));
    for (const count of [1, 2]) keep(`processes ${count}`, await processes.measure(count, { clients, seconds }));
  }

  await Promise.all([
    ledger.close(),
    old?.close(),
    http.close(),
    processes.close(),
    ...naives.map((naive) => naive.close()),
  ]);
  return Object.fromEntries([...measured].map(([name, each]) => [name, medianOf(each)]));
}

async function createOldLedger({ databaseUrl, migrationUrl }: EmbeddedPostgres) {
  const urls = { databaseUrl: databaseUrl('ledger'), migrationUrl: migrationUrl('ledger') };
  const ledger = await createBenchLedger(urls);
  await fillHistory(urls.migrationUrl, history);
  return ledger;
}

async function bestOf(naives: readonly ReturnType<typeof createNaive>[], workload: Workload) {
  const next = workloads[workload];
  const trials: { naive: ReturnType<typeof createNaive>; rate: number }[] = [];
  for (const naive of naives) {
    const { rate } = await measure({ clients, seconds: seconds / 2, act: () => naive.transfer(next()) });
    trials.push({ naive, rate });
  }
  const [best] = trials.sort((a, b) => b.rate - a.rate);
  if (!best) throw new Error('There is no pool');
  return best.naive;
}
