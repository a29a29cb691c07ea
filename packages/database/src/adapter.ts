import { PrismaPg } from '@prisma/adapter-pg';
import pg from 'pg';
import { tracedAdapter } from './trace.ts';

export interface AdapterOptions {
  readonly url: string;
  readonly poolSize?: number;
  readonly transactionSeconds?: number;
  /** Whether statements that come again are prepared, so that PostgreSQL parses and plans each once per connection. */
  readonly prepared?: boolean;
}

/** How often a statement comes before it is prepared, and how many are: lists of parameters make one of each length. */
const preparedAfter = 3;
const mostPrepared = 250;
const mostCounted = 5_000;
/** How long in ms a session with prepared statements is kept that nobody needs. */
const keptMs = 600_000;

/**
 * The driver adapter that every Prisma client is made with.
 *
 * Sessions run in UTC: the adapter sends timestamps without an offset and drops the offset of those it reads, so any
 * other time zone would shift every `timestamptz` in silence.
 *
 * @param options.url `postgresql://role:password@host:port/database`
 * @param options.poolSize most connections held at once, 10 unless told. More than a few per core costs throughput.
 * @param options.transactionSeconds ends a transaction that takes longer or idles as long, which would keep its locks; no
 * end unless told
 */
export function prismaAdapter(options: AdapterOptions): PrismaPg {
  if (!options.prepared) return tracedAdapter(new PrismaPg(configOf(options)));
  const names = { statementNameGenerator: createStatementNames() };
  return tracedAdapter(new PrismaPg({ ...configOf(options), idleTimeoutMillis: keptMs }, names));
}

/**
 * Connections without Prisma, for what is so hot that its statements have to be prepared: those that were sent with a
 * `name` are parsed and planned once in every session, so sessions that nobody needs are kept for ten minutes.
 *
 * Send what is to be seen in traces through `tracedStatement`.
 *
 * @param options as of {@link prismaAdapter}
 */
export function createPool(options: AdapterOptions): pg.Pool {
  const pool = new pg.Pool({ ...configOf(options), idleTimeoutMillis: keptMs });
  pool.on('error', () => {}); // of an idle session: the next query opens another, or says why it cannot
  return pool;
}

function configOf({ url, poolSize = 10, transactionSeconds }: AdapterOptions): pg.PoolConfig {
  const limit =
    transactionSeconds === undefined
      ? ''
      : ` -c transaction_timeout=${transactionSeconds}s -c idle_in_transaction_session_timeout=${transactionSeconds}s`;
  return {
    connectionString: url,
    max: poolSize,
    options: `-c TimeZone=UTC${limit}`,
    connectionTimeoutMillis: 5_000,
  };
}

/** Names those statements that come again and again; the empty name is none. */
function createStatementNames(): (query: { readonly sql: string }) => string {
  const names = new Map<string, string>();
  let counts = new Map<string, number>();
  return ({ sql }) => {
    const name = names.get(sql);
    if (name !== undefined) return name;
    if (names.size >= mostPrepared) return '';
    const count = (counts.get(sql) ?? 0) + 1;
    if (count < preparedAfter) {
      if (counts.size >= mostCounted) counts = new Map();
      counts.set(sql, count);
      return '';
    }
    counts.delete(sql);
    const given = `s${names.size + 1}`;
    names.set(sql, given);
    return given;
  };
}

interface RawClient {
  $queryRaw(query: TemplateStringsArray): PromiseLike<unknown>;
}

/** Resolves when the database answers, rejects when it does not: a check for `/health/ready`. */
export async function databaseReady(client: RawClient): Promise<void> {
  await client.$queryRaw`SELECT 1`;
}
