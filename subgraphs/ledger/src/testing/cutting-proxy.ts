import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

/** When to cut: as a question goes out, of which nobody then knows the end, or instead of passing on an answer. */
export interface Cut {
  readonly at: 'question' | 'answer';
  /** How many of these pass before. */
  readonly after: number;
}

export type CuttingProxy = Awaited<ReturnType<typeof startCuttingProxy>>;

/**
 * Stands between a client and its PostgreSQL, to cut all the client's connections at one point of their traffic, as the
 * death of the client's process would: PostgreSQL goes on with what it was told, and finds nobody to tell.
 *
 * @param databaseUrl of the database; `url` of the result is the same by way of the proxy
 */
export async function startCuttingProxy(databaseUrl: string) {
  const target = new URL(databaseUrl);
  const clients = new Set<Socket>();
  /** Of cut connections: resolved when PostgreSQL is done with them. */
  const abandoned = new Set<Promise<unknown>>();
  const served = new Set<Socket>();
  let armed: Cut | undefined;
  let passed = 0;

  const cutNow = () => {
    armed = undefined;
    for (const client of clients) client.destroy();
  };
  const isNow = (at: Cut['at']) => {
    if (armed?.at !== at) return false;
    passed += 1;
    return passed > armed.after;
  };

  const server = createServer((client) => {
    const backend = connect(Number(target.port), target.hostname);
    clients.add(client);
    served.add(backend);
    const ended = once(backend, 'close').catch(() => {});
    client.on('data', (chunk) => {
      backend.write(chunk);
      if (isNow('question')) cutNow();
    });
    backend.on('data', (chunk) => {
      if (isNow('answer')) cutNow();
      else if (!client.destroyed) client.write(chunk);
    });
    client.on('close', () => {
      clients.delete(client);
      abandoned.add(ended);
      void ended.then(() => abandoned.delete(ended));
      backend.end();
    });
    backend.on('close', () => {
      served.delete(backend);
      client.destroy();
    });
    client.on('error', () => {});
    backend.on('error', () => {});
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('There is no TCP address');
  const url = new URL(databaseUrl);
  url.hostname = '127.0.0.1';
  url.port = String(address.port);

  return {
    url: url.href,
    /** Cuts all connections once, at the next such point of the traffic. */
    arm: (cut: Cut) => {
      armed = cut;
      passed = 0;
    },
    /** Takes that back if it has not come to it; resolves when PostgreSQL has done or undone all that it was told. */
    settle: async () => {
      armed = undefined;
      await Promise.all(abandoned);
    },
    close: async () => {
      server.close();
      for (const socket of [...clients, ...served]) socket.destroy();
      await once(server, 'close');
    },
  };
}
