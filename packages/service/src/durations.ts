import type { Histogram, MetricValueWithName, Registry } from 'prom-client';

export interface DurationsOptions<Labels extends readonly string[]> {
  readonly registry: Registry;
  readonly name: string;
  readonly help: string;
  /** They take few values: never an id, an amount or what a client chose. */
  readonly labelNames: Labels;
}

/** Counts something that took so many seconds. */
export type Observe<Labels extends readonly string[]> = (
  seconds: number,
  ...labels: { readonly [Label in keyof Labels]: string }
) => void;

/** Upper bounds of the buckets, in seconds. */
const bounds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** What has been counted under the same labels. */
class Series {
  readonly #labels: Readonly<Record<string, string>>;
  /** Of each bucket, without those below it; the last one has no bound. */
  readonly #counts = new Float64Array(bounds.length + 1);
  #sum = 0;

  constructor(labels: Readonly<Record<string, string>>) {
    this.#labels = labels;
  }

  observe(seconds: number): void {
    let bucket = 0;
    while (bucket < bounds.length && seconds > (bounds[bucket] as number)) bucket += 1;
    this.#counts[bucket] = (this.#counts[bucket] as number) + 1;
    this.#sum += seconds;
  }

  valuesAs(name: string): MetricValueWithName<string>[] {
    const labels = this.#labels;
    let value = 0;
    const buckets = [...bounds, '+Inf'].map((le, bucket) => {
      value += this.#counts[bucket] as number;
      return { metricName: `${name}_bucket`, labels: { le, ...labels }, value };
    });
    return [
      ...buckets,
      { metricName: `${name}_sum`, labels, value: this.#sum },
      { metricName: `${name}_count`, labels, value },
    ];
  }
}

/** Where the series stand whose labels begin alike. */
class Branch {
  readonly #branches = new Map<string, Branch>();
  series: Series | undefined;

  of(label: string): Branch {
    const known = this.#branches.get(label);
    if (known) return known;
    const branch = new Branch();
    this.#branches.set(label, branch);
    return branch;
  }
}

/**
 * A histogram of durations for Prometheus, for what is counted with every request: prom-client's own checks and hashes the
 * labels each time, which took more than everything else that is measured. Here no text is made of them either.
 */
export function createDurations<const Labels extends readonly string[]>(
  options: DurationsOptions<Labels>,
): Observe<Labels> {
  const { registry, name, help, labelNames } = options;
  const known: Series[] = [];
  let root = new Branch();
  const type = 'histogram';
  const metric = {
    ...{ name, help, type, labelNames },
    get: async () => {
      const values = known.flatMap((series) => series.valuesAs(name));
      return { name, help, type, aggregator: 'sum', values };
    },
    reset() {
      known.length = 0;
      root = new Branch();
    },
  };
  // All that a registry asks of a metric, whose types ask for all of prom-client's own.
  registry.registerMetric(metric as unknown as Histogram);
  const add = (labels: readonly string[]): Series => {
    const series = new Series(Object.fromEntries(labelNames.map((label, index) => [label, labels[index] ?? ''])));
    known.push(series);
    return series;
  };
  return (seconds, ...labels) => {
    let branch = root;
    for (const label of labels) branch = branch.of(label);
    branch.series ??= add(labels);
    branch.series.observe(seconds);
  };
}
