import { createAuthenticator, createProofVerifier, createServiceTokenSigner, staticKeys } from '@paygraph/auth';
import { migrate, migrationsDirectory } from '@paygraph/database';
import {
  createLogger,
  createMetrics,
  databaseEnvironment,
  loadConfig,
  peerEnvironment,
  publishedKeys,
  type RunningService,
  serviceEnvironment,
  tlsFrom,
  tracingFrom,
} from '@paygraph/service';
import { createPeer } from '@paygraph/subgraph';
import { createRiskSubgraph } from './subgraph.ts';

/** Longest time in ms that forex may take: an assessment without rates is still one, and payment waits for it. */
const forexTimeoutMs = 1_000;

const environment = { ...serviceEnvironment, ...databaseEnvironment('risk'), ...peerEnvironment('forex') };

/** Starts the risk subgraph as its environment says. @throws ConfigError, MigrationError, PortInUseError */
export async function startRisk(env: NodeJS.ProcessEnv): Promise<RunningService> {
  const config = loadConfig(environment, env);
  const logger = createLogger({ service: 'risk', level: config.LOG_LEVEL });
  const tls = tlsFrom(config, logger);
  const migrationUrl = config.RISK_MIGRATION_URL;
  if (migrationUrl) await migrate({ migrationUrl, directory: migrationsDirectory('risk'), logger });
  const token = createServiceTokenSigner({ service: 'risk', key: config.SERVICE_KEY_FILE });
  const subgraph = await createRiskSubgraph({
    databaseUrl: config.RISK_DATABASE_URL,
    authenticate: createAuthenticator({
      accessTokenKeys: publishedKeys(config, tls),
      serviceTokenKeys: staticKeys(config.SERVICE_JWKS_FILE),
      audience: 'risk',
      acceptedScopes: { payment: ['risk:assess'] },
    }),
    logger,
    tls,
    metrics: createMetrics({ service: 'risk', host: config.HOST, port: config.METRICS_PORT, tls }),
    tracing: await tracingFrom(config, { service: 'risk' }),
    verifyProof: createProofVerifier({ service: 'risk', key: config.SERVICE_KEY_FILE, jwks: config.SERVICE_JWKS_FILE }),
    forex: createPeer({
      ...{ name: 'forex', url: config.FOREX_URL, token: () => token('forex', []), logger, tls },
      timeoutMs: forexTimeoutMs,
    }),
  });
  const url = await subgraph.listen({ host: config.HOST, port: config.PORT });
  return { url, stop: () => subgraph.stop() };
}
