import { type Measure, median } from '@paygraph/bench';

/** What draining waiting payments took. */
export interface Drain {
  /** Payments per second, from the first step taken to the last. */
  readonly rate: number;
  /** CPU time in ms per payment, over all processes of the platform and PostgreSQL. */
  readonly cpuMs: number;
}

/** What paying through the gateway took. */
export interface EndToEnd extends Drain {
  /** Milliseconds from request to CONFIRMED pushed. */
  readonly p50: number;
  readonly p99: number;
}

/** What is measured in a round, and the medians of it. */
export interface Measures {
  readonly drain: Drain;
  readonly drainSingle: Drain;
  readonly endToEnd: EndToEnd;
  readonly endToEndSingle: EndToEnd;
  /** TPC-B's work on the same server. */
  readonly yardstick: Measure;
  /** One client, every payment watched. */
  readonly lone: Pick<EndToEnd, 'p50' | 'p99'>;
  /** One client, one transfer per request to the ledger. */
  readonly ledger: Measure;
}

/** In the order in which they are taken. */
export const measureNames: readonly (keyof Measures)[] = [
  ...(['lone', 'ledger', 'drain', 'drainSingle', 'endToEnd', 'endToEndSingle', 'yardstick'] as const),
];

/** Each figure's median by itself. */
export function mediansOf<Figures extends object>(rounds: readonly Figures[]): Figures {
  const names = Object.keys(rounds[0] ?? {}) as (keyof Figures)[];
  return Object.fromEntries(names.map((name) => [name, median(rounds.map((each) => Number(each[name])))])) as Figures;
}

export interface Target {
  readonly name: string;
  /** What is compared with what. */
  readonly of: string;
  readonly value: number;
  readonly bound: number;
  readonly ok: boolean;
}

/** What payments are held to, of what was measured. */
export function targetsOf(measures: Partial<Measures>): Target[] {
  const { drain, drainSingle, endToEnd, endToEndSingle, yardstick, lone, ledger } = measures;
  const ratio = (one: number | undefined, other: number | undefined) =>
    one === undefined || other === undefined ? [] : [one / other];
  const atLeast = (name: string, of: string, values: number[], bound: number) =>
    values.map((value): Target => ({ name, of, value, bound, ok: value >= bound }));
  const atMost = (name: string, of: string, values: number[], bound: number) =>
    values.map((value): Target => ({ name, of, value, bound, ok: value <= bound }));
  return [
    ...atLeast('batch', 'draining / with batches of 1', ratio(drain?.rate, drainSingle?.rate), 5),
    ...atMost('cpu', 'CPU end to end / with batches of 1', ratio(endToEnd?.cpuMs, endToEndSingle?.cpuMs), 0.5),
    ...atLeast('yardstick', 'payments end to end / TPC-B', ratio(endToEnd?.rate, yardstick?.rate), 0.1),
    ...atLeast(
      'yardstick-fast-gateway',
      'the same, now that the gateway is',
      ratio(endToEnd?.rate, yardstick?.rate),
      0.3,
    ),
    ...atMost('latency', 'one client: p50 to CONFIRMED / p50 of postTransactions', ratio(lone?.p50, ledger?.p50), 10),
    ...atMost('latency-p99', 'one client: p99 to CONFIRMED / its p50', ratio(lone?.p99, lone?.p50), 3),
  ];
}

export interface Result {
  readonly clients: number;
  readonly rounds: number;
  readonly seconds: number;
  readonly payments: number;
  readonly measures: Partial<Measures>;
  readonly targets: readonly Target[];
}

/** For people: what was measured, and what of it was to be reached. */
export function report({ clients, rounds, seconds, payments, measures, targets }: Result): string {
  const rows = measureNames.flatMap((name) => {
    const figures: Partial<EndToEnd> | undefined = measures[name];
    return figures ? [`${name.padEnd(15)}${figuresIn(figures)}`] : [];
  });
  const goals = targets.map(
    ({ name, of, value, bound, ok }) =>
      `${ok ? 'reached' : 'MISSED '} ${name.padEnd(22)} ${value.toFixed(2).padStart(6)} of ${bound}   ${of}`,
  );
  return [
    `1 client, then ${clients}, medians of ${rounds} interleaved rounds of ${seconds} s, and of ${payments} payments to drain`,
    '',
    ...rows,
    '',
    ...goals,
  ].join('\n');
}

function figuresIn({ rate, cpuMs, p50, p99 }: Partial<EndToEnd>): string {
  const figure = (value: number | undefined, digits: number, before: string, after: string) =>
    value === undefined
      ? ' '.repeat(before.length + 8 + after.length)
      : before + value.toFixed(digits).padStart(8) + after;
  return [
    figure(rate, 0, '', '/s'),
    figure(cpuMs, 2, '   CPU', ' ms each'),
    figure(p50, 1, '   p50', ' ms'),
    figure(p99, 1, '   p99', ' ms'),
  ].join('');
}
