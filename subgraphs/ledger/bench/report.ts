import type { Measure } from '@paygraph/bench';

export interface Target {
  readonly name: string;
  /** What is compared with what. */
  readonly of: string;
  readonly value: number;
  /** The least that it is to be. */
  readonly bound: number;
  readonly ok: boolean;
}

/** The ratios that the ledger is held to. */
export function targetsOf(measures: Readonly<Record<string, Measure>>): Target[] {
  const target = (name: string, one: string, other: string, bound: number): Target => {
    const value = (measures[one]?.rate ?? 0) / (measures[other]?.rate ?? Number.POSITIVE_INFINITY);
    return { name, of: `${one} / ${other}`, value, bound, ok: value >= bound };
  };
  const history = measures['engine history'] ? [target('history', 'engine history', 'engine uniform', 0.8)] : [];
  return [
    target('uniform', 'engine uniform', 'naive uniform', 5),
    target('zipf', 'engine zipf', 'naive zipf', 14),
    target('hot', 'engine hot', 'naive hot', 28),
    target('flat', 'engine hot', 'engine uniform', 0.9),
    target('single', 'engine single', 'call single', 0.9),
    target('pairs', 'engine pairs', 'engine uniform', 0.4),
    target('http', 'engine http', 'engine uniform', 0.4),
    target('processes', 'processes 2', 'processes 1', 1),
    ...history,
  ];
}

export interface Result {
  readonly clients: number;
  readonly rounds: number;
  readonly seconds: number;
  readonly measures: Readonly<Record<string, Measure>>;
  readonly targets: readonly Target[];
}

/** For people: what was measured, and what of it was to be reached. */
export function report({ clients, rounds, seconds, measures, targets }: Result): string {
  const rows = Object.entries(measures).map(
    ([name, { rate, p50, p99 }]) =>
      `${name.padEnd(16)} ${rate.toFixed(0).padStart(8)}/s   p50 ${p50.toFixed(1).padStart(6)} ms   p99 ${p99.toFixed(1).padStart(6)} ms`,
  );
  const goals = targets.map(
    ({ name, of, value, bound, ok }) =>
      `${ok ? 'reached' : 'MISSED '} ${name.padEnd(9)} ${value.toFixed(2).padStart(6)} of ${bound}   ${of}`,
  );
  return [
    `${clients} clients, medians of ${rounds} interleaved rounds of ${seconds} s`,
    '',
    ...rows,
    '',
    ...goals,
  ].join('\n');
}
