import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLogger } from '@paygraph/service';
import { startInOneProcess, startPlatform } from '@paygraph/standalone';

export interface DemoPlatform {
  /** The gateway's GraphQL address. */
  readonly url: string;
  /** Where the Playground is, at `/playground`. */
  readonly origin: string;
  stop(): Promise<void>;
}

/** The whole platform with its demo data, on free ports and in a temporary folder. */
export async function startDemo(): Promise<DemoPlatform> {
  const directory = await mkdtemp(join(tmpdir(), 'paygraph-browser-'));
  // PostgreSQL's own user has to enter it.
  await chmod(directory, 0o755);
  const clear = () => rm(directory, { recursive: true, force: true });
  try {
    const { url, stop } = await startPlatform({
      directory,
      logger: createLogger({ service: 'platform', level: 'error' }),
      logLevel: 'error',
      settings: {},
      start: (installation) => startInOneProcess(installation, 0),
    });
    return { url, origin: new URL(url).origin, stop: () => stop().finally(clear) };
  } catch (error) {
    await clear();
    throw error;
  }
}
