import { readFile } from 'node:fs/promises';
import { generateSigningKey, staticKeys } from '@paygraph/auth';
import { createTestDatabase } from '@paygraph/database/testing';
import { memoryBus } from '@paygraph/events';
import { createGateway } from '@paygraph/gateway';
import { createLogger, createMetrics } from '@paygraph/service';
import { createPeer } from '@paygraph/subgraph';
import { createForexSubgraph } from '@paygraph/subgraph-forex';
import { createLedgerSubgraph } from '@paygraph/subgraph-ledger';
import { createPaymentSubgraph } from '@paygraph/subgraph-payment';
import { createProfileSubgraph } from '@paygraph/subgraph-profile';
import { createRiskSubgraph } from '@paygraph/subgraph-risk';
import { createWalletSubgraph } from '@paygraph/subgraph-wallet';
import { collectDefaultMetrics, Registry } from 'prom-client';

export interface MetricFacts {
  readonly type: string;
  /** With `service`, which all have. */
  readonly labels: ReadonlySet<string>;
}

let known: Promise<ReadonlyMap<string, MetricFacts>> | undefined;

/**
 * Every metric that a process of the platform registers, by name: services are made as they are in production, and not
 * started. Looked at once for all tests of a worker.
 */
export function metricsOfAllServices(): Promise<ReadonlyMap<string, MetricFacts>> {
  known ??= readAll();
  return known;
}

async function readAll(): Promise<ReadonlyMap<string, MetricFacts>> {
  const found = new Map<string, MetricFacts>();
  const logger = createLogger({ service: 'test', level: 'silent' });
  const key = generateSigningKey();
  const keys = staticKeys({ keys: [] });
  const authenticate = async () => ({ kind: 'anonymous' }) as const;
  const peer = (name: string) => createPeer({ name, url: 'http://127.0.0.1:1/graphql', token: () => '', logger });
  const database = await createTestDatabase('risk');
  const nobody = { send: async () => ({ kind: 'sent' }) as const };
  const messengers = { EMAIL: nobody, PHONE: nobody };
  const nowhere = 'postgresql://nobody@127.0.0.1:1/nothing';

  const read = (registry: Registry) => {
    for (const metric of registry.getMetricsAsArray()) {
      const labels = 'labelNames' in metric && Array.isArray(metric.labelNames) ? metric.labelNames.map(String) : [];
      found.set(metric.name, { type: String(metric.type), labels: new Set(['service', ...labels]) });
    }
  };
  const given = (service: string) => ({
    metrics: createMetrics({ service, host: '127.0.0.1' }),
    logger,
    authenticate,
    databaseUrl: nowhere,
    accessTokenKeys: keys,
    serviceTokenKeys: keys,
  });
  const inspect = async (
    service: string,
    create: (all: ReturnType<typeof given>) => Stoppable | Promise<Stoppable>,
  ) => {
    const all = given(service);
    const made = await create(all);
    read(all.metrics.registry);
    await made.stop();
  };

  try {
    const supergraphSdl = await readFile(new URL('../../supergraph.graphql', import.meta.url), 'utf8');
    await inspect('gateway', ({ metrics }) => createGateway({ supergraphSdl, authenticate, logger, metrics }));
    await inspect('profile', (all) => createProfileSubgraph({ ...all, accessTokenKey: key, messengers }));
    await inspect('forex', (all) =>
      createForexSubgraph({ ...all, spreads: () => 0, maxRateAgeMs: undefined, live: undefined }),
    );
    await inspect('wallet', (all) =>
      createWalletSubgraph({ ...all, ledger: peer('ledger'), profile: peer('profile'), payment: peer('payment') }),
    );
    await inspect('ledger', (all) => createLedgerSubgraph({ ...all, key, bus: memoryBus({ logger }) }));
    await inspect('payment', (all) => {
      const services = { wallet: peer('wallet'), ledger: peer('ledger'), forex: peer('forex') };
      const peers = { ...services, risk: peer('risk'), profile: peer('profile') };
      return createPaymentSubgraph({ ...all, bus: memoryBus({ logger }), peers });
    });
    await inspect('risk', (all) =>
      createRiskSubgraph({ ...all, databaseUrl: database.databaseUrl, forex: peer('forex') }),
    );
  } finally {
    await database.drop();
  }
  const process = new Registry();
  collectDefaultMetrics({ register: process });
  read(process);
  return found;
}

interface Stoppable {
  stop(): Promise<void>;
}
