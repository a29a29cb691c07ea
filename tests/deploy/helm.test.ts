import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { parse } from 'yaml';
import { hasHelm, helm, type Manifest, render } from '../support/helm.ts';
import { faultsOf } from '../support/kubernetes.ts';

// Helm is a program of its own, on a machine that may be busy.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 120_000 });

const root = (file: string): string => fileURLToPath(new URL(`../../${file}`, import.meta.url));
const chart = root('deploy/helm/paygraph');
const { services: composed } = parse(readFileSync(root('docker-compose.yml'), 'utf8'), { merge: true });
const names = ['gateway', 'profile', 'wallet', 'ledger', 'payment', 'forex', 'risk'];

/** Everything that can be switched on. */
const everything = {
  secrets: { redis: 'paygraph-redis', certificates: 'paygraph-tls' },
  otlpEndpoint: 'http://collector.monitoring:4318',
  image: { pullSecrets: ['registry'] },
  ingress: {
    ...{ enabled: true, className: 'nginx', host: 'pay.example', tlsSecret: 'pay-example-tls' },
    trustedProxies: ['10.244.0.0/16', 'fd00::/8'],
    annotations: { 'nginx.ingress.kubernetes.io/proxy-read-timeout': '3600' },
    webhookAnnotations: { 'nginx.ingress.kubernetes.io/backend-protocol': 'HTTPS' },
  },
  networkPolicy: { storesTo: [{ ipBlock: { cidr: '10.0.0.0/16' } }] },
  services: {
    payment: {
      envFromSecrets: ['paygraph-rails'],
      env: { PAYMENT_RAIL_WEIGHTS: 'cost=1' },
      annotations: { 'example.com/team': 'payments' },
      nodeSelector: { disk: 'ssd' },
      tolerations: [{ key: 'dedicated', operator: 'Exists' }],
    },
    forex: { autoscaling: { enabled: false }, podDisruptionBudget: { enabled: false }, replicas: 1 },
  },
};

interface Container {
  readonly args: string[];
  readonly env: readonly { readonly name: string; readonly value?: string; readonly valueFrom?: object }[];
  readonly envFrom?: object[];
  readonly securityContext: object;
}
interface PodSpec {
  readonly containers: readonly [Container];
  readonly volumes: readonly {
    readonly secret?: { readonly secretName: string; readonly items: readonly { readonly key: string }[] };
  }[];
  readonly terminationGracePeriodSeconds: number;
  readonly securityContext: object;
}

describe.runIf(hasHelm)('the Helm chart', () => {
  let plain: Manifest[];
  let full: Manifest[];
  beforeAll(async () => {
    plain = await render(chart);
    full = await render(chart, everything);
  });

  const named = (manifests: Manifest[], kind: string, name: string) => {
    const found = manifests.find((one) => one.kind === kind && one.metadata.name === `pg-${name}`);
    if (!found) throw new Error(`There is no ${kind} of ${name}`);
    return found;
  };
  const podOf = (manifests: Manifest[], name: string, kind = 'Deployment'): PodSpec =>
    JSON.parse(JSON.stringify(named(manifests, kind, name).spec)).template.spec;

  it('passes helm’s own lint', async () => {
    expect(await helm('lint', '--strict', chart)).toContain('0 chart(s) failed');
  });

  it('renders what Kubernetes’ schemas allow, and no field that they do not know', () => {
    for (const manifests of [plain, full])
      for (const manifest of manifests)
        expect([manifest.kind, manifest.metadata.name, faultsOf(manifest)]).toEqual([
          manifest.kind,
          manifest.metadata.name,
          [],
        ]);
    const broken = structuredClone(named(plain, 'Deployment', 'ledger'));
    Object.assign(broken.spec, { replicaz: 3 });
    expect(faultsOf(broken)).toEqual(['/spec/replicaz is unknown']);
  });

  it('makes a deployment, a service, an autoscaler, a disruption budget and a policy for each process', () => {
    for (const kind of ['Deployment', 'Service', 'HorizontalPodAutoscaler', 'PodDisruptionBudget', 'NetworkPolicy'])
      expect([kind, ...plain.filter((one) => one.kind === kind).map(({ metadata }) => metadata.name)].sort()).toEqual(
        [kind, ...names.map((name) => `pg-${name}`)].sort(),
      );
    expect(plain.filter(({ kind }) => kind === 'Ingress')).toEqual([]);
    expect(plain.filter(({ kind }) => kind === 'Secret')).toEqual([]);
    expect(full.filter(({ metadata }) => metadata.name === 'pg-forex').map(({ kind }) => kind)).not.toContain(
      'HorizontalPodAutoscaler',
    );
  });

  it.each(names)('gives %s the entry point and the variables that docker-compose.yml gives it', (name) => {
    const [container] = podOf(full, name).containers;
    expect(container.args).toEqual(composed[name].command);
    expect(existsSync(root(container.args[0] ?? ''))).toBe(true);
    const own = ['SHUTDOWN_SECONDS', 'PAYMENT_RAIL_WEIGHTS', 'TRUSTED_PROXIES'];
    const given = container.env.map((variable) => variable.name).filter((variable) => !own.includes(variable));
    const composedNames = Object.keys(composed[name].environment).filter(
      (variable) => !variable.endsWith('MIGRATION_URL'),
    );
    expect(given.sort()).toEqual(composedNames.sort());
  });

  it.each(names)('has %s reach the services that it names, at the names that they have', (name) => {
    const [container] = podOf(full, name).containers;
    const addresses = container.env.filter((variable) => /^https?:\/\/pg-/.test(variable.value ?? ''));
    for (const { name: variable, value = '' } of addresses) {
      const host = new URL(value).hostname;
      if (variable.endsWith('_URL') && variable !== 'ACCESS_TOKEN_JWKS_URL')
        expect(host).toBe(`pg-${variable.replace('_URL', '').toLowerCase()}`);
      expect(named(full, 'Service', host.replace('pg-', ''))).toBeDefined();
      const policy = JSON.stringify(named(full, 'NetworkPolicy', host.replace('pg-', '')).spec);
      if (host !== `pg-${name}`) expect(policy).toContain(`"app.kubernetes.io/component":"${name}"`);
    }
  });

  it.each(names)('gives %s secrets by reference, its own private key alone, and no owner’s connection', (name) => {
    const { containers, volumes } = podOf(full, name);
    const [{ env }] = containers;
    for (const { name: variable, value } of env)
      if (/DATABASE_URL|REDIS_URL|SECRET|PASSWORD/.test(variable))
        expect([variable, value]).toEqual([variable, undefined]);
    expect(JSON.stringify(env)).not.toContain('MIGRATION');
    const keys = volumes.flatMap(({ secret }) => secret?.items.map(({ key }) => key) ?? []);
    const others = keys.filter((key) => key.endsWith('.key.json') && key !== `${name}.key.json`);
    expect(others).toEqual(name === 'profile' ? ['access-token.key.json'] : []);
  });

  it.each(names)('has %s talk over TLS with its own certificate, if there are some', (name) => {
    const [before, after] = [plain, full].map((manifests) => {
      const { containers, volumes } = podOf(manifests, name);
      const addresses = containers[0].env.flatMap(({ value = '' }) => /^(https?):\/\/pg-/.exec(value)?.[1] ?? []);
      const certificates = volumes.filter(({ secret }) => secret?.secretName.startsWith('paygraph-tls'));
      const directory = containers[0].env.find((variable) => variable.name === 'TLS_DIRECTORY')?.value;
      return { schemes: [...new Set(addresses)], directory, secrets: certificates.map(({ secret }) => secret) };
    });
    expect(before).toEqual({ schemes: ['http'], directory: undefined, secrets: [] });
    expect(after).toMatchObject({
      ...{ schemes: ['https'], directory: '/certificates' },
      secrets: [
        { secretName: `paygraph-tls-${name}`, items: [{ key: 'tls.crt' }, { key: 'tls.key' }, { key: 'ca.crt' }] },
      ],
    });
    expect(after?.secrets).toHaveLength(1);
  });

  it.each(names)('has %s probed where no certificate is asked for', (name) => {
    for (const manifests of [plain, full]) {
      const probes = JSON.stringify(podOf(manifests, name)).match(/"httpGet":\{[^}]*\}/g);
      expect(probes).toHaveLength(3);
      for (const probe of probes ?? []) expect(probe).toMatch(/"path":"\/health\/(live|ready)","port":"metrics"/);
    }
  });

  it('has the ingress of webhooks, and no other, speak HTTPS with payment', () => {
    const ingresses = full.filter(({ kind }) => kind === 'Ingress');
    expect(ingresses.map(({ metadata }) => [metadata.name, Object.keys(metadata.annotations ?? {})])).toEqual([
      ['pg-gateway', ['nginx.ingress.kubernetes.io/proxy-read-timeout']],
      [
        'pg-payment',
        ['nginx.ingress.kubernetes.io/backend-protocol', 'nginx.ingress.kubernetes.io/proxy-read-timeout'],
      ],
    ]);
  });

  it('has the gateway, and nobody else, believe the proxies of the ingress', () => {
    const believers = names.flatMap((name) => {
      const variable = podOf(full, name).containers[0].env.find((variable) => variable.name === 'TRUSTED_PROXIES');
      return variable ? [[name, variable.value]] : [];
    });
    expect(believers).toEqual([['gateway', '10.244.0.0/16,fd00::/8']]);
  });

  it.each(names)('lets %s do no more than it must, and stop in its own time', (name) => {
    const { containers, securityContext, terminationGracePeriodSeconds } = podOf(plain, name);
    expect(securityContext).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } });
    expect(containers[0].securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
    const seconds = containers[0].env.find((variable) => variable.name === 'SHUTDOWN_SECONDS')?.value;
    expect(terminationGracePeriodSeconds).toBeGreaterThan(Number(seconds) + 5);
  });

  it('lets whoever is outside reach the gateway and payment’s webhooks, and nobody else', () => {
    const open = full.filter(
      ({ kind, spec }) => kind === 'NetworkPolicy' && JSON.stringify(spec).includes('ingress-nginx'),
    );
    expect(open.map(({ metadata }) => metadata.name).sort()).toEqual(['pg-gateway', 'pg-payment']);
  });

  it('migrates before anything of a new version runs, by a job that alone has the owners’ connections', () => {
    const job = named(plain, 'Job', 'migrations');
    expect(job.metadata.annotations).toMatchObject({ 'helm.sh/hook': 'pre-install,pre-upgrade' });
    const [container] = podOf(plain, 'migrations', 'Job').containers;
    expect(container.envFrom).toEqual([{ secretRef: { name: 'paygraph-migrations' } }]);
    expect(existsSync(root(container.args[0] ?? ''))).toBe(true);
  });

  it.each([
    ['a value that there is not', { replicaCount: 3 }, 'replicaCount'],
    ['a service that there is not', { services: { mailer: {} } }, 'mailer'],
    ['fewer than one process', { services: { ledger: { autoscaling: { minReplicas: 0 } } } }, 'minReplicas'],
    ['a log level that there is not', { logLevel: 'loud' }, 'logLevel'],
    ['an ingress without a host', { ingress: { enabled: true } }, 'ingress.host is required'],
    [
      'an ingress behind which all clients would look like one',
      { ingress: { enabled: true, host: 'pay.example' } },
      'ingress.trustedProxies is required',
    ],
    ['a proxy that is no network', { ingress: { trustedProxies: ['balancer'] } }, 'trustedProxies'],
  ])('refuses %s, and says which', async (_what, values, message) => {
    await expect(render(chart, values)).rejects.toThrow(message);
  });
});
