import { Histogram, Registry } from 'prom-client';
import { expect, it } from 'vitest';
import { createDurations } from './durations.ts';

const described = { name: 'fetch_duration_seconds', help: 'Time of a fetch.' };
const observed: [number, string, string][] = [
  [0, 'ledger', 'ok'],
  [0.001, 'ledger', 'ok'],
  [0.0010001, 'ledger', 'errors'],
  [3, 'wallet', 'ok'],
  [10, 'wallet', 'say "no"\n'],
  [1e6, 'wallet', 'ok'],
];

it('shows Prometheus what a histogram of prom-client shows', async () => {
  const [own, theirs] = [new Registry(), new Registry()];
  const observe = createDurations({ ...described, registry: own, labelNames: ['subgraph', 'outcome'] });
  const buckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
  const histogram = new Histogram({
    ...{ ...described, buckets, registers: [theirs] },
    labelNames: ['subgraph', 'outcome'],
  });
  for (const [seconds, subgraph, outcome] of observed) {
    observe(seconds, subgraph, outcome);
    histogram.observe({ subgraph, outcome }, seconds);
  }
  expect(await own.metrics()).toBe(await theirs.metrics());
  for (const registry of [own, theirs]) registry.setDefaultLabels({ service: 'gateway' });
  expect(await theirs.getMetricsAsJSON()).toMatchObject(await own.getMetricsAsJSON());
});

it('shows that it is there before anything was counted, and again after a reset', async () => {
  const registry = new Registry();
  const observe = createDurations({ ...described, registry, labelNames: ['outcome'] });
  const empty = await registry.metrics();
  expect(empty).toContain('# TYPE fetch_duration_seconds histogram');
  observe(1, 'ok');
  registry.resetMetrics();
  expect(await registry.metrics()).toBe(empty);
});
