import { fileURLToPath } from 'node:url';
import { createAuthenticator, remoteKeys, serviceNames } from '@paygraph/auth';
import {
  createLogger,
  createMetrics,
  fileVariable,
  loadConfig,
  type RunningService,
  serverEnvironment,
  serviceEnvironment,
} from '@paygraph/service';
import { z } from 'zod';
import { createGateway } from './gateway.ts';
import { watchSupergraph } from './watch-supergraph.ts';

const committedSupergraph = fileURLToPath(new URL('../../../supergraph.graphql', import.meta.url));

const origins = z
  .string()
  .transform((list) => list.split(',').map((origin) => origin.trim()))
  .pipe(z.array(z.url({ protocol: /^https?$/, error: 'must be web origins, separated by commas' })));

const count = z
  .string()
  .regex(/^[1-9]\d{0,8}$/, 'must be a whole number above 0')
  .transform(Number);

const environment = {
  ...serverEnvironment,
  ACCESS_TOKEN_JWKS_URL: serviceEnvironment.ACCESS_TOKEN_JWKS_URL,
  /** The composed supergraph, watched for changes; the committed one if left out. */
  SUPERGRAPH_FILE: fileVariable((text) => text).prefault(committedSupergraph),
  /** Origins of web pages that browsers may let call the gateway, separated by commas. */
  CORS_ORIGINS: origins.optional(),
  /** Subscriptions that may be open at once, over whatever transport, in all and of one caller. */
  MAX_SUBSCRIPTIONS: count.prefault('20000'),
  MAX_SUBSCRIPTIONS_PER_CALLER: count.prefault('200'),
  /** WebSockets that may be open at once, in all and of one caller. */
  MAX_SOCKETS: count.prefault('20000'),
  MAX_SOCKETS_PER_CALLER: count.prefault('50'),
};

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
  const config = loadConfig(environment, env);
  const addresses = loadConfig(subgraphAddresses, env);
  const logger = createLogger({ service: 'gateway', level: config.LOG_LEVEL });
  const gateway = createGateway({
    supergraphSdl: config.SUPERGRAPH_FILE,
    subgraphUrls: Object.fromEntries(
      serviceNames.flatMap((name) => {
        const address = addresses[`${name.toUpperCase()}_URL`];
        return address === undefined ? [] : [[name, address]];
      }),
    ),
    authenticate: createAuthenticator({
      accessTokenKeys: remoteKeys(config.ACCESS_TOKEN_JWKS_URL),
      audience: 'gateway',
      acceptedScopes: {},
    }),
    logger,
    metrics: createMetrics({ service: 'gateway', host: config.HOST, port: config.METRICS_PORT }),
    ...(config.CORS_ORIGINS && { corsOrigins: config.CORS_ORIGINS }),
    subscriptions: { total: config.MAX_SUBSCRIPTIONS, perPrincipal: config.MAX_SUBSCRIPTIONS_PER_CALLER },
    sockets: { total: config.MAX_SOCKETS, perPrincipal: config.MAX_SOCKETS_PER_CALLER },
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
