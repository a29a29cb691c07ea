/**
 * `npm run bench:subscriptions`: ten thousand live subscriptions on one gateway process. Subgraphs and clients have
 * processes of their own; what counts is the gateway's CPU time and heap, which stay the same where rates depend on who
 * else is busy.
 */
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { start, stop } from '@paygraph/bench';
import { composeSubgraphs } from '@paygraph/supergraph';
import { createTokens } from '../tokens.ts';
import type { ClientsCommand, ClientsReport } from './clients.ts';
import type { GatewayCommand, GatewaySettings, GatewayUse } from './gateway.ts';
import { query, subgraphSdl, subscription } from './graph.ts';
import { report, type Target } from './report.ts';
import type { SubgraphsCommand, SubgraphsReady, SubgraphsReport } from './subgraphs.ts';

const { values: options } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    sockets: { type: 'string', default: '10000' },
    rounds: { type: 'string', default: '100' },
    'cpu-prof': { type: 'boolean', default: false },
  },
});
const principals = 100;
const sockets = Number(options.sockets);
/** Queries, and events for each subscription, of which the first ones warm up. */
const warmUps = 2;
const measured = 3;
const queries = 3_000;
/** Payments that make a step at the same time: as many fetches as subgraphs and a busy machine answer in good time. */
const wave = 500;
/** Sockets that come and go in each round of the search for leaks. */
const comeAndGo = 100;

const tokens = createTokens();
/** One for each principal: as long as they are good, clients use the same again. */
const authorizations = Array.from({ length: principals }, (_, number) => tokens.of(number));
const subgraphs = child('subgraphs.ts');
const { urls } = await answerOf<SubgraphsReady>(subgraphs);
const { supergraphSdl } = composeSubgraphs(
  Object.entries(subgraphSdl).map(([name, sdl]) => ({ name, sdl, routingUrl: urls[name as keyof typeof urls] })),
);
const settings: GatewaySettings = { supergraphSdl, jwks: tokens.jwks };
const profile = options['cpu-prof'] ? ['--cpu-prof', '--cpu-prof-dir=artifacts/bench-subscriptions'] : [];
const gateway = child('gateway.ts', ['--expose-gc', ...profile], { BENCH_SETTINGS: JSON.stringify(settings) });
const url = await answerOf<string>(gateway);
const clients = child('clients.ts');
try {
  const result = await run();
  console.log(options.json ? JSON.stringify(result, null, 2) : report(result));
} finally {
  for (const each of [clients, gateway, subgraphs]) await stop(each);
}

async function run() {
  const authorization = tokens.of(0);
  const askQueries = () => tell(clients, { kind: 'query', url, query, authorization, amount: queries });
  await askQueries();
  const cpuOfQueries = await cpuOf(askQueries);
  const perQuery = cpuOfQueries / queries;

  const fanOut = await measure('one');
  const apart = await measure('each');
  const leaked = await leakOver(Number(options.rounds));
  const perEvent = apart.cpuSeconds / sockets;
  const kilobytes = apart.heapBytes / sockets / 1_000;
  const targets: Target[] = [
    atMost('fan-out-cpu', fanOut.cpuSeconds, 1, 's of CPU for one event to all'),
    atMost('fan-out-upstreams', fanOut.upstreams, principals, 'upstream subscriptions for all'),
    atMost('event-cpu', perEvent / perQuery, 3, '× the CPU of the same selection as a query'),
    atMost('heap', kilobytes, 15, 'kB of heap per subscription above a bare socket’s'),
    atMost('leak', leaked, 0.2, `kB of heap per socket left after ${options.rounds} rounds of ${comeAndGo}`),
    atMost(
      'closing',
      Math.max(fanOut.closingMs, apart.closingMs),
      1_000,
      'ms from the last client’s leaving to no upstream',
    ),
  ];
  return {
    ...{ sockets, principals, queryMicroseconds: perQuery * 1e6, eventMicroseconds: perEvent * 1e6 },
    ...{ fanOut, apart, targets },
  };
}

/** Connects everybody, has them subscribe, publishes events to all and sends everybody home. */
async function measure(payments: 'one' | 'each') {
  await connect(sockets);
  const bare = await heap();
  await tell(clients, { kind: 'subscribe', query: subscription, payments });
  const expected =
    payments === 'one'
      ? { payments: 1, each: sockets, upstreams: principals }
      : { payments: sockets, each: 1, upstreams: sockets };
  await until(async () => (await upstreams()).subscriptions === expected.upstreams);
  const heapBytes = (await heap()) - bare;
  const cpu: number[] = [];
  for (let round = 1; round <= warmUps + measured; round += 1) {
    cpu.push(
      await cpuOf(async () => {
        const before = sockets * (round - 1);
        for (let from = 0; from < expected.payments; from += wave) {
          subgraphs.send({ kind: 'publish', from, amount: wave } satisfies SubgraphsCommand);
          const sofar = Math.min(from + wave, expected.payments) * expected.each;
          await until(async () => (await received()) >= before + sofar);
        }
      }),
    );
  }
  const { subscriptions, sockets: upstreamSockets } = await upstreams();
  const closingMs = await disconnect();
  const cpuSeconds = cpu.slice(warmUps).sort((a, b) => a - b)[Math.floor(measured / 2)] ?? 0;
  return { cpuSeconds, upstreams: subscriptions, upstreamSockets, heapBytes, closingMs };
}

/** Heap in kB per socket that stays when sockets with subscriptions come and go. */
async function leakOver(rounds: number): Promise<number> {
  const warm = Math.ceil(rounds / 5);
  let before = 0;
  for (let round = 0; round < warm + rounds; round += 1) {
    if (round === warm) before = await heap();
    await connect(comeAndGo);
    await tell(clients, { kind: 'subscribe', query: subscription, payments: 'each' });
    await until(async () => (await upstreams()).subscriptions === comeAndGo);
    await disconnect();
  }
  return ((await heap()) - before) / (rounds * comeAndGo) / 1_000;
}

async function connect(amount: number): Promise<void> {
  const each = Array.from({ length: amount }, (_, number) => authorizations[number % principals] ?? '');
  await tell(clients, { kind: 'connect', url, authorizations: each });
}

/** Sends all home but one, then that one. Milliseconds from then until the subgraph has neither subscription nor socket. */
async function disconnect(): Promise<number> {
  await tell(clients, { kind: 'disconnect', keep: 1 });
  await until(async () => (await upstreams()).subscriptions === 1);
  const from = performance.now();
  await tell(clients, { kind: 'disconnect', keep: 0 });
  await until(async () => {
    const { subscriptions, sockets } = await upstreams();
    return subscriptions === 0 && sockets === 0;
  });
  return performance.now() - from;
}

async function cpuOf(work: () => Promise<unknown>): Promise<number> {
  const { cpuSeconds: before } = await ask<GatewayUse>(gateway, 'use' satisfies GatewayCommand);
  await work();
  const { cpuSeconds: after } = await ask<GatewayUse>(gateway, 'use' satisfies GatewayCommand);
  return after - before;
}

async function heap(): Promise<number> {
  const { heapBytes } = await ask<GatewayUse>(gateway, 'heap' satisfies GatewayCommand);
  return heapBytes ?? 0;
}

async function received(): Promise<number> {
  return (await tell(clients, { kind: 'received' })).events;
}

function upstreams(): Promise<SubgraphsReport> {
  return ask(subgraphs, { kind: 'report' } satisfies SubgraphsCommand);
}

/** @throws Error when a client was told anything else than an event */
async function tell(process: typeof clients, command: ClientsCommand): Promise<ClientsReport> {
  const report = await ask<ClientsReport>(process, command);
  if (report.failed > 0) throw new Error(`${report.failed} answers were no events`);
  return report;
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 120_000;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error('It did not come to pass in two minutes');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

function atMost(name: string, value: number, bound: number, what: string): Target {
  return { name, value, bound, ok: value <= bound, what };
}

function child(file: string, flags: readonly string[] = [], settings: NodeJS.ProcessEnv = {}) {
  const main = fileURLToPath(new URL(file, import.meta.url));
  const env = { PATH: process.env.PATH, NODE_ENV: 'production', ...settings };
  return start([process.execPath, ...flags, '--import', import.meta.resolve('tsx'), main], env);
}

function ask<Answer>(process: typeof clients, message: object | string): Promise<Answer> {
  const answer = answerOf<Answer>(process);
  process.send(message);
  return answer;
}

async function answerOf<Answer>(process: typeof clients): Promise<Answer> {
  const [answer] = await once(process, 'message');
  return answer as Answer;
}
