import { createClient } from 'graphql-ws';
import { WebSocket } from 'ws';

/** One entry as a subscriber is sent it. */
export interface ActivityAnswer {
  readonly cursor: string;
  readonly entry: { readonly version: string; readonly balanceAfter: { readonly amount: string } };
  readonly wallet: { readonly id: string; readonly balance: { readonly posted: { readonly amount: string } } };
}

export interface ErrorAnswer {
  readonly message: string;
  readonly extensions: Readonly<Record<string, unknown>>;
}

/** Subscribes to a wallet's activity over a WebSocket of its own. */
export function watchActivity(url: string, token: string | undefined, walletId: string, after?: string) {
  const client = createClient({
    url: url.replace('http', 'ws'),
    webSocketImpl: WebSocket,
    connectionParams: token === undefined ? {} : { authorization: `Bearer ${token}` },
    retryAttempts: 0,
  });
  const query = `subscription ($walletId: ID!, $after: String) {
    walletActivity(walletId: $walletId, after: $after) {
      cursor entry { version balanceAfter { amount } } wallet { id balance { posted { amount } } }
    }
  }`;
  const events: ActivityAnswer[] = [];
  const errors: ErrorAnswer[] = [];
  let unsubscribe = () => {};
  const completed = new Promise<void>((resolve) => {
    unsubscribe = client.subscribe<{ walletActivity: ActivityAnswer }>(
      { query, variables: { walletId, ...(after !== undefined && { after }) } },
      {
        next: (result) => {
          if (result.data) events.push(result.data.walletActivity);
          errors.push(...JSON.parse(JSON.stringify(result.errors ?? [])));
        },
        error: (error) => {
          if (Array.isArray(error)) errors.push(...JSON.parse(JSON.stringify(error)));
          resolve();
        },
        complete: resolve,
      },
    );
  });
  return {
    events,
    errors,
    completed: completed.finally(() => client.dispose()),
    close: async () => {
      unsubscribe();
      await client.dispose();
    },
  };
}
