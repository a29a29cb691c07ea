import { AsyncLocalStorage } from 'node:async_hooks';

/** Names as in OpenTelemetry's semantic conventions. Never what a person wrote, nor an amount. */
export type Attributes = Readonly<Record<string, string | number | boolean>>;

export interface SpanOptions {
  readonly kind?: 'server' | 'client' | 'producer' | 'consumer';
  readonly attributes?: Attributes;
  /** The `traceparent`s of spans elsewhere that this one has to do with. */
  readonly links?: readonly string[];
}

/** A piece of work in a trace, from its beginning to its `end`. */
export interface Span {
  /** What W3C Trace Context sends on: whoever gets it can begin spans below this one. */
  readonly traceparent: string;
  /** False in a trace that was not chosen to be kept: nothing of it is sent. */
  readonly recording: boolean;
  begin(name: string, options?: SpanOptions): Span;
  set(attributes: Attributes): void;
  /** Marks it as failed, with the kind of the error but not its message, which may quote what somebody wrote. */
  fail(error: unknown): void;
  end(): void;
}

/** What one service instance traces. Each has its own, so that several in one process do not mix. */
export interface Tracing {
  /** Begins a span below the one that a `traceparent` names, or the first of a new trace when there is none or it is wrong. */
  begin(name: string, options?: SpanOptions & { readonly parent?: string | undefined }): Span;
  /** Sends what is still to be sent. */
  close(): Promise<void>;
}

const spans = new AsyncLocalStorage<Span>();

/** The span that the running code works for, if it is traced. */
export function currentSpan(): Span | undefined {
  return spans.getStore();
}

/** Runs something, with all it calls and awaits, for a span, which goes on after it. */
export function within<Result>(span: Span | undefined, run: () => Result): Result {
  return span ? spans.run(span, run) : run();
}

/** Runs something in a span of its own below the current one; without one, just runs it. */
export async function traced<Result>(
  name: string,
  options: SpanOptions,
  run: (span: Span | undefined) => PromiseLike<Result> | Result,
): Promise<Result> {
  const span = currentSpan()?.begin(name, options);
  if (!span) return run(undefined);
  try {
    return await spans.run(span, run, span);
  } catch (error) {
    span.fail(error);
    throw error;
  } finally {
    span.end();
  }
}
