import type { FastifyBaseLogger } from 'fastify';
import type { Bindings, ChildLoggerOptions } from 'pino';

/**
 * The logger of a request, made of its parent when it first logs: most requests say nothing, and a logger that knows what it
 * must not tell costs more to make than the rest of handling them. A class, because every request has one.
 */
export class RequestLogger implements FastifyBaseLogger {
  readonly #parent: FastifyBaseLogger;
  readonly #bindings: () => Bindings;
  readonly #options: ChildLoggerOptions;
  #own: FastifyBaseLogger | undefined;

  /** @param bindings what it writes with every line */
  constructor(parent: FastifyBaseLogger, bindings: () => Bindings, options: ChildLoggerOptions = {}) {
    this.#parent = parent;
    this.#bindings = bindings;
    this.#options = options;
  }

  get level(): string {
    return this.#parent.level;
  }

  silent(): void {}

  child(...given: Parameters<FastifyBaseLogger['child']>): FastifyBaseLogger {
    return this.#logger.child(...given);
  }

  fatal(...given: unknown[]): void {
    Reflect.apply(this.#logger.fatal, this.#logger, given);
  }

  error(...given: unknown[]): void {
    Reflect.apply(this.#logger.error, this.#logger, given);
  }

  warn(...given: unknown[]): void {
    Reflect.apply(this.#logger.warn, this.#logger, given);
  }

  info(...given: unknown[]): void {
    Reflect.apply(this.#logger.info, this.#logger, given);
  }

  debug(...given: unknown[]): void {
    Reflect.apply(this.#logger.debug, this.#logger, given);
  }

  trace(...given: unknown[]): void {
    Reflect.apply(this.#logger.trace, this.#logger, given);
  }

  get #logger(): FastifyBaseLogger {
    this.#own ??= this.#parent.child(this.#bindings(), this.#options);
    return this.#own;
  }
}
