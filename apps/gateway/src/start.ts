import { createAuthenticator, createProver, isServiceName, serviceNames } from '@paygraph/auth';
import {
  createLogger,
  createMetrics,
  loadConfig,
  publishedKeys,
  type RunningService,
  serviceEnvironment,
  tlsFrom,
  tracingFrom,
} from '@paygraph/service';
import { readManifests } from '@paygraph/supergraph/manifest';
import {
  callsIn,
  committedSupergraph,
  gatewayEnvironment,
  protectionIn,
  rateLimitsIn,
  responseCacheIn,
} from './environment.ts';
import { createGateway } from './gateway.ts';
import { watchSupergraph } from './watch-supergraph.ts';

/** `<NAME>_URL`: where a subgraph is, in place of the supergraph's routing URL. */
const subgraphAddresses = Object.fromEntries(
  serviceNames.map((name) => [`${name.toUpperCase()}_URL`, serviceEnvironment.ACCESS_TOKEN_JWKS_URL.optional()]),
);

/**
 * Starts the gateway as the environment says.
 *
 * @throws ConfigError naming every variable that is missing or wrong
 * @throws PortInUseError
 */
export async function startGateway(env: NodeJS.ProcessEnv = process.env): Promise<RunningService> {
  const config = loadConfig(gatewayEnvironment, env);
  const addresses = loadConfig(subgraphAddresses, env);
  const logger = createLogger({ service: 'gateway', level: config.LOG_LEVEL });
  const tls = tlsFrom(config, logger);
  const known = await readManifests(config.OPERATIONS_DIRECTORY);
  const proofKeys = { key: config.SERVICE_KEY_FILE, jwks: config.SERVICE_JWKS_FILE };
  const gateway = createGateway({
    supergraphSdl: config.SUPERGRAPH_FILE,
    subgraphUrls: Object.fromEntries(
      serviceNames.flatMap((name) => {
        const address = addresses[`${name.toUpperCase()}_URL`];
        return address === undefined ? [] : [[name, address]];
      }),
    ),
    authenticate: createAuthenticator({
      accessTokenKeys: publishedKeys(config, tls),
      audience: 'gateway',
      acceptedScopes: {},
    }),
    logger,
    tls,
    metrics: createMetrics({ service: 'gateway', host: config.HOST, port: config.METRICS_PORT, tls }),
    tracing: await tracingFrom(config, { service: 'gateway', edge: true }),
    registered: known,
    ...(config.CORS_ORIGINS && { corsOrigins: config.CORS_ORIGINS }),
    protection: { ...protectionIn(config), listed: { operations: known, only: config.OPERATIONS === 'listed' } },
    rateLimits: rateLimitsIn(config),
    responseCache: responseCacheIn(config),
    subgraphCalls: callsIn(config),
    proverFor: (name) => (isServiceName(name) ? createProver({ ...proofKeys, service: name }) : undefined),
    ...(config.TRUSTED_PROXIES && { trustedProxies: config.TRUSTED_PROXIES }),
    subscriptions: { total: config.MAX_SUBSCRIPTIONS, perPrincipal: config.MAX_SUBSCRIPTIONS_PER_CALLER },
    sockets: { total: config.MAX_SOCKETS, perPrincipal: config.MAX_SOCKETS_PER_CALLER },
    newSocketsPerNetwork: config.MAX_NEW_SOCKETS_PER_NETWORK,
  });
  const url = await gateway.listen({ host: config.HOST, port: config.PORT });
  const unwatch = watchSupergraph({ path: env.SUPERGRAPH_FILE || committedSupergraph, gateway, logger });
  logger.info({ url }, 'gateway is ready');
  return {
    url,
    async stop() {
      unwatch();
      await gateway.stop();
    },
  };
}
