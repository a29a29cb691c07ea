import { type buildConnector, type Dispatcher, Pool } from 'undici';

export interface Posting {
  /** Longest time in ms from now to the last byte of the answer. */
  readonly timeoutMs: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Called once: with the value that the answer's JSON stands for, or with why there is none. */
  readonly answered: (error: Error | undefined, value: unknown) => void;
}

/** How it connects, as undici has it. */
type Connect = buildConnector.BuildOptions | buildConnector.connector;

export interface Poster {
  post(body: string, posting: Posting): void;
  close(): Promise<void>;
}

/** Largest answer in bytes. */
const MAX_ANSWER = 32 * 1024 * 1024;
const CONNECTIONS = 128;
/** Time in ms that an idle connection is kept, unless the subgraph has said that it closes it sooner. */
const KEEP_ALIVE = 60_000;

/**
 * Posts JSON to one address and reads JSON, over connections that are kept and carry one request at a time. It speaks to
 * undici's dispatcher directly: streams, promises and abort signals would cost more than the rest of a small request.
 */
export function createPoster(url: URL, connect: Connect): Poster {
  const path = `${url.pathname}${url.search}`;
  const pool = new Pool(url.origin, {
    connections: CONNECTIONS,
    pipelining: 1,
    keepAliveTimeout: KEEP_ALIVE,
    connect,
    maxResponseSize: MAX_ANSWER,
    // The deadline below is for all of it.
    headersTimeout: 0,
    bodyTimeout: 0,
  });
  return {
    post(body, posting) {
      pool.dispatch({ method: 'POST', path, body, headers: posting.headers }, new Exchange(posting));
    },
    close: () => pool.destroy(),
  };
}

/**
 * One request and its answer. A class, because there is one for each: the loader that runs TypeScript gives names to inner
 * functions, which would cost more than calling them.
 */
class Exchange implements Dispatcher.DispatchHandler {
  readonly #posting: Posting;
  readonly #deadline: NodeJS.Timeout;
  #controller: Dispatcher.DispatchController | undefined;
  #status = 0;
  #isOver = false;
  #first: Buffer | undefined;
  #more: Buffer[] | undefined;

  constructor(posting: Posting) {
    this.#posting = posting;
    this.#deadline = setTimeout(giveUp, posting.timeoutMs, this);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#isOver) controller.abort(new Error('too late'));
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number): void {
    this.#status = status;
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (!this.#first) this.#first = chunk;
    else if (this.#more) this.#more.push(chunk);
    else this.#more = [chunk];
  }

  onResponseEnd(): void {
    const value = parsed(this.#text());
    if (value === undefined) this.#end(new Error(`answered ${this.#status} without JSON`), undefined);
    else this.#end(undefined, value);
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#end(error, undefined);
  }

  giveUp(): void {
    const late = new Error(`no answer in ${this.#posting.timeoutMs} ms`);
    this.#end(late, undefined);
    this.#controller?.abort(late);
  }

  #text(): string {
    if (!this.#first) return '';
    return this.#more ? Buffer.concat([this.#first, ...this.#more]).toString() : this.#first.toString();
  }

  #end(error: Error | undefined, value: unknown): void {
    if (this.#isOver) return;
    this.#isOver = true;
    clearTimeout(this.#deadline);
    this.#posting.answered(error, value);
  }
}

function giveUp(exchange: Exchange): void {
  exchange.giveUp();
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
