import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { parse } from 'yaml';
import { readsOf } from '../support/promql.ts';
import { type MetricFacts, metricsOfAllServices } from '../support/registries.ts';

// All services are made for it, on a machine that may be busy.
vi.setConfig({ hookTimeout: 120_000 });

const root = (file: string): string => fileURLToPath(new URL(`../../${file}`, import.meta.url));
const text = (file: string): string => readFileSync(root(file), 'utf8');
const folder = 'deploy/observability';

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly for?: string;
  readonly labels: { readonly severity: string };
  readonly annotations: { readonly summary: string };
}
interface Dashboard {
  readonly uid: string;
  readonly panels: readonly {
    readonly title: string;
    readonly datasource: { readonly uid: string };
    readonly targets: readonly { readonly expr: string }[];
  }[];
}

const alerts: { readonly groups: readonly { readonly name: string; readonly rules: readonly Rule[] }[] } = parse(
  text(`${folder}/alerts.yml`),
);
const rules = alerts.groups.flatMap((group) => group.rules);
const dashboards = readdirSync(root(`${folder}/grafana/dashboards`)).map((file): [string, Dashboard] => [
  file,
  JSON.parse(text(`${folder}/grafana/dashboards/${file}`)),
]);
const panels = dashboards.flatMap(([file, dashboard]) =>
  dashboard.panels.map((panel) => [`${file}: ${panel.title}`, panel] as const),
);
const expressions = [
  ...rules.map(({ alert, expr }) => [`alert ${alert}`, expr] as const),
  ...panels.flatMap(([name, { targets }]) => targets.map(({ expr }) => [name, expr] as const)),
];

let metrics: ReadonlyMap<string, MetricFacts>;
beforeAll(async () => {
  metrics = await metricsOfAllServices();
});

/** A metric by the name of one of its series; `up` is Prometheus' own. */
function metricOf(series: string): MetricFacts | undefined {
  if (series === 'up') return { type: 'gauge', labels: new Set(['job', 'instance']) };
  const plain = metrics.get(series);
  if (plain) return plain;
  const parts = /^(.+)_(bucket|sum|count)$/.exec(series);
  const metric = metrics.get(parts?.[1] ?? '');
  const has = metric?.type === 'histogram' || (metric?.type === 'summary' && parts?.[2] !== 'bucket');
  return metric && has ? { ...metric, labels: new Set([...metric.labels, 'le']) } : undefined;
}

describe('dashboards and alerts', () => {
  it.each(expressions)('%s reads metrics that there are, by labels that they have', (_name, expression) => {
    const { metrics: read, groups } = readsOf(expression);
    expect(read.length).toBeGreaterThan(0);
    for (const { name, labels } of read) {
      const known = metricOf(name);
      expect(known, name).toBeDefined();
      for (const label of labels) expect(known?.labels, `${name}{${label}}`).toContain(label);
    }
    const common = new Set(read.flatMap(({ name }) => [...(metricOf(name)?.labels ?? [])]));
    for (const label of groups) expect(common, expression).toContain(label);
  });

  it('leave out no metric of ours', () => {
    const read = new Set(expressions.flatMap(([, expression]) => readsOf(expression).metrics.map(({ name }) => name)));
    const isRead = (name: string) => ['', '_bucket', '_sum', '_count'].some((part) => read.has(name + part));
    expect([...metrics.keys()].filter((name) => name.startsWith('paygraph_') && !isRead(name))).toEqual([]);
  });

  it('are refused when they are no PromQL', () => {
    expect(() => readsOf('sum(rate(up[5m])')).toThrow(SyntaxError);
    expect(() => readsOf('up and and up')).toThrow(SyntaxError);
  });
});

describe('alerts', () => {
  it('have names of their own, a severity, a summary, and times that Prometheus can read', () => {
    expect(new Set(rules.map(({ alert }) => alert)).size).toBe(rules.length);
    for (const { alert, labels, annotations, for: wait = '0s' } of rules) {
      expect(['page', 'ticket'], alert).toContain(labels.severity);
      expect(annotations.summary.length, alert).toBeGreaterThan(10);
      expect(wait, alert).toMatch(/^\d+[smh]$/);
    }
  });

  it('are all explained in docs/metrics.md, with the same severity, and no other is', () => {
    const explained = [...text('docs/metrics.md').matchAll(/^\| `([A-Z]\w+)` \| (page|ticket) \|/gm)];
    expect(explained.map(([, name, severity]) => `${name} ${severity}`).sort()).toEqual(
      rules.map(({ alert, labels }) => `${alert} ${labels.severity}`).sort(),
    );
  });
});

describe('dashboards', () => {
  it('have an id each, the name of their file, and data sources that are provisioned', () => {
    const { datasources } = parse(text(`${folder}/grafana/provisioning/datasources/datasources.yaml`));
    const sources = datasources.map(({ uid }: { readonly uid: string }) => uid);
    for (const [file, { uid }] of dashboards) expect(file).toBe(`${uid}.json`);
    for (const [name, { datasource }] of panels) expect(sources, name).toContain(datasource.uid);
  });
});

describe('docker compose --profile observability', () => {
  const { services } = parse(text('docker-compose.yml'), { merge: true });
  const observing = ['prometheus', 'grafana', 'otel-collector', 'tempo'];

  it('starts what watches, and plain docker compose does not', () => {
    const profiled = Object.entries<{ profiles?: string[] }>(services).filter(([, { profiles }]) => profiles);
    expect(profiled.map(([name]) => name).sort()).toEqual([...observing].sort());
  });

  it.each(observing)('mounts files of %s that there are, where it is told to look', (name) => {
    const mounts: string[][] = services[name].volumes.map((volume: string) => volume.split(':'));
    const files = mounts.filter(([source]) => source?.startsWith('./'));
    for (const [source = ''] of files) expect(existsSync(root(source)), source).toBe(true);
    const told = (services[name].command ?? []).map((argument: string) => argument.replace(/^-+config(\.file)?=/, ''));
    expect(files.map(([, target]) => target)).toEqual(expect.arrayContaining(told));
  });

  it('has Prometheus read the metrics of every process that serves them', () => {
    const { scrape_configs: jobs, rule_files: files } = parse(text(`${folder}/prometheus.yml`));
    const serving = Object.entries<{ environment?: { METRICS_PORT?: string } }>(services).flatMap(
      ([name, { environment }]) => (environment?.METRICS_PORT ? [`${name}:${environment.METRICS_PORT}`] : []),
    );
    expect(jobs[0].static_configs[0].targets.toSorted()).toEqual(serving.sort());
    expect(serving.length).toBe(7);
    expect(files).toEqual(['alerts.yml']);
  });

  it('hands traces on from the address that .env.example names for them', () => {
    const { receivers, exporters } = parse(text(`${folder}/otel-collector.yaml`));
    const { distributor } = parse(text(`${folder}/tempo.yaml`));
    expect(text('.env.example')).toContain('OTEL_EXPORTER_OTLP_ENDPOINT=http://otel-collector:4318');
    expect(receivers.otlp.protocols.http.endpoint).toBe('0.0.0.0:4318');
    expect(exporters.otlphttp.endpoint).toBe('http://tempo:4318');
    expect(distributor.receivers.otlp.protocols.http.endpoint).toBe('0.0.0.0:4318');
  });
});
