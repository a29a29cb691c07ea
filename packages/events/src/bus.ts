export type Listener = (message: string) => void;

/**
 * Carries hints between processes: "there is something new to read". A hint may be lost, doubled or late, so nothing may
 * depend on it but speed: the truth stands in a table, and who listens also looks there now and then.
 */
export interface EventBus {
  /** Never rejects: a hint that cannot be sent is logged and lost. */
  publish(topic: string, message: string): Promise<void>;
  /**
   * Resolves once messages will arrive, so that what is read afterwards misses nothing. The function it gives ends the
   * subscription; calling it again does nothing. A listener that throws harms no other.
   * @throws when the bus is closed or cannot be reached
   */
  subscribe(topic: string, listener: Listener): Promise<() => Promise<void>>;
  /** Rejects while what carries the hints is away; absent when nothing does. */
  readonly ready?: () => Promise<void>;
  close(): Promise<void>;
}

/** What a bus reports its troubles to; a pino logger is one. */
export interface BusLogger {
  warn(details: object, message: string): void;
}

export class BusClosedError extends Error {
  override readonly name = 'BusClosedError';
}
