import type { Logger } from '@paygraph/service';
import type { Observation } from '../rates/observation.ts';
import type { RateSource } from './rate-source.ts';

export interface RefreshOptions {
  readonly source: RateSource;
  /** Stores what was read; answers how much of it was new. */
  readonly record: (source: string, observations: readonly Observation[]) => Promise<number>;
  readonly logger: Logger;
  /** Time in ms from one reading to the next. */
  readonly everyMs: number;
  /** Time in ms to the next reading after one that failed. */
  readonly retryMs: number;
}

/** Reads a source again and again, first at once, one reading at a time. Ends with the returned function. */
export function refreshRegularly({ source, record, logger, everyMs, retryMs }: RefreshOptions): () => Promise<void> {
  const ending = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  let reading = Promise.resolve();

  const refresh = async (): Promise<void> => {
    const again = await readOnce();
    if (!ending.signal.aborted) timer = setTimeout(begin, again);
  };
  const readOnce = async (): Promise<number> => {
    try {
      const added = await record(source.name, await source.read(ending.signal));
      logger.info({ source: source.name, added }, 'rates refreshed');
      return everyMs;
    } catch (error) {
      if (!ending.signal.aborted) logger.warn({ err: error, source: source.name }, 'rates could not be refreshed');
      return retryMs;
    }
  };
  const begin = (): void => {
    reading = refresh();
  };

  begin();
  return async () => {
    ending.abort();
    clearTimeout(timer);
    await reading;
  };
}
