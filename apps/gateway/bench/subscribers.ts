/**
 * The process of all clients with live subscriptions: opens a socket with one subscription each, counts what comes and
 * how long it was under way.
 */
import { WebSocket } from 'ws';

export interface SubscribersLoad {
  readonly url: string;
  readonly query: string;
  readonly subscribers: readonly { readonly authorization: string; readonly walletId: string }[];
}

export interface Received {
  readonly events: number;
  /** Operations that ended, or answered an error. */
  readonly failed: number;
  /** Milliseconds from a subgraph to a client. */
  readonly p50: number;
  readonly p99: number;
}

let delays: number[] = [];
let failed = 0;

process.on('message', async (message: SubscribersLoad | 'report') => {
  if (message !== 'report') {
    await connectAll(message);
    process.send?.('connected');
    return;
  }
  delays.sort((a, b) => a - b);
  const quantile = (share: number) => delays[Math.floor(delays.length * share)] ?? 0;
  process.send?.({ events: delays.length, failed, p50: quantile(0.5), p99: quantile(0.99) } satisfies Received);
  delays = [];
  failed = 0;
});
process.on('disconnect', () => process.exit());

/** Some at a time: what is measured is not how fast sockets open. */
async function connectAll({ url, query, subscribers }: SubscribersLoad): Promise<void> {
  for (let from = 0; from < subscribers.length; from += 50) {
    await Promise.all(
      subscribers
        .slice(from, from + 50)
        .map(({ authorization, walletId }) =>
          subscribe(
            url,
            authorization,
            JSON.stringify({ id: '1', type: 'subscribe', payload: { query, variables: { walletId } } }),
          ),
        ),
    );
  }
}

function subscribe(url: string, authorization: string, operation: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url.replace(/^http/, 'ws'), 'graphql-transport-ws', { headers: { authorization } });
    socket.on('open', () => socket.send(JSON.stringify({ type: 'connection_init', payload: { authorization } })));
    socket.on('error', reject).on('close', (code) => {
      failed += 1;
      reject(new Error(`A socket was closed with ${code}`));
    });
    socket.on('message', (data) => {
      const text = String(data);
      const stamp = /"at":"(\d+)"/.exec(text)?.[1];
      if (stamp !== undefined) delays.push(Date.now() - Number(stamp));
      else if (text.includes('connection_ack')) socket.send(operation, () => resolve());
      else if (text.includes('"ping"')) socket.send('{"type":"pong"}');
      else if (!text.includes('"pong"')) failed += 1;
    });
  });
}
