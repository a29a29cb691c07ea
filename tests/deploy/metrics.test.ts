import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { type MetricFacts, metricsOfAllServices } from '../support/registries.ts';

// All services are made for it, on a machine that may be busy.
vi.setConfig({ hookTimeout: 120_000 });

const documentation = readFileSync(fileURLToPath(new URL('../../docs/metrics.md', import.meta.url)), 'utf8');

let metrics: ReadonlyMap<string, MetricFacts>;

beforeAll(async () => {
  metrics = await metricsOfAllServices();
});

/** Metrics of docs/metrics.md, each with the labels it is documented with. */
const documented = new Map(
  documentation
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .flatMap((line) => [...(line.split('|')[1] ?? '').matchAll(/`([a-z_]+)(?:\{([a-z_,]+)\})?`/g)])
    .map(([, name = '', labels = '']) => [name, labels === '' ? [] : labels.split(',')] as const),
);
/** Those of prom-client itself are documented as two families. */
const own = () => [...metrics.keys()].filter((name) => !/^(process|nodejs)_/.test(name));

describe('docs/metrics.md', () => {
  it('has every metric that a service registers, and no other', () => {
    expect([...documented.keys()].sort()).toEqual(own().sort());
  });

  it('names the labels that each has', () => {
    const labels = (name: string) => [...(metrics.get(name)?.labels ?? [])].filter((label) => label !== 'service');
    // Of `http_request_duration_seconds` the text says them.
    for (const [name, said] of documented)
      if (name.startsWith('paygraph_')) expect([name, [...said].sort()]).toEqual([name, labels(name).sort()]);
  });
});
