import {
  type Client,
  type ClientOptions,
  createClient,
  type FormattedExecutionResult,
  type SubscribePayload,
} from 'graphql-ws';

/** Subscriptions over WebSocket, authenticated as HTTP requests with the same headers are. */
export interface Subscriptions {
  /** Start an operation. `return()` of the iterator ends it at the server. */
  iterate(
    request: SubscribePayload,
    headers: Readonly<Record<string, string>>,
  ): AsyncIterableIterator<FormattedExecutionResult>;
  /** Close the connection, if one is open. */
  dispose(): Promise<void>;
}

/**
 * One graphql-transport-ws client for all subscriptions with the same headers, which are its `connectionParams`: other
 * headers get a new client, and the old one is disposed of.
 *
 * A lost connection is reported and not retried: a client that reconnects by itself repeats the variables, and so the
 * steps that were shown already; and after 4403 it would knock with the same refused token for ever.
 */
export function createSubscriptions(url: string, webSocketImpl?: ClientOptions['webSocketImpl']): Subscriptions {
  let current: { key: string; client: Client } | undefined;

  function clientFor(headers: Readonly<Record<string, string>>): Client {
    const key = JSON.stringify(headers);
    if (current?.key === key) return current.client;
    void current?.client.dispose();
    const client = createClient({ url, connectionParams: headers, retryAttempts: 0, webSocketImpl });
    current = { key, client };
    return client;
  }

  return {
    iterate: (request, headers) => clientFor(headers).iterate(request),
    async dispose() {
      await current?.client.dispose();
    },
  };
}
