import { type buildConnector, type Dispatcher, Pool } from 'undici';

/** Who posted something, and is told what became of it. */
export interface PostListener {
  /** The first byte is about to leave: from here on the request may be acted on. Not called when it never does. */
  sent(): void;
  /** Called once, unless `failed` is: with the last byte of the answer. */
  answered(status: number, text: string): void;
  /** Called once, unless `answered` is. Neither is called any more when it was aborted. */
  failed(error: Error): void;
}

/** One request on its way. */
export interface Exchange {
  /** Gives it up. What has been sent may be acted on all the same. */
  abort(): void;
}

/** How it connects, as undici has it. */
type Connect = buildConnector.BuildOptions | buildConnector.connector;

export interface Poster {
  post(body: string, headers: Readonly<Record<string, string>>, listener: PostListener): Exchange;
  close(): Promise<void>;
}

/** Largest answer in bytes. */
const MAX_ANSWER = 32 * 1024 * 1024;
/** Time in ms that an idle connection is kept, unless the subgraph has said that it closes it sooner. */
const KEEP_ALIVE = 60_000;

/**
 * Posts to one address, over connections that are kept and carry one request at a time. It speaks to undici's dispatcher
 * directly: streams, promises and abort signals would cost more than the rest of a small request. How long an answer may
 * take is the caller's business.
 */
export function createPoster(url: URL, connections: number, connect: Connect): Poster {
  const path = `${url.pathname}${url.search}`;
  const pool = new Pool(url.origin, {
    connections,
    pipelining: 1,
    keepAliveTimeout: KEEP_ALIVE,
    connect,
    maxResponseSize: MAX_ANSWER,
    headersTimeout: 0,
    bodyTimeout: 0,
  });
  return {
    post(body, headers, listener) {
      const exchange = new Handler(listener);
      pool.dispatch({ method: 'POST', path, body, headers }, exchange);
      return exchange;
    },
    close: () => pool.destroy(),
  };
}

/**
 * One request and its answer. A class, because there is one for each: the loader that runs TypeScript gives names to inner
 * functions, which would cost more than calling them.
 */
class Handler implements Dispatcher.DispatchHandler, Exchange {
  readonly #listener: PostListener;
  #controller: Dispatcher.DispatchController | undefined;
  #status = 0;
  #isOver = false;
  #first: Buffer | undefined;
  #more: Buffer[] | undefined;

  constructor(listener: PostListener) {
    this.#listener = listener;
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#isOver) controller.abort(new Error('given up'));
    else this.#listener.sent();
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
    if (this.#isOver) return;
    this.#isOver = true;
    this.#listener.answered(this.#status, this.#text());
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#listener.failed(error);
  }

  abort(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#controller?.abort(new Error('given up'));
  }

  #text(): string {
    if (!this.#first) return '';
    return this.#more ? Buffer.concat([this.#first, ...this.#more]).toString() : this.#first.toString();
  }
}
