import { PrismaPg } from '@prisma/adapter-pg';
import pg from 'pg';
import { tracedAdapter } from './trace.ts';

export interface AdapterOptions {
  readonly url: string;
  readonly poolSize?: number;
  readonly transactionSeconds?: number;
}

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
  return tracedAdapter(new PrismaPg(configOf(options)));
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
  const pool = new pg.Pool({ ...configOf(options), idleTimeoutMillis: 600_000 });
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

interface RawClient {
  $queryRaw(query: TemplateStringsArray): PromiseLike<unknown>;
}

/** Resolves when the database answers, rejects when it does not: a check for `/health/ready`. */
export async function databaseReady(client: RawClient): Promise<void> {
  await client.$queryRaw`SELECT 1`;
}
