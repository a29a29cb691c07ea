import { createHash } from 'node:crypto';
import { connect, until, watch } from '@paygraph/gateway/testing';
import type { FormattedExecutionResult } from 'graphql';

export interface Asked {
  readonly query: string;
  readonly variables?: Record<string, unknown>;
  readonly operationName?: string;
  readonly extensions?: Record<string, unknown>;
  readonly authorization?: string | undefined;
}

export type Result = FormattedExecutionResult<Record<string, unknown>>;

/** A way that operations come by. */
export interface Way {
  readonly name: string;
  /** The first, or only, result of an operation. */
  ask(url: string, asked: Asked): Promise<Result>;
}

const headersOf = ({ authorization }: Asked, accept = 'application/json'): Record<string, string> => ({
  accept,
  'content-type': 'application/json',
  ...(authorization !== undefined && { authorization }),
});

async function post(url: string, asked: Asked, body: unknown, accept?: string): Promise<string> {
  const response = await fetch(url, { method: 'POST', headers: headersOf(asked, accept), body: JSON.stringify(body) });
  return response.text();
}

const requestOf = ({ authorization: _authorization, ...request }: Asked) => request;

/** A client that knows its operations by their hashes, and sends a text when it is asked for it. */
async function persisted(url: string, asked: Asked): Promise<Result> {
  const { query, ...request } = requestOf(asked);
  const persistedQuery = { version: 1, sha256Hash: createHash('sha256').update(query).digest('hex') };
  const first = JSON.parse(await post(url, asked, { ...request, extensions: { persistedQuery } }));
  if (first.errors?.[0]?.extensions?.code !== 'PERSISTED_QUERY_NOT_FOUND') return first;
  return JSON.parse(await post(url, asked, { ...request, query, extensions: { persistedQuery } }));
}

async function byGet(url: string, asked: Asked): Promise<Result> {
  const parameters = new URLSearchParams({ query: asked.query });
  if (asked.variables) parameters.set('variables', JSON.stringify(asked.variables));
  if (asked.operationName !== undefined) parameters.set('operationName', asked.operationName);
  return (await fetch(`${url}?${parameters}`, { headers: headersOf(asked) })).json() as Promise<Result>;
}

async function overWebSocket(url: string, { authorization, ...operation }: Asked): Promise<Result> {
  const client = connect(url.replace('http', 'ws'), authorization);
  const { results, end } = watch(client, operation);
  try {
    return await until(() => {
      const ended = end();
      if (typeof ended === 'object') return { errors: ended.failed } as Result;
      const [first] = results;
      if (!first) throw new Error('There is no result yet');
      return first;
    });
  } finally {
    await client.dispose();
  }
}

const streamed = (accept: string, answer: RegExp, unwrap: (part: Record<string, unknown>) => unknown) => ({
  async ask(url: string, asked: Asked): Promise<Result> {
    const text = await post(url, asked, requestOf(asked), accept);
    const part = text.startsWith('{') ? text : answer.exec(text)?.[1];
    if (part === undefined) throw new Error(`There is no answer in ${text}`);
    return (text.startsWith('{') ? JSON.parse(part) : unwrap(JSON.parse(part))) as Result;
  },
});

const streams: readonly Way[] = [
  { name: 'Server-Sent Events', ...streamed('text/event-stream', /^data: (\{.*\})$/m, (part) => part) },
  {
    name: 'multipart',
    ...streamed('multipart/mixed;subscriptionSpec=1.0, application/json', /(\{"payload".*\})/, (part) => part.payload),
  },
];

/** Those that carry subscriptions too. They take signed-in callers for it. */
export const subscribing: readonly Way[] = [{ name: 'WebSocket', ask: overWebSocket }, ...streams];

/** All of them, for queries and mutations. */
export const writing: readonly Way[] = [
  { name: 'POST', ask: async (url, asked) => JSON.parse(await post(url, asked, requestOf(asked))) },
  { name: 'a batch', ask: async (url, asked) => JSON.parse(await post(url, asked, [requestOf(asked)]))[0] },
  { name: 'a persisted query', ask: persisted },
  ...subscribing,
];

/** All of them, for queries. */
export const reading: readonly Way[] = [{ name: 'GET', ask: byGet }, ...writing];

/** The codes of a result's errors. */
export function codesIn({ errors = [] }: Result): unknown[] {
  return errors.map(({ extensions }) => extensions?.code);
}
