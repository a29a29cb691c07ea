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

/** What is measured in each round, and the medians of it. */
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

/** What payments are held to. */
export function targetsOf({
  drain,
  drainSingle,
  endToEnd,
  endToEndSingle,
  yardstick,
  lone,
  ledger,
}: Measures): Target[] {
  const atLeast = (name: string, of: string, value: number, bound: number): Target => {
    return { name, of, value, bound, ok: value >= bound };
  };
  const atMost = (name: string, of: string, value: number, bound: number): Target => {
    return { name, of, value, bound, ok: value <= bound };
  };
  return [
    atLeast('batch', 'draining / with batches of 1', drain.rate / drainSingle.rate, 5),
    atMost('cpu', 'CPU per payment end to end / with batches of 1', endToEnd.cpuMs / endToEndSingle.cpuMs, 0.5),
    atLeast('yardstick', 'payments end to end / TPC-B transactions', endToEnd.rate / yardstick.rate, 0.3),
    atMost('latency', 'one client: p50 to CONFIRMED / p50 of postTransactions', lone.p50 / ledger.p50, 10),
    atMost('latency-p99', 'one client: p99 to CONFIRMED / its p50', lone.p99 / lone.p50, 3),
  ];
}

export interface Result {
  readonly clients: number;
  readonly rounds: number;
  readonly seconds: number;
  readonly payments: number;
  readonly measures: Measures;
  readonly targets: readonly Target[];
}

/** For people: what was measured, and what of it was to be reached. */
export function report({ clients, rounds, seconds, payments, measures, targets }: Result): string {
  const { drain, drainSingle, endToEnd, endToEndSingle, yardstick, lone, ledger } = measures;
  const times = ({ p50, p99 }: { readonly p50: number; readonly p99: number }) =>
    `   p50 ${p50.toFixed(1).padStart(7)} ms   p99 ${p99.toFixed(1).padStart(7)} ms`;
  const cost = ({ rate, cpuMs }: Drain) =>
    `${rate.toFixed(0).padStart(6)}/s   ${cpuMs.toFixed(2).padStart(6)} ms of CPU`;
  const rows = {
    drain: cost(drain),
    'drain, batches of 1': cost(drainSingle),
    'end to end': cost(endToEnd) + times(endToEnd),
    'end to end, batches of 1': cost(endToEndSingle) + times(endToEndSingle),
    'TPC-B': `${yardstick.rate.toFixed(0).padStart(6)}/s${' '.repeat(20)}${times(yardstick)}`,
    'one client': ' '.repeat(28) + times(lone),
    'one client, postTransactions': ' '.repeat(28) + times(ledger),
  };
  const goals = targets.map(
    ({ name, of, value, bound, ok }) =>
      `${ok ? 'reached' : 'MISSED '} ${name.padEnd(11)} ${value.toFixed(2).padStart(6)} of ${bound}   ${of}`,
  );
  return [
    `${clients} clients, medians of ${rounds} interleaved rounds of ${seconds} s, and of ${payments} payments to drain`,
    '',
    ...Object.entries(rows).map(([name, text]) => `${name.padEnd(30)}${text}`),
    '',
    ...goals,
  ].join('\n');
}
