import {
  createAuthenticator,
  createProofVerifier,
  createServiceTokenSigner,
  type ServiceScope,
  staticKeys,
} from '@paygraph/auth';
import { migrate, migrationsDirectory } from '@paygraph/database';
import { memoryBus, redisBus } from '@paygraph/events';
import { createRails, railEnvironment } from '@paygraph/rails/adapters';
import {
  createLogger,
  createMetrics,
  databaseEnvironment,
  loadConfig,
  numberVariable,
  peerEnvironment,
  publishedKeys,
  type RunningService,
  serviceEnvironment,
  tlsFrom,
  tracingFrom,
} from '@paygraph/service';
import { createPeer } from '@paygraph/subgraph';
import type { Peers } from './peers/peers.ts';
import { defaultRailTuning, routingWeights, statementInterval, webhookRetention } from './rails/tuning.ts';
import { createPaymentSubgraph } from './subgraph.ts';
import { defaultTuning, peerTimeoutMs } from './tuning.ts';

const environment = {
  ...serviceEnvironment,
  ...databaseEnvironment('payment'),
  ...peerEnvironment('wallet', 'ledger', 'forex', 'risk', 'profile'),
  ...railEnvironment,
  PAYMENT_RAIL_WEIGHTS: routingWeights,
  PAYMENT_STATEMENT_MINUTES: statementInterval,
  PAYMENT_WEBHOOK_RETENTION_DAYS: webhookRetention,
  /** Processes of payment that call rails: each takes its part of what rails allow. */
  PAYMENT_RAIL_PROCESSES: numberVariable(1, 1_000).default(defaultRailTuning.processes),
  /** Payments, and questions to a peer, that go together; peers take at most 1,000. */
  PAYMENT_BATCH_SIZE: numberVariable(1, 1_000).default(defaultTuning.batchSize),
  /** Batches under way at a time in this process. */
  PAYMENT_CONCURRENCY: numberVariable(1, 64).default(defaultTuning.concurrency),
};

/** What payment asks of each peer. */
const scopes: Record<keyof Peers, readonly ServiceScope[]> = {
  wallet: ['wallet:resolve', 'wallet:limit'],
  ledger: ['ledger:post'],
  forex: ['forex:lock'],
  risk: ['risk:assess'],
  profile: ['profile:resolve'],
};

/** Starts the payment subgraph as its environment says. @throws ConfigError, MigrationError, PortInUseError */
export async function startPayment(env: NodeJS.ProcessEnv): Promise<RunningService> {
  const config = loadConfig(environment, env);
  const logger = createLogger({ service: 'payment', level: config.LOG_LEVEL });
  const tls = tlsFrom(config, logger);
  const migrationUrl = config.PAYMENT_MIGRATION_URL;
  if (migrationUrl) await migrate({ migrationUrl, directory: migrationsDirectory('payment'), logger });
  const sign = createServiceTokenSigner({ service: 'payment', key: config.SERVICE_KEY_FILE });
  const peer = (name: keyof Peers, url: string) =>
    createPeer({ name, url, token: () => sign(name, scopes[name]), logger, tls, timeoutMs: peerTimeoutMs });
  const bus = config.REDIS_URL ? redisBus(config.REDIS_URL, { logger }) : memoryBus({ logger });
  const rails = createRails(config, { now: () => new Date() });
  const subgraph = createPaymentSubgraph({
    databaseUrl: config.PAYMENT_DATABASE_URL,
    bus,
    rails: rails.adapters,
    tuning: {
      rails: {
        ...defaultRailTuning,
        weights: config.PAYMENT_RAIL_WEIGHTS,
        processes: config.PAYMENT_RAIL_PROCESSES,
        statementMs: config.PAYMENT_STATEMENT_MINUTES,
        webhookRetentionMs: config.PAYMENT_WEBHOOK_RETENTION_DAYS,
      },
      batchSize: config.PAYMENT_BATCH_SIZE,
      concurrency: config.PAYMENT_CONCURRENCY,
    },
    peers: {
      wallet: peer('wallet', config.WALLET_URL),
      ledger: peer('ledger', config.LEDGER_URL),
      forex: peer('forex', config.FOREX_URL),
      risk: peer('risk', config.RISK_URL),
      profile: peer('profile', config.PROFILE_URL),
    },
    authenticate: createAuthenticator({
      accessTokenKeys: publishedKeys(config, tls),
      serviceTokenKeys: staticKeys(config.SERVICE_JWKS_FILE),
      audience: 'payment',
      acceptedScopes: { wallet: ['payment:resolve'] },
    }),
    logger,
    tls,
    metrics: createMetrics({ service: 'payment', host: config.HOST, port: config.METRICS_PORT, tls }),
    tracing: await tracingFrom(config, { service: 'payment' }),
    verifyProof: createProofVerifier({
      service: 'payment',
      key: config.SERVICE_KEY_FILE,
      jwks: config.SERVICE_JWKS_FILE,
    }),
  });
  const url = await subgraph.listen({ host: config.HOST, port: config.PORT });
  const stop = async () => {
    await subgraph.stop();
    await rails.close();
    await bus.close();
  };
  return { url, stop };
}
