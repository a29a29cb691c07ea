import type { GatewayName } from './gateways.ts';
import type { WorkloadName } from './workloads.ts';

/** What one gateway did with one workload. */
export interface Measure {
  /** Answers per second; with live subscriptions, events delivered per second. */
  readonly rate: number;
  /** Microseconds of the gateway's CPU per answer or delivered event. */
  readonly cpuMicroseconds: number;
  /** Milliseconds from request to answer, or from subgraph to client. */
  readonly p50: number;
  readonly p99: number;
  /** Resident memory of the gateway at the end, in MiB. */
  readonly residentMiB: number;
  /** Requests to subgraphs per answer. */
  readonly fetches: number;
}

export type Measures = Readonly<Partial<Record<WorkloadName | 'live', Partial<Record<GatewayName, Measure>>>>>;

export interface Target {
  readonly name: string;
  /** Our CPU time per answer as a share of the peer's. */
  readonly value: number;
  /** What it may be at most. */
  readonly bound: number;
  readonly ok: boolean;
}

const bounds = [
  ['protection-small', 'small', 'paygraph-open', 1.15],
  ['protection-payment', 'payment', 'paygraph-open', 1.15],
  ['protection-list', 'list', 'paygraph-open', 1.15],
  ['stock-small', 'small', 'stock', 1 / 5],
  ['hive-small', 'small', 'hive-router', 0.6],
  ['stock-payment', 'payment', 'stock', 1 / 5],
  ['hive-payment', 'payment', 'hive-router', 0.6],
  ['stock-list', 'list', 'stock', 1 / 3],
  ['hive-list', 'list', 'hive-router', 0.6],
] as const;

/** Those of the targets whose both sides were measured. */
export function targetsOf(measures: Measures): Target[] {
  return bounds.flatMap(([name, workload, peer, bound]) => {
    const ours = measures[workload]?.paygraph;
    const theirs = measures[workload]?.[peer];
    if (!ours || !theirs) return [];
    const value = ours.cpuMicroseconds / theirs.cpuMicroseconds;
    return [{ name, value, bound, ok: value <= bound }];
  });
}

/** Each figure's median over the rounds. */
export function medianOf(rounds: readonly Measure[]): Measure {
  const median = (figure: keyof Measure): number => {
    const sorted = rounds.map((round) => round[figure]).sort((a, b) => a - b);
    return sorted[Math.floor(sorted.length / 2)] ?? 0;
  };
  return {
    ...{ rate: median('rate'), cpuMicroseconds: median('cpuMicroseconds'), p50: median('p50'), p99: median('p99') },
    ...{ residentMiB: median('residentMiB'), fetches: median('fetches') },
  };
}

export interface Result {
  readonly rounds: number;
  readonly seconds: number;
  /** Length of each query's answer in bytes. */
  readonly answerBytes: Readonly<Record<string, number>>;
  readonly measures: Measures;
  readonly targets: readonly Target[];
}

/** For people: what was measured, and what of it was to be reached. */
export function report({ rounds, seconds, answerBytes, measures, targets }: Result): string {
  const rows = Object.entries(measures).flatMap(([workload, gateways]) =>
    Object.entries(gateways).map(([gateway, measure]) => row(`${workload} ${gateway}`, measure)),
  );
  const goals = targets.map(
    ({ name, value, bound, ok }) =>
      `${ok ? 'reached' : 'MISSED '} ${name.padEnd(18)} ${value.toFixed(2)} of at most ${bound.toFixed(2)}`,
  );
  const sizes = Object.entries(answerBytes).map(([name, bytes]) => `${name} ${(bytes / 1000).toFixed(1)} kB`);
  return [
    `medians of ${rounds} interleaved rounds of ${seconds} s; answers: ${sizes.join(', ')}`,
    '',
    `${''.padEnd(20)} CPU per answer       rate        p50        p99   memory  fetches`,
    ...rows,
    '',
    ...goals,
  ].join('\n');
}

function row(name: string, { cpuMicroseconds, rate, p50, p99, residentMiB, fetches }: Measure): string {
  return [
    name.padEnd(20),
    `${cpuMicroseconds.toFixed(0).padStart(11)} µs`,
    `${rate.toFixed(0).padStart(8)}/s`,
    `${p50.toFixed(1).padStart(7)} ms`,
    `${p99.toFixed(1).padStart(7)} ms`,
    `${residentMiB.toFixed(0).padStart(4)} MiB`,
    fetches.toFixed(1).padStart(8),
  ].join(' ');
}
