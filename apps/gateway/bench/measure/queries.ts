import path from 'node:path';
import { ask, cpuSeconds, residentMiB } from '@paygraph/bench';
import { peersDirectory, type RunningGateway } from '../gateways.ts';
import type { Measure } from '../report.ts';
import type { Subgraphs } from '../subgraphs/start.ts';
import { type WorkloadName, workloads } from '../workloads.ts';

interface Load {
  readonly requests: number;
  readonly seconds: number;
  readonly failed: number;
  readonly p50: number;
  readonly p99: number;
}

export interface Queries {
  readonly gateway: RunningGateway;
  readonly workload: WorkloadName;
  readonly authorization: string;
}

export interface QueriesToMeasure extends Queries {
  readonly subgraphs: Subgraphs;
  readonly seconds: number;
}

/** So many requests that all the code which matters has been compiled. @throws Error when a single one fails */
export async function warmUp(queries: Queries): Promise<void> {
  await put(queries, { amount: workloads[queries.workload].warmUp });
}

/** @throws Error when a single request fails */
export async function measureQueries(options: QueriesToMeasure): Promise<Measure> {
  const { gateway, subgraphs, seconds } = options;
  const fetchesBefore = await subgraphs.count();
  const cpuBefore = cpuSeconds(gateway.pid);
  const load = await put(options, { seconds });
  const cpu = cpuSeconds(gateway.pid) - cpuBefore;
  return {
    rate: load.requests / load.seconds,
    cpuMicroseconds: (cpu / load.requests) * 1_000_000,
    p50: load.p50,
    p99: load.p99,
    residentMiB: residentMiB(gateway.pid),
    fetches: ((await subgraphs.count()) - fetchesBefore) / load.requests,
  };
}

async function put(
  { gateway, workload, authorization }: Queries,
  length: { readonly seconds: number } | { readonly amount: number },
): Promise<Load> {
  const { query, variables, connections } = workloads[workload];
  const input = { ...{ url: gateway.url, authorization, query, variables, connections }, ...length };
  const load = await ask<Load>([process.execPath, path.join(peersDirectory, 'load.mjs')], input);
  if (load.failed > 0) throw new Error(`${gateway.name} ${workload}: ${load.failed} requests failed`);
  return load;
}
