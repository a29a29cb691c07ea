import { createAuthenticator, createProofVerifier, staticKeys } from '@paygraph/auth';
import { migrate, migrationsDirectory } from '@paygraph/database';
import { memoryBus, redisBus } from '@paygraph/events';
import {
  createLogger,
  createMetrics,
  databaseEnvironment,
  loadConfig,
  numberVariable,
  publishedKeys,
  type RunningService,
  serviceEnvironment,
  tlsFrom,
  tracingFrom,
} from '@paygraph/service';
import { createLedgerSubgraph } from './subgraph.ts';

const environment = {
  ...serviceEnvironment,
  ...databaseEnvironment('ledger'),
  /** Seconds between two proofs of the books. */
  LEDGER_PROOF_SECONDS: numberVariable(1, 99_999).default(60),
  /** Commands that are decided in one transaction of the database. */
  LEDGER_MAX_BATCH: numberVariable(1, 1_024).default(256),
};

/** Starts the ledger subgraph as its environment says. @throws ConfigError, MigrationError, PortInUseError */
export async function startLedger(env: NodeJS.ProcessEnv): Promise<RunningService> {
  const config = loadConfig(environment, env);
  const logger = createLogger({ service: 'ledger', level: config.LOG_LEVEL });
  const tls = tlsFrom(config, logger);
  const migrationUrl = config.LEDGER_MIGRATION_URL;
  if (migrationUrl) await migrate({ migrationUrl, directory: migrationsDirectory('ledger'), logger });
  const bus = config.REDIS_URL ? redisBus(config.REDIS_URL, { logger }) : memoryBus({ logger });
  const subgraph = createLedgerSubgraph({
    bus,
    databaseUrl: config.LEDGER_DATABASE_URL,
    key: config.SERVICE_KEY_FILE,
    authenticate: createAuthenticator({
      accessTokenKeys: publishedKeys(config, tls),
      serviceTokenKeys: staticKeys(config.SERVICE_JWKS_FILE),
      audience: 'ledger',
      acceptedScopes: { payment: ['ledger:post'], wallet: ['ledger:account'] },
    }),
    logger,
    tls,
    maxBatch: config.LEDGER_MAX_BATCH,
    proofIntervalMs: config.LEDGER_PROOF_SECONDS * 1_000,
    metrics: createMetrics({ service: 'ledger', host: config.HOST, port: config.METRICS_PORT, tls }),
    tracing: await tracingFrom(config, { service: 'ledger' }),
    verifyProof: createProofVerifier({
      service: 'ledger',
      key: config.SERVICE_KEY_FILE,
      jwks: config.SERVICE_JWKS_FILE,
    }),
  });
  const url = await subgraph.listen({ host: config.HOST, port: config.PORT });
  const stop = async () => {
    await subgraph.stop();
    await bus.close();
  };
  return { url, stop };
}
