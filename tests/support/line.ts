import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

/** A line to a server that can be cut, or go dead without a word, and be restored. */
export interface Line {
  readonly port: number;
  /** Ends all connections, and refuses new ones. */
  cut(): void;
  /** Keeps connections and takes new ones, and carries nothing. */
  hang(): void;
  restore(): void;
  close(): Promise<void>;
}

export async function lineTo(address: URL): Promise<Line> {
  let state: 'well' | 'cut' | 'hung' = 'well';
  const pairs = new Set<readonly [Socket, Socket]>();
  const server = createServer((near) => {
    if (state === 'cut') return void near.destroy();
    const far = connect(Number(address.port || 6379), address.hostname);
    const pair = [near, far] as const;
    pairs.add(pair);
    for (const [from, to] of [pair, [far, near]] as const) {
      from.on('data', (data) => void (state === 'well' && to.write(data)));
      from.on('error', () => to.destroy());
      from.on('close', () => {
        to.destroy();
        pairs.delete(pair);
      });
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const listening = server.address();
  if (listening === null || typeof listening === 'string') throw new Error('The line has no port');
  const end = (): void => {
    for (const [near] of pairs) near.destroy();
  };
  return {
    port: listening.port,
    cut() {
      state = 'cut';
      end();
    },
    hang() {
      state = 'hung';
    },
    restore() {
      // What was lost on a dead line does not come back: whoever waits on it has to notice.
      end();
      state = 'well';
    },
    async close() {
      server.close();
      end();
      await once(server, 'close');
    },
  };
}
