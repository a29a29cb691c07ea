import type { Fetcher } from '@graphiql/toolkit';
import { getOperationAST, type OperationDefinitionNode, parse } from 'graphql';
import type { SubscribePayload } from 'graphql-ws';
import { isRecord, type JsonObject } from './json.ts';
import type { Subscriptions } from './subscriptions.ts';
import { watch } from './watch.ts';

/** Where and how operations are sent. */
export interface FetcherOptions {
  /** The URL that queries and mutations are posted to. */
  readonly url: string;
  readonly subscriptions: Subscriptions;
  /** Told every answer to a query or mutation. */
  readonly onAnswer: (answer: JsonObject) => void;
}

/**
 * Sends subscriptions over WebSocket and everything else as HTTP POST, both with the headers of the headers pane. What goes wrong
 * on the way is answered as a GraphQL error in words, never thrown: the response pane would show a stack trace.
 */
export function createFetcher({ url, subscriptions, onAnswer }: FetcherOptions): Fetcher {
  return async ({ query, operationName, variables }, options) => {
    const headers = headersOf(options?.headers);
    const operation = operationIn(query, operationName);
    const request = { query, operationName: operation?.name?.value ?? operationName, variables };
    if (operation?.operation === 'subscription') return watch(subscriptions.iterate(request, headers));
    const answer = await post(url, request, headers);
    onAnswer(answer);
    return answer;
  };
}

/** Names in lower case: the gateway looks for `authorization` in a WebSocket's `connectionParams`. */
function headersOf(headers: Record<string, unknown> = {}): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), String(value)]));
}

/**
 * The operation of this name, or else the only one: GraphiQL notices which operation a newly opened tab has only after
 * 100 ms, and until then gives the name of the tab before. Undefined for what the server should find fault with.
 */
function operationIn(query: string, name: string | null | undefined): OperationDefinitionNode | undefined {
  try {
    const document = parse(query);
    return getOperationAST(document, name) ?? getOperationAST(document) ?? undefined;
  } catch {
    return undefined;
  }
}

async function post(url: string, request: SubscribePayload, headers: Record<string, string>): Promise<JsonObject> {
  const accept = 'application/graphql-response+json, application/json;q=0.9';
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { accept, 'content-type': 'application/json', ...headers },
      body: JSON.stringify(request),
    });
    const text = await response.text();
    return resultIn(text) ?? failure(`${url} answered ${response.status} ${response.statusText}, not GraphQL: ${text}`);
  } catch (error) {
    return failure(`${url} could not be reached: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function resultIn(text: string): JsonObject | undefined {
  try {
    const body: unknown = JSON.parse(text);
    return isRecord(body) && ('data' in body || 'errors' in body) ? body : undefined;
  } catch {
    return undefined;
  }
}

function failure(message: string): JsonObject {
  return { errors: [{ message }] };
}
