/** What closed-loop clients got done. */
export interface Measure {
  /** Done per second. */
  readonly rate: number;
  /** Milliseconds from call to answer. */
  readonly p50: number;
  readonly p99: number;
}

export interface Load {
  readonly clients: number;
  readonly seconds: number;
  /** Does one thing; throws if it is not done. */
  readonly act: (client: number) => Promise<unknown>;
}

/** Has clients act one thing after the other, all at the same time. */
export async function measure({ clients, seconds, act }: Load): Promise<Measure> {
  const latencies: number[] = [];
  const start = performance.now();
  const end = start + seconds * 1_000;
  const run = async (client: number) => {
    for (let from = performance.now(); from < end; ) {
      await act(client);
      const to = performance.now();
      latencies.push(to - from);
      from = to;
    }
  };
  await Promise.all(Array.from({ length: clients }, (_, client) => run(client)));
  const elapsed = (performance.now() - start) / 1_000;
  latencies.sort((a, b) => a - b);
  return { rate: latencies.length / elapsed, p50: quantile(latencies, 0.5), p99: quantile(latencies, 0.99) };
}

/** The value below which a share of sorted values lies; 0 of none. */
export function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
}

export function median(values: readonly number[]): number {
  return quantile(
    values.toSorted((a, b) => a - b),
    0.5,
  );
}

/** The measure of the median rate, with the medians of its latencies. */
export function medianOf(measures: readonly Measure[]): Measure {
  return {
    rate: median(measures.map(({ rate }) => rate)),
    p50: median(measures.map(({ p50 }) => p50)),
    p99: median(measures.map(({ p99 }) => p99)),
  };
}
