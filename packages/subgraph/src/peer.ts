import type { TypedDocumentNode } from '@graphql-typed-document-node/core';
import { connectorTo, type Dependencies, type Logger, optional, type Tls } from '@paygraph/service';
import { traced } from '@paygraph/tracing';
import { type DocumentNode, getOperationAST, print } from 'graphql';
import { Pool } from 'undici';

/**
 * A call to a peer that gave no data. `retryable`: the outcome is unknown (not reached, timed out, overloaded, failed
 * inside), so the caller repeats with the same ids; otherwise the peer understood and refused.
 */
export class PeerError extends Error {
  override readonly name = 'PeerError';
  readonly peer: string;
  readonly retryable: boolean;
  /** The peer's own `extensions.code`, when it answered in GraphQL. */
  readonly code: string | undefined;

  constructor(peer: string, message: string, details: { retryable: boolean; code?: string; cause?: unknown }) {
    super(`${peer}: ${message}`, { cause: details.cause });
    this.peer = peer;
    this.retryable = details.retryable;
    this.code = details.code;
  }
}

export interface PeerOptions {
  readonly name: string;
  /** Its GraphQL address, such as `http://ledger:4000/graphql`. */
  readonly url: string;
  /** Gives a service token made out to the peer. */
  readonly token: () => string;
  readonly logger: Logger;
  readonly tls?: Tls | undefined;
  /** Longest time in ms from the call to the last byte of the answer. */
  readonly timeoutMs?: number;
  readonly connections?: number;
}

export interface Peer {
  /** One request, never repeated here: commands are idempotent, and their callers know when to repeat. @throws PeerError */
  request<Data, Variables>(
    document: TypedDocumentNode<Data, Variables>,
    variables: Variables,
    options?: { readonly requestId?: string | undefined },
  ): Promise<Data>;
  /** Rejects when it does not answer; whether it can do its work is its own to say. */
  ready(): Promise<void>;
  close(): Promise<void>;
}

/** Largest answer in bytes that is read. */
const maxResponseSize = 8 * 1024 * 1024;

/** Codes that say that the peer, not the request, was at fault. */
const codesOfFaults = new Set(['INTERNAL_SERVER_ERROR', 'SERVICE_UNAVAILABLE', 'RATE_LIMITED', 'OVERLOADED']);

/** Peers as dependencies of `/health/ready`: what needs one that is away waits, and the rest goes on. */
export function dependenciesOn(peers: Readonly<Record<string, Pick<Peer, 'ready'>>>): Dependencies {
  return Object.fromEntries(Object.entries(peers).map(([name, peer]) => [name, optional(() => peer.ready())]));
}

/** Texts of documents: each is a constant of a program, so there are few. */
const texts = new WeakMap<object, string>();

function textOf(document: DocumentNode): string {
  const known = texts.get(document);
  if (known !== undefined) return known;
  const text = print(document);
  texts.set(document, text);
  return text;
}

export function createPeer(options: PeerOptions): Peer {
  const { name, url, token, logger, tls, timeoutMs = 5_000, connections = 16 } = options;
  const { origin, pathname, search } = new URL(url);
  const pool = new Pool(origin, { connections, connect: connectorTo(name, { url, tls, timeoutMs }), maxResponseSize });

  const send = async (body: string, requestId: string | undefined, traceparent: string | undefined) => {
    // In place of `AbortSignal.timeout`, whose timer and error come also after an answer.
    const patience = new AbortController();
    const timer = setTimeout(() => patience.abort(), timeoutMs);
    try {
      const { statusCode, body: answer } = await pool.request({
        method: 'POST',
        path: `${pathname}${search}`,
        headers: {
          'content-type': 'application/json',
          accept: 'application/json',
          authorization: `Bearer ${token()}`,
          ...(requestId !== undefined && { 'x-request-id': requestId }),
          ...(traceparent !== undefined && { traceparent }),
        },
        body,
        signal: patience.signal,
      });
      return { status: statusCode, text: await answer.text() };
    } catch (cause) {
      throw new PeerError(name, 'does not answer', { retryable: true, cause });
    } finally {
      clearTimeout(timer);
    }
  };

  return {
    async request<Data, Variables>(
      document: TypedDocumentNode<Data, Variables>,
      variables: Variables,
      { requestId }: { readonly requestId?: string | undefined } = {},
    ) {
      const body = JSON.stringify({ query: textOf(document), variables });
      const operation = getOperationAST(document)?.name?.value ?? 'anonymous';
      const attributes = { 'peer.service': name, 'graphql.operation.name': operation };
      try {
        return await traced(`${name} ${operation}`, { kind: 'client', attributes }, async (span) => {
          const { status, text } = await send(body, requestId, span?.traceparent);
          return dataIn<Data>(name, status, text);
        });
      } catch (error) {
        logger.warn({ err: error, peer: name, requestId }, 'a call to a peer failed');
        throw error;
      }
    },
    async ready() {
      const { statusCode, body } = await pool.request({
        method: 'GET',
        path: '/health/live',
        signal: AbortSignal.timeout(timeoutMs),
      });
      await body.dump();
      if (statusCode !== 200) throw new Error(`${name} answers ${statusCode}`);
    },
    close: () => pool.close(),
  };
}

function dataIn<Data>(peer: string, status: number, text: string): Data {
  const answer = answerIn(text);
  const error = answer?.errors?.[0];
  if (error) {
    const code = typeof error.extensions?.code === 'string' ? error.extensions.code : undefined;
    const retryable = status >= 500 || status === 429 || (code !== undefined && codesOfFaults.has(code));
    throw new PeerError(peer, error.message ?? 'refused', { retryable, ...(code !== undefined && { code }) });
  }
  if (status !== 200 || !answer?.data)
    throw new PeerError(peer, `answered ${status}`, { retryable: status === 200 || status === 429 || status >= 500 });
  // The document was checked against the peer's schema when its type was generated: this is the type's only source.
  return answer.data as Data;
}

interface Answer {
  readonly data?: unknown;
  readonly errors?: readonly { readonly message?: string; readonly extensions?: { readonly code?: unknown } }[];
}

function answerIn(text: string): Answer | undefined {
  try {
    const answer: unknown = JSON.parse(text);
    return typeof answer === 'object' && answer !== null ? answer : undefined;
  } catch {
    return undefined;
  }
}
