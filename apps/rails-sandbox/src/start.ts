import { currencyOf, type Money } from '@paygraph/money';
import {
  createLogger,
  listen,
  loadConfig,
  type RunningService,
  serverEnvironment,
  systemClock,
  tlsFrom,
} from '@paygraph/service';
import { z } from 'zod';
import { createRailsSandbox, type RailsSandbox } from './sandbox.ts';

const environment = {
  HOST: serverEnvironment.HOST,
  PORT: serverEnvironment.PORT,
  LOG_LEVEL: serverEnvironment.LOG_LEVEL,
  TLS_DIRECTORY: serverEnvironment.TLS_DIRECTORY,
  /** Where payment takes callbacks: `http://…/webhooks/rails`. */
  RAILS_SANDBOX_CALLBACK_URL: z
    .url({ protocol: /^https?$/, error: 'must be an http:// or https:// address' })
    .optional(),
  /** The file in which the books outlive the process; without it they are new with every start. */
  RAILS_SANDBOX_JOURNAL: z.string().optional(),
  RAILS_SANDBOX_SEED: z
    .string()
    .regex(/^\d{1,9}$/, 'must be a number')
    .transform(Number)
    .default(1),
};

/** What every rail holds of us at first: a million of each currency that it keeps. */
const floats: readonly Money[] = ['GHS', 'EUR', 'USD', 'GBP'].map((code) => ({
  amount: 100_000_000n,
  currency: currencyOf(code),
}));

export interface RunningSandbox extends RunningService {
  readonly sandbox: RailsSandbox;
}

/** Starts the sandbox as its environment says. @throws ConfigError, PortInUseError */
export async function startRailsSandbox(env: NodeJS.ProcessEnv): Promise<RunningSandbox> {
  const config = loadConfig(environment, env);
  const logger = createLogger({ service: 'rails-sandbox', level: config.LOG_LEVEL });
  const sandbox = createRailsSandbox({
    logger,
    tls: tlsFrom(config, logger),
    clock: systemClock,
    seed: config.RAILS_SANDBOX_SEED,
    callbackUrl: config.RAILS_SANDBOX_CALLBACK_URL,
    journalFile: config.RAILS_SANDBOX_JOURNAL,
    floats,
  });
  const url = await listen(sandbox.app, { host: config.HOST, port: config.PORT });
  return { url, sandbox, stop: sandbox.stop };
}
