import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureKeys, serviceNames } from '@paygraph/auth';
import { databaseNames } from '@paygraph/database';
import { createTestDatabase, type TestDatabase } from '@paygraph/database/testing';
import { startGateway } from '@paygraph/gateway';
import { startForex } from '@paygraph/subgraph-forex';
import { startLedger } from '@paygraph/subgraph-ledger';
import { startPayment } from '@paygraph/subgraph-payment';
import { startProfile } from '@paygraph/subgraph-profile';
import { startRisk } from '@paygraph/subgraph-risk';
import { startWallet } from '@paygraph/subgraph-wallet';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { hasHelm, type Manifest, render } from '../support/helm.ts';

// Helm is a program of its own, on a machine that may be busy.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 120_000 });

const root = (file: string): string => fileURLToPath(new URL(`../../${file}`, import.meta.url));
const starts = {
  profile: startProfile,
  wallet: startWallet,
  ledger: startLedger,
  payment: startPayment,
  forex: startForex,
  risk: startRisk,
  gateway: startGateway,
};
const names = ['profile', 'wallet', 'ledger', 'payment', 'forex', 'risk', 'gateway'] as const;

/** What docs/operations.md wants in the Secret of the carriers of messages. */
const messengers = {
  PROFILE_SMTP_URL: 'smtps://user:password@mail.example:465',
  PROFILE_SMTP_FROM: 'no-reply@example.com',
  PROFILE_SMS_URL: 'https://sms.example',
  PROFILE_SMS_ACCOUNT_SID: 'AC1',
  PROFILE_SMS_AUTH_TOKEN: 'token',
  PROFILE_SMS_FROM: '+15550000001',
};

interface Variable {
  readonly name: string;
  readonly value?: string;
  readonly valueFrom?: { readonly secretKeyRef: { readonly name: string; readonly key: string } };
}
interface Container {
  readonly env: readonly Variable[];
  readonly envFrom?: readonly { readonly secretRef: { readonly name: string } }[];
}

describe.runIf(hasHelm)('what the Helm chart gives a process, as it is documented', () => {
  let manifests: Manifest[];
  let keys: string;
  let databases: TestDatabase[];
  let secrets: Record<string, Readonly<Record<string, string>>>;
  beforeAll(async () => {
    manifests = await render(root('deploy/helm/paygraph'));
    keys = await mkdtemp(join(tmpdir(), 'paygraph-helm-keys-'));
    await ensureKeys({ directory: keys, services: serviceNames });
    databases = await Promise.all(databaseNames.map((name) => createTestDatabase(name)));
    const addresses = databaseNames.map((name, at) => [
      `${name.toUpperCase()}_DATABASE_URL`,
      databases[at]?.databaseUrl,
    ]);
    secrets = { 'paygraph-databases': Object.fromEntries(addresses), 'paygraph-messengers': messengers };
  });
  afterAll(async () => {
    for (const database of databases) await database.drop();
    await rm(keys, { recursive: true });
  });

  const specOf = (kind: string, name: string) => {
    const found = manifests.find((one) => one.kind === kind && one.metadata.name === `pg-${name}`);
    return JSON.parse(JSON.stringify(found?.spec));
  };
  const secret = (name: string) => {
    const found = secrets[name];
    if (!found) throw new Error(`docs/operations.md asks for no Secret ${name}`);
    return found;
  };
  /** The variables of a pod, at this machine's addresses and with this machine's keys. */
  const environmentOf = (name: string): Record<string, string | undefined> => {
    const [{ env, envFrom = [] }]: [Container] = specOf('Deployment', name).template.spec.containers;
    const own = env.map(({ name, value, valueFrom }) => {
      const from = valueFrom?.secretKeyRef;
      return [name, from ? secret(from.name)[from.key] : value?.replace(/^\/keys\//, `${keys}/`)];
    });
    const given = Object.assign({}, ...envFrom.map(({ secretRef }) => secret(secretRef.name)), Object.fromEntries(own));
    return { ...given, HOST: '127.0.0.1', PORT: '0', METRICS_PORT: undefined, LOG_LEVEL: 'silent' };
  };

  it.each(names)('is all that %s needs to start', async (name) => {
    const process = await starts[name](environmentOf(name));
    await process.stop();
  });

  it('lets profile out to the carriers of its messages', () => {
    const { egress }: { egress: { ports: { port: number | string }[]; to?: object[] }[] } = specOf(
      'NetworkPolicy',
      'profile',
    );
    const anywhere = egress.filter(({ to }) => to === undefined).flatMap(({ ports }) => ports.map(({ port }) => port));
    // SMS gateways, mail over TLS, and mail with STARTTLS.
    expect(anywhere).toEqual(expect.arrayContaining([443, 465, 587]));
  });

  it('is named where operators read what there has to be', async () => {
    const kubernetes = (await readFile(root('docs/operations.md'), 'utf8')).split('## Kubernetes')[1];
    for (const name of [...Object.keys(secrets), ...Object.keys(messengers)]) expect(kubernetes).toContain(name);
  });
});
