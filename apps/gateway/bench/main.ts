/**
 * `npm run bench:gateway`: this gateway beside its peers, on the same subgraphs and under the same load, in interleaved
 * rounds. What counts is the gateway's CPU time per answer: it stays the same where rates depend on who else is busy.
 */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { type GatewayName, gatewayNames, type RunningGateway, startGateway } from './gateways.ts';
import { composeSupergraphs } from './graph/supergraph.ts';
import { answersOf } from './measure/answers.ts';
import { measureLive } from './measure/live.ts';
import { measureQueries, warmUp } from './measure/queries.ts';
import { installPeers } from './peers.ts';
import { type Measure, type Measures, medianOf, report, targetsOf } from './report.ts';
import { startSubgraphs } from './subgraphs/start.ts';
import { createTokens } from './tokens.ts';
import { type WorkloadName, workloads } from './workloads.ts';

const workloadNames = [...(Object.keys(workloads) as WorkloadName[]), 'live'] as const;
/** Those that take subscriptions. */
const liveGateways: readonly GatewayName[] = ['paygraph', 'hive', 'hive-router'];

const { values: options } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '3' },
    workloads: { type: 'string', default: workloadNames.join() },
    gateways: { type: 'string', default: gatewayNames.join() },
    'cpu-prof': { type: 'boolean', default: false },
  },
});
const rounds = Number(options.rounds);
const seconds = Number(options.seconds);
const chosenWorkloads = chosen(options.workloads, workloadNames, 'workloads');
const chosenGateways = chosen(options.gateways, gatewayNames, 'gateways');
const profileDirectory = options['cpu-prof'] ? path.resolve('artifacts/bench-gateway') : undefined;

await installPeers();
const directory = await mkdtemp(path.join(os.tmpdir(), 'paygraph-bench-'));
const tokens = createTokens();
const subgraphs = await startSubgraphs(tokens.jwks);
const environment = {
  ...{ supergraphs: composeSupergraphs(subgraphs.addresses), jwksUrl: subgraphs.jwksUrl, directory },
  ...(profileDirectory && { profileDirectory }),
};
if (profileDirectory) await mkdir(profileDirectory, { recursive: true });
try {
  const { measures, answerBytes } = await run();
  const result = { rounds, seconds, answerBytes, measures, targets: targetsOf(measures) };
  console.log(options.json ? JSON.stringify(result, null, 2) : report(result));
} finally {
  await subgraphs.stop();
  await rm(directory, { recursive: true, force: true });
}

type Measured = Partial<Record<GatewayName, Measure[]>>;

/**
 * Measures all gateways in turn, again and again: what slows the machine down slows all of them. Every round has processes of
 * its own: of one and the same gateway two differ by a tenth for as long as they run.
 */
async function run(): Promise<{ measures: Measures; answerBytes: Readonly<Record<string, number>> }> {
  const measured = new Map(chosenWorkloads.map((workload): [typeof workload, Measured] => [workload, {}]));
  let answerBytes = {};
  for (let round = 0; round < rounds; round += 1) {
    const gateways = await Promise.all(chosenGateways.map((name) => startGateway(name, environment)));
    try {
      answerBytes = await answersOf(gateways, tokens.of(0));
      for (const [workload, so] of measured)
        for (const [name, measure] of await inTurn(gateways, workload)) so[name] = [...(so[name] ?? []), measure];
    } finally {
      await Promise.all(gateways.map((gateway) => gateway.stop()));
    }
  }
  const medians = ([workload, so]: [string, Measured]) => [
    workload,
    Object.fromEntries(Object.entries(so).map(([name, measures]) => [name, medianOf(measures)])),
  ];
  return { measures: Object.fromEntries([...measured].map(medians)), answerBytes };
}

async function inTurn(all: readonly RunningGateway[], workload: WorkloadName | 'live') {
  const gateways = workload === 'live' ? all.filter(({ name }) => liveGateways.includes(name)) : all;
  const trial = workload === 'live' ? live() : queries(workload);
  for (const gateway of gateways) await trial.warmUp(gateway);
  const measures: [GatewayName, Measure][] = [];
  for (const gateway of gateways) measures.push([gateway.name, await trial.measure(gateway)]);
  return measures;
}

interface Trial {
  warmUp(gateway: RunningGateway): Promise<unknown>;
  measure(gateway: RunningGateway): Promise<Measure>;
}

function queries(workload: WorkloadName): Trial {
  const authorization = tokens.of(0);
  return {
    warmUp: (gateway) => warmUp({ gateway, workload, authorization }),
    measure: (gateway) => measureQueries({ gateway, subgraphs, workload, authorization, seconds }),
  };
}

function live(): Trial {
  const measure = (gateway: RunningGateway) => measureLive({ gateway, subgraphs, tokens, seconds });
  return { warmUp: measure, measure };
}

function chosen<Name extends string>(list: string, all: readonly Name[], option: string): Name[] {
  return list.split(',').map((text) => {
    const name = all.find((one) => one === text);
    if (name === undefined) throw new Error(`--${option}: there is no ${text}, only ${all.join(', ')}`);
    return name;
  });
}
