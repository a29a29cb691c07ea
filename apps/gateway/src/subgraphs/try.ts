import type { Span } from '@paygraph/tracing';
import type { RequestScope } from '../scope.ts';
import { type Payload, readPayload } from './exchange.ts';
import { type Fault, garbage, transportFault } from './faults.ts';
import type { Line } from './line.ts';
import type { Exchange, PostListener } from './post.ts';

/** What a subgraph is asked, and in whose name. */
export interface Asked {
  /** Only what is read may be asked twice. */
  readonly kind: 'query' | 'entities' | 'mutation';
  /** Of the HTTP request: a GraphQL request as JSON. */
  readonly body: string;
  readonly scope: RequestScope;
}

/** A GraphQL answer, and the text that it was read from. */
export interface Reply {
  readonly payload: Payload;
  readonly text: string;
}

export interface TryListener {
  sent(): void;
  /** Called once, but not for a try that was given up. */
  over(attempt: Try, result: Reply | Fault): void;
}

/** One request of a call: with a proof of its own, which is good once, and a span of its own. */
export class Try implements PostListener {
  /** Whether a byte of it has left. */
  isSent = false;
  readonly begunAt = performance.now();
  /** The circuit's, in which it was let through. */
  readonly period: number;
  readonly #listener: TryListener;
  #span: Span | undefined;
  #exchange: Exchange | undefined;

  constructor(listener: TryListener, period: number) {
    this.#listener = listener;
    this.period = period;
  }

  /** Sends it, as what is sent for the `number`th time after the first. */
  send(line: Line, { body, scope }: Asked, number: number): void {
    const headers = headersFor(scope);
    const { authorization, requestId } = scope;
    if (line.prove) headers['x-paygraph-proof'] = line.prove({ authorization, requestId, body });
    this.#span = scope.span?.begin(line.spanName, { kind: 'client', attributes: attributesOf(line, number) });
    if (this.#span) headers.traceparent = this.#span.traceparent;
    this.#exchange = line.poster.post(body, headers, this);
  }

  sent(): void {
    this.isSent = true;
    this.#listener.sent();
  }

  answered(status: number, text: string): void {
    const payload = readPayload(text);
    if (payload) this.#over({ payload, text });
    else this.#fail(garbage(status));
  }

  failed(error: Error): void {
    this.#fail(transportFault(error));
  }

  /** Gives it up; `error` says why when that is a failure. */
  giveUp(error?: Error): void {
    if (error) this.#span?.fail(error);
    this.#span?.end();
    this.#exchange?.abort();
  }

  #fail(fault: Fault): void {
    this.#span?.fail(fault.error);
    this.#over(fault);
  }

  #over(result: Reply | Fault): void {
    this.#span?.end();
    this.#listener.over(this, result);
  }
}

function attributesOf({ name }: Line, number: number) {
  return number === 0 ? { 'peer.service': name } : { 'peer.service': name, 'http.request.resend_count': number };
}

export const CONTENT = { 'content-type': 'application/json', accept: 'application/json' };

function headersFor({ authorization, requestId }: RequestScope): Record<string, string> {
  const [type, accept] = [CONTENT['content-type'], CONTENT.accept];
  if (authorization === undefined) return { 'content-type': type, accept, 'x-request-id': requestId };
  return { 'content-type': type, accept, 'x-request-id': requestId, authorization };
}
