import type { Observation } from '../rates/observation.ts';

/** Where rates come from. What it reads is stored under its name, so two adapters of one publisher share a name. */
export interface RateSource {
  readonly name: string;
  /**
   * Everything the source has to say now. Reading again is harmless: what is known already is not stored twice.
   * @throws {RateSourceError} Nothing of an answer is used unless all of it can be.
   */
  read(signal: AbortSignal): Promise<readonly Observation[]>;
}

/**
 * UNREACHABLE: no answer. TIMED_OUT: not the whole answer in time. UNAVAILABLE: an answer that says that there is none.
 * MALFORMED: an answer that is not what was agreed.
 */
export type RateSourceFault = 'UNREACHABLE' | 'TIMED_OUT' | 'UNAVAILABLE' | 'MALFORMED';

/** A source could not be read. The rates known before stay in use until they are stale. */
export class RateSourceError extends Error {
  override readonly name = 'RateSourceError';
  readonly source: string;
  readonly fault: RateSourceFault;

  constructor(source: string, fault: RateSourceFault, message: string, cause?: unknown) {
    super(`${source}: ${message}`, { cause });
    this.source = source;
    this.fault = fault;
  }
}
