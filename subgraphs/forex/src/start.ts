import { createProofVerifier, staticKeys } from '@paygraph/auth';
import { migrate, migrationsDirectory } from '@paygraph/database';
import {
  createLogger,
  createMetrics,
  databaseEnvironment,
  loadConfig,
  publishedKeys,
  type RunningService,
  serverEnvironment,
  serviceEnvironment,
  systemClock,
  tlsFrom,
  tracingFrom,
} from '@paygraph/service';
import { forexEnvironment, ratesFrom } from './config.ts';
import { createForexSubgraph } from './subgraph.ts';

const environment = {
  ...serverEnvironment,
  ...databaseEnvironment('forex'),
  ...forexEnvironment,
  ACCESS_TOKEN_JWKS_URL: serviceEnvironment.ACCESS_TOKEN_JWKS_URL,
  SERVICE_JWKS_FILE: serviceEnvironment.SERVICE_JWKS_FILE,
  SERVICE_KEY_FILE: serviceEnvironment.SERVICE_KEY_FILE,
};

/** Starts the forex subgraph as its environment says. @throws ConfigError, MigrationError, PortInUseError */
export async function startForex(env: NodeJS.ProcessEnv): Promise<RunningService> {
  const config = loadConfig(environment, env);
  const logger = createLogger({ service: 'forex', level: config.LOG_LEVEL });
  const tls = tlsFrom(config, logger);
  const migrationUrl = config.FOREX_MIGRATION_URL;
  if (migrationUrl) await migrate({ migrationUrl, directory: migrationsDirectory('forex'), logger });
  const subgraph = createForexSubgraph({
    ...ratesFrom(config, systemClock),
    databaseUrl: config.FOREX_DATABASE_URL,
    accessTokenKeys: publishedKeys(config, tls),
    serviceTokenKeys: staticKeys(config.SERVICE_JWKS_FILE),
    logger,
    tls,
    metrics: createMetrics({ service: 'forex', host: config.HOST, port: config.METRICS_PORT, tls }),
    tracing: await tracingFrom(config, { service: 'forex' }),
    verifyProof: createProofVerifier({
      service: 'forex',
      key: config.SERVICE_KEY_FILE,
      jwks: config.SERVICE_JWKS_FILE,
    }),
  });
  const url = await subgraph.listen({ host: config.HOST, port: config.PORT });
  return { url, stop: () => subgraph.stop() };
}
