import type { Registry } from 'prom-client';

interface Sample {
  readonly value: number;
  readonly metricName?: string;
  readonly labels: Readonly<Partial<Record<string, string | number>>>;
}

/** The sum of a metric's series with these labels, such as those of `x_count` of a histogram `x`; 0 when there is none. */
export async function sumOf(
  registry: Registry,
  series: string,
  labels: Readonly<Record<string, string>> = {},
): Promise<number> {
  const metrics = await registry.getMetricsAsJSON();
  const metric = metrics.find(({ name }) => name === series) ?? metrics.find(({ name }) => `${name}_count` === series);
  const samples: readonly Sample[] = metric?.values ?? [];
  const wanted = samples.filter(
    (sample) =>
      (sample.metricName ?? series) === series &&
      Object.entries(labels).every(([name, value]) => sample.labels[name] === value),
  );
  return wanted.reduce((sum, { value }) => sum + value, 0);
}
