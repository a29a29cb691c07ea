import type { FormattedExecutionResult } from 'graphql';
import { type Client, createClient } from 'graphql-ws';
import { WebSocket } from 'ws';

export type Result = FormattedExecutionResult<Record<string, unknown>>;

/** What one subscriber has received so far, and how to leave. */
export interface Watch {
  readonly results: Result[];
  /** How it ended: not yet, by completing, or with what went wrong. */
  readonly end: () => 'open' | 'completed' | { readonly failed: unknown };
  leave(): void;
}

export interface Operation {
  readonly query: string;
  readonly variables?: Record<string, unknown>;
  readonly operationName?: string;
}

/** A client with one socket, which never connects again by itself. */
export function connect(url: string, authorization?: string): Client {
  return createClient({
    url,
    webSocketImpl: WebSocket,
    retryAttempts: 0,
    ...(authorization !== undefined && { connectionParams: { authorization } }),
  });
}

export function watch(client: Client, operation: Operation): Watch {
  const results: Result[] = [];
  let end: ReturnType<Watch['end']> = 'open';
  const leave = client.subscribe<Record<string, unknown>>(operation, {
    next: (result) => results.push(result as Result),
    error: (failed) => {
      end = { failed };
    },
    complete: () => {
      end = 'completed';
    },
  });
  return { results, end: () => end, leave };
}
