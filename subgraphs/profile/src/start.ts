import { createProofVerifier, parseSigningKey, staticKeys } from '@paygraph/auth';
import { migrate, migrationsDirectory } from '@paygraph/database';
import {
  createLogger,
  createMetrics,
  databaseEnvironment,
  fileVariable,
  loadConfig,
  type RunningService,
  serverEnvironment,
  serviceEnvironment,
  tlsFrom,
  tracingFrom,
} from '@paygraph/service';
import { createMessengers, messengerEnvironment } from './messenger/config.ts';
import { createProfileSubgraph } from './subgraph.ts';

const environment = {
  ...serverEnvironment,
  ...databaseEnvironment('profile'),
  SERVICE_JWKS_FILE: serviceEnvironment.SERVICE_JWKS_FILE,
  SERVICE_KEY_FILE: serviceEnvironment.SERVICE_KEY_FILE,
  ACCESS_TOKEN_KEY_FILE: fileVariable(parseSigningKey),
  ...messengerEnvironment,
};

/** Starts the profile subgraph as its environment says. @throws ConfigError, MigrationError, PortInUseError */
export async function startProfile(env: NodeJS.ProcessEnv): Promise<RunningService> {
  const config = loadConfig(environment, env);
  const logger = createLogger({ service: 'profile', level: config.LOG_LEVEL });
  const tls = tlsFrom(config, logger);
  const migrationUrl = config.PROFILE_MIGRATION_URL;
  if (migrationUrl !== undefined) await migrate({ migrationUrl, directory: migrationsDirectory('profile'), logger });
  const messengers = createMessengers(config);
  const subgraph = createProfileSubgraph({
    messengers,
    databaseUrl: config.PROFILE_DATABASE_URL,
    accessTokenKey: config.ACCESS_TOKEN_KEY_FILE,
    serviceTokenKeys: staticKeys(config.SERVICE_JWKS_FILE),
    logger,
    tls,
    metrics: createMetrics({ service: 'profile', host: config.HOST, port: config.METRICS_PORT, tls }),
    tracing: await tracingFrom(config, { service: 'profile' }),
    verifyProof: createProofVerifier({
      service: 'profile',
      key: config.SERVICE_KEY_FILE,
      jwks: config.SERVICE_JWKS_FILE,
    }),
  });
  const url = await subgraph.listen({ host: config.HOST, port: config.PORT });
  return { url, stop: () => subgraph.stop() };
}
