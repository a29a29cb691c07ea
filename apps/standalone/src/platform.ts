import { join } from 'node:path';
import { ensureKeys } from '@paygraph/auth';
import { startEmbeddedPostgres } from '@paygraph/database/embedded';
import { type Logger, OperatorError } from '@paygraph/service';
import { enterDemoPeople, furnishDemoPeople, isSeeded } from './seed/seed.ts';
import { type Installation, keyHolders } from './services/environment.ts';
import type { Services } from './services/services.ts';

export interface PlatformOptions {
  /** Where the database, keys and marks of this installation are kept. */
  readonly directory: string;
  readonly logger: Logger;
  readonly logLevel: string;
  readonly redisUrl?: string | undefined;
  /** Where the gateway serves its metrics; the subgraphs take the ports after it. None are served if left out. */
  readonly metricsPort?: number | undefined;
  /** What `npm run certificates` has made; services talk over TLS then. */
  readonly tlsDirectory?: string | undefined;
  /** Further variables of services, such as `FOREX_SPREADS`. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Starts the services: all in this process, or each in its own. */
  readonly start: (installation: Installation) => Promise<Services>;
}

/** The whole platform: embedded PostgreSQL, keys, every service, demo data. `stop` ends all of it, PostgreSQL last. */
export async function startPlatform({
  directory,
  logger,
  logLevel,
  redisUrl,
  metricsPort,
  tlsDirectory,
  settings,
  start,
}: PlatformOptions): Promise<Services> {
  const postgres = await startEmbeddedPostgres({ directory, logger });
  let services: Services | undefined;
  let stopping = false;
  const stop = async () => {
    stopping = true;
    try {
      await services?.stop();
    } finally {
      await postgres.stop();
    }
  };
  void postgres.exited.then(() => {
    if (!stopping) throw new OperatorError('PostgreSQL has ended by itself; its log is above. Stopping the rest.');
  });
  try {
    const keys = await ensureKeys({ directory: join(directory, 'keys'), services: keyHolders });
    const databases = (name: Parameters<typeof postgres.databaseUrl>[0]) => ({
      databaseUrl: postgres.databaseUrl(name),
      migrationUrl: postgres.migrationUrl(name),
    });
    const seeded = isSeeded(directory);
    // People come before the gateway: whoever finds it ready can log in.
    if (!seeded) await enterDemoPeople(databases('profile'), logger);
    const sandboxJournal = join(directory, 'rails-sandbox.jsonl');
    services = await start({
      ...{ databases, keys, redisUrl, metricsPort, tlsDirectory, logLevel, sandboxJournal },
      ...(settings && { settings }),
    });
    if (!seeded) await furnishDemoPeople({ directory, url: services.url });
    return { ...services, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
