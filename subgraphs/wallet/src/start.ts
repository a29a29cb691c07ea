import { createProofVerifier, createServiceTokenSigner, type ServiceScope, staticKeys } from '@paygraph/auth';
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
import { createWalletSubgraph } from './subgraph.ts';

const environment = {
  ...serviceEnvironment,
  ...databaseEnvironment('wallet'),
  ...peerEnvironment('ledger', 'profile', 'payment'),
};

/** What wallet asks of each peer. */
const scopes = {
  ledger: ['ledger:account'],
  profile: ['profile:resolve'],
  payment: ['payment:resolve'],
} as const satisfies Record<string, readonly ServiceScope[]>;

/** Starts the wallet subgraph as its environment says. @throws ConfigError, MigrationError, PortInUseError */
export async function startWallet(env: NodeJS.ProcessEnv): Promise<RunningService> {
  const config = loadConfig(environment, env);
  const logger = createLogger({ service: 'wallet', level: config.LOG_LEVEL });
  const tls = tlsFrom(config, logger);
  const migrationUrl = config.WALLET_MIGRATION_URL;
  if (migrationUrl !== undefined) await migrate({ migrationUrl, directory: migrationsDirectory('wallet'), logger });
  const sign = createServiceTokenSigner({ service: 'wallet', key: config.SERVICE_KEY_FILE });
  const peer = (name: keyof typeof scopes, url: string) =>
    createPeer({ name, url, token: () => sign(name, scopes[name]), logger, tls });
  const subgraph = createWalletSubgraph({
    databaseUrl: config.WALLET_DATABASE_URL,
    accessTokenKeys: publishedKeys(config, tls),
    serviceTokenKeys: staticKeys(config.SERVICE_JWKS_FILE),
    ledger: peer('ledger', config.LEDGER_URL),
    profile: peer('profile', config.PROFILE_URL),
    payment: peer('payment', config.PAYMENT_URL),
    logger,
    tls,
    metrics: createMetrics({ service: 'wallet', host: config.HOST, port: config.METRICS_PORT, tls }),
    tracing: await tracingFrom(config, { service: 'wallet' }),
    verifyProof: createProofVerifier({
      service: 'wallet',
      key: config.SERVICE_KEY_FILE,
      jwks: config.SERVICE_JWKS_FILE,
    }),
  });
  const url = await subgraph.listen({ host: config.HOST, port: config.PORT });
  return { url, stop: () => subgraph.stop() };
}
