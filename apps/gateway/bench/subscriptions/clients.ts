/** The process of all clients: sockets with one subscription each, and a load of queries. */
import { Pool } from 'undici';
import { WebSocket } from 'ws';

export interface ClientsToConnect {
  readonly kind: 'connect';
  readonly url: string;
  /** One socket for each. */
  readonly authorizations: readonly string[];
}

export type ClientsCommand =
  | ClientsToConnect
  /** Every socket begins one subscription: its n-th payment, or all the same. */
  | { readonly kind: 'subscribe'; readonly query: string; readonly payments: 'one' | 'each' }
  | { readonly kind: 'received' }
  /** All but so many. */
  | { readonly kind: 'disconnect'; readonly keep: number }
  | {
      readonly kind: 'query';
      readonly url: string;
      readonly query: string;
      readonly authorization: string;
      readonly amount: number;
    };

export interface ClientsReport {
  readonly open: number;
  /** Events without errors since the last `subscribe`. */
  readonly events: number;
  readonly failed: number;
}

const AT_ONCE = 100;
const sockets: WebSocket[] = [];
let events = 0;
let failed = 0;

process.on('message', async (command: ClientsCommand) => {
  switch (command.kind) {
    case 'connect':
      await inBatches(command.authorizations, (authorization) => connect(command.url, authorization));
      break;
    case 'subscribe':
      events = 0;
      for (const [number, socket] of sockets.entries()) {
        const variables = { id: command.payments === 'one' ? 'pay_0' : `pay_${number}` };
        socket.send(JSON.stringify({ id: '1', type: 'subscribe', payload: { query: command.query, variables } }));
      }
      break;
    case 'received':
      break;
    case 'disconnect':
      await Promise.all(sockets.splice(command.keep).map((socket) => disconnect(socket)));
      break;
    case 'query':
      await ask(command);
  }
  process.send?.({ open: sockets.length, events, failed } satisfies ClientsReport);
});
process.on('disconnect', () => process.exit());

async function inBatches<T>(all: readonly T[], act: (each: T) => Promise<void>): Promise<void> {
  for (let from = 0; from < all.length; from += AT_ONCE) await Promise.all(all.slice(from, from + AT_ONCE).map(act));
}

function connect(url: string, authorization: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url.replace(/^http/, 'ws'), 'graphql-transport-ws', { perMessageDeflate: false });
    socket.on('open', () => socket.send(JSON.stringify({ type: 'connection_init', payload: { authorization } })));
    socket.on('error', reject);
    socket.on('message', (data: Buffer) => {
      const text = data.toString('latin1');
      if (text.includes('"connection_ack"')) {
        sockets.push(socket);
        resolve();
      } else if (text.includes('"next"') && !text.includes('"errors"')) events += 1;
      else {
        if (failed === 0) console.error(`Received ${text}`);
        failed += 1;
      }
    });
  });
}

function disconnect(socket: WebSocket): Promise<void> {
  return new Promise((resolve) => {
    socket.once('close', () => resolve());
    socket.close(1000);
  });
}

async function ask({ url, query, authorization, amount }: Extract<ClientsCommand, { kind: 'query' }>): Promise<void> {
  const { origin, pathname } = new URL(url);
  const pool = new Pool(origin, { connections: 20 });
  let left = amount;
  const run = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      const { body } = await pool.request({
        ...{ method: 'POST', path: pathname, headers: { 'content-type': 'application/json', authorization } },
        body: JSON.stringify({ query, variables: { id: `pay_${left}` } }),
      });
      const text = await body.text();
      if (!text.includes('"balance"') || text.includes('"errors"')) failed += 1;
    }
  };
  await Promise.all(Array.from({ length: 20 }, run));
  await pool.close();
}
