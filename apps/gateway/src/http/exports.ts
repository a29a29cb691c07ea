import { connectorTo, type Tls } from '@paygraph/service';
import type { FastifyInstance } from 'fastify';
import { type Dispatcher, Pool } from 'undici';
import { tell } from '../protection/headers.ts';
import { subgraphOverloaded, subgraphUnavailable } from '../subgraphs/faults.ts';
import type { ChargeStranger } from './authenticate.ts';

/** Those that serve exports. */
const exporting: ReadonlySet<string> = new Set(['ledger']);
/** What asking for an export costs. */
const COST = 10;

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
/** Exports of one subgraph that may run at once through this gateway; it has a bound of its own. None waits for another. */
const connections = 16;
/** Seconds after which to ask again for what was one too many. */
const RETRY_AFTER = 10;

export interface ExportsOptions {
  /** The GraphQL address of a subgraph. */
  readonly addressOf: (subgraph: string) => string | undefined;
  /** Nobody is known here but to the subgraph, from the token. */
  readonly charge: ChargeStranger;
  readonly tls?: Tls | undefined;
}

/** The way to a subgraph, and how many exports are on it. */
interface Way {
  readonly pool: Pool;
  running: number;
}

async function begin(way: Way, path: string, requestId: string): Promise<Dispatcher.ResponseData> {
  way.running += 1;
  const end = () => {
    way.running -= 1;
  };
  try {
    const answer = await way.pool.request({ method: 'GET', path, headers: { 'x-request-id': requestId } });
    answer.body.once('close', end);
    return answer;
  } catch (error) {
    end();
    throw error;
  }
}

/**
 * Hands on `/exports/<subgraph>?token=…`, the files whose addresses subgraphs give out, as they are made: nothing is kept
 * here, a slow client slows the subgraph down, and one that goes away ends the export. The token says what may be read, and
 * the subgraph judges it; that it is asked to is charged to the network.
 */
export function serveExports(app: FastifyInstance, { addressOf, charge, tls }: ExportsOptions): void {
  const ways = new Map<string, Way>();
  const wayTo = (subgraph: string, url: string): Way => {
    const { origin } = new URL(url);
    const connect = connectorTo(subgraph, { url, tls });
    const settings = { connections, connect, headersTimeout, bodyTimeout: 0 };
    const way = ways.get(origin) ?? { pool: new Pool(origin, settings), running: 0 };
    ways.set(origin, way);
    return way;
  };
  app.addHook('onClose', async () => {
    await Promise.all([...ways.values()].map(({ pool }) => pool.destroy()));
  });

  // Without a HEAD route: it would read everything to throw it away.
  app.get<{ Params: { subgraph: string } }>(
    '/exports/:subgraph',
    { exposeHeadRoute: false },
    async ({ params: { subgraph }, url, id, ip, log }, reply) => {
      const address = exporting.has(subgraph) ? addressOf(subgraph) : undefined;
      if (address === undefined) return reply.callNotFound();
      const charged = await charge(ip, COST);
      tell(reply, charged?.usage);
      if (charged?.refusal) return reply.code(429).send({ errors: charged.refusal.errors });
      const way = wayTo(subgraph, address);
      if (way.running >= connections)
        return reply
          .code(503)
          .header('retry-after', RETRY_AFTER)
          .send({ errors: [subgraphOverloaded(subgraph)] });
      const path = `/exports${new URL(url, address).search}`;
      let answer: Dispatcher.ResponseData;
      try {
        answer = await begin(way, path, id);
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
