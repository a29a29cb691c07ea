import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Jwks } from '@paygraph/auth';
import { start, stop } from '@paygraph/bench';
import type { SubgraphsCommand, SubgraphsReady } from '../subgraphs.ts';

export interface Subgraphs extends SubgraphsReady {
  /** Requests that have come so far. */
  count(): Promise<number>;
  /** Publishes as many events a second to every wallet that is watched; zero stops it. */
  publish(perSecond: number): void;
  stop(): Promise<void>;
}

export async function startSubgraphs(jwks: Jwks): Promise<Subgraphs> {
  const main = fileURLToPath(new URL('../subgraphs.ts', import.meta.url));
  const env = { PATH: process.env.PATH, NODE_ENV: 'production', BENCH_JWKS: JSON.stringify(jwks) };
  const child = start([process.execPath, '--import', import.meta.resolve('tsx'), main], env);
  const [ready] = (await once(child, 'message')) as [SubgraphsReady];
  const send = (command: SubgraphsCommand) => child.send(command);
  return {
    ...ready,
    async count() {
      send({ kind: 'count' });
      const [requests] = await once(child, 'message');
      return requests as number;
    },
    publish: (perSecond) => void send({ kind: 'publish', perSecond }),
    stop: () => stop(child),
  };
}
