import { connectorTo, type Tls } from '@paygraph/service';
import type { FastifyInstance } from 'fastify';
import { type Dispatcher, Pool } from 'undici';
import { subgraphUnavailable } from '../subgraphs/faults.ts';

/** What of a subgraph's answer a client is given. */
const forwarded = [
  'content-type',
  'content-disposition',
  'cache-control',
  'referrer-policy',
  'x-content-type-options',
  'retry-after',
];
/** Time in ms until an export has begun. */
const headersTimeout = 10_000;
/** Exports of one subgraph that may run at once through this gateway; it has a bound of its own. */
const connections = 16;

/**
 * Hands on `/exports/<subgraph>?token=…`, the files whose addresses subgraphs give out, as they are made: nothing is kept
 * here, a slow client slows the subgraph down, and one that goes away ends the export. The token says what may be read, and
 * the subgraph judges it.
 *
 * @param addresses the GraphQL addresses of subgraphs by name
 */
export function serveExports(
  app: FastifyInstance,
  addresses: Pick<ReadonlyMap<string, string>, 'get'>,
  tls?: Tls,
): void {
  const pools = new Map<string, Pool>();
  const poolOf = (subgraph: string, url: string): Pool => {
    const { origin } = new URL(url);
    const connect = connectorTo(subgraph, { url, tls });
    const pool = pools.get(origin) ?? new Pool(origin, { connections, connect, headersTimeout, bodyTimeout: 0 });
    pools.set(origin, pool);
    return pool;
  };
  app.addHook('onClose', async () => {
    await Promise.all([...pools.values()].map((pool) => pool.destroy()));
  });

  // Without a HEAD route: it would read everything to throw it away.
  app.get<{ Params: { subgraph: string } }>(
    '/exports/:subgraph',
    { exposeHeadRoute: false },
    async ({ params: { subgraph }, url, id, log }, reply) => {
      const address = addresses.get(subgraph);
      if (address === undefined) return reply.callNotFound();
      const path = `/exports${new URL(url, address).search}`;
      let answer: Dispatcher.ResponseData;
      try {
        answer = await poolOf(subgraph, address).request({ method: 'GET', path, headers: { 'x-request-id': id } });
      } catch (error) {
        log.warn({ err: error, subgraph }, 'a subgraph is unavailable');
        return reply.code(503).send({ errors: [subgraphUnavailable(subgraph)] });
      }
      for (const name of forwarded) {
        const value = answer.headers[name];
        if (value !== undefined) reply.header(name, value);
      }
      answer.body.on('error', (error) => log.info({ err: error, subgraph }, 'an export broke off'));
      return reply.code(answer.statusCode).send(answer.body);
    },
  );
}
