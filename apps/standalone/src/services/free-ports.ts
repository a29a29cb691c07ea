import { once } from 'node:events';
import { createServer, type Server } from 'node:net';

/** Below what systems give outgoing connections, which would take a port between the look at it and its use. */
const lowest = 15_000;
const highest = 32_000;

/** That many ports of 127.0.0.1 that nobody listens on right now, chosen at random. */
export async function freePorts(count: number): Promise<number[]> {
  // All are held at once, so that none is given twice.
  const held = new Map<number, Server>();
  while (held.size < count) {
    const port = lowest + Math.floor(Math.random() * (highest - lowest));
    const server = held.has(port) ? undefined : await listening(port);
    if (server) held.set(port, server);
  }
  await Promise.all([...held.values()].map(closed));
  return [...held.keys()];
}

/** Whether nobody listens on a port of 127.0.0.1. */
export async function isFree(port: number): Promise<boolean> {
  const server = await listening(port);
  if (server) await closed(server);
  return server !== undefined;
}

function listening(port: number): Promise<Server | undefined> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once('error', () => resolve(undefined));
    server.listen(port, '127.0.0.1', () => resolve(server));
  });
}

async function closed(server: Server): Promise<void> {
  server.close();
  await once(server, 'close');
}
