import { unwatchFile, watchFile } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { Logger } from '@paygraph/service';
import type { Gateway } from './gateway.ts';

export interface WatchSupergraphOptions {
  readonly path: string;
  readonly gateway: Pick<Gateway, 'reload'>;
  readonly logger: Logger;
  /** Time in ms between looks at the file; 2 s if left out. */
  readonly intervalMs?: number;
}

/**
 * Has the gateway use the supergraph in a file whenever the file has changed. A file that is missing for a moment or that
 * cannot be used changes nothing and is logged. Looks at the file by its name: whatever replaces it, a link among them,
 * is seen. Returns how to stop.
 */
export function watchSupergraph({ path, gateway, logger, intervalMs = 2_000 }: WatchSupergraphOptions): () => void {
  const reload = async (): Promise<void> => {
    try {
      await gateway.reload(await readFile(path, 'utf8'));
      logger.info('the supergraph was loaded anew');
    } catch (error) {
      logger.error({ err: error }, 'the changed supergraph cannot be used: the old one stays');
    }
  };
  const onChange = (): void => void reload();
  watchFile(path, { interval: intervalMs, persistent: false }, onChange);
  return () => unwatchFile(path, onChange);
}
