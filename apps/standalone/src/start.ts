import { resolve } from 'node:path';
import { createLogger, loadConfig, serverEnvironment } from '@paygraph/service';
import { z } from 'zod';
import { startPlatform } from './platform.ts';
import { type Installation, settingsIn } from './services/environment.ts';
import type { Services } from './services/services.ts';

const environment = {
  PORT: serverEnvironment.PORT,
  LOG_LEVEL: serverEnvironment.LOG_LEVEL.default('warn'),
  METRICS_PORT: serverEnvironment.METRICS_PORT,
  REDIS_URL: serverEnvironment.REDIS_URL,
  TLS_DIRECTORY: serverEnvironment.TLS_DIRECTORY,
  /** Where data, keys and marks are kept. */
  PAYGRAPH_DIRECTORY: z.string().default('.paygraph'),
};

type Config = { readonly PORT: number };

/** Starts the platform as the environment says; `start` decides in how many processes. @throws ConfigError */
export function startFromEnvironment(
  env: NodeJS.ProcessEnv,
  start: (config: Config, installation: Installation) => Promise<Services>,
): Promise<Services> {
  const config = loadConfig(environment, env);
  const { LOG_LEVEL: logLevel, METRICS_PORT: metricsPort, REDIS_URL: redisUrl } = config;
  return startPlatform({
    directory: resolve(config.PAYGRAPH_DIRECTORY),
    logger: createLogger({ service: 'standalone', level: logLevel }),
    logLevel,
    redisUrl,
    metricsPort,
    tlsDirectory: config.TLS_DIRECTORY && resolve(config.TLS_DIRECTORY),
    settings: settingsIn(env),
    start: (installation) => start(config, installation),
  });
}
