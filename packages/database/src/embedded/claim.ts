import pg from 'pg';
import { adminUrl, type ServerAddress } from './connection.ts';

/** Any number will do: advisory locks of this database are taken for nothing else. */
const OWNERSHIP = 1;

/** A session that owns the server for as long as it lasts. */
export interface Claim {
  release(): Promise<void>;
}

/**
 * Claims a running server: the process that started it holds a session with an advisory lock. When that process dies,
 * however it dies, the kernel closes the session and PostgreSQL frees the lock, so a server without one is an orphan.
 *
 * @param patienceMs how long the server may take to answer
 * @returns undefined when another process owns the server
 * @throws Error when the server does not answer, as while it starts or shuts down
 */
export async function claimServer(address: ServerAddress, patienceMs: number): Promise<Claim | undefined> {
  const session = new pg.Client({ connectionString: adminUrl(address), connectionTimeoutMillis: patienceMs });
  // The server's end also ends the session; whoever waits for the server learns of it there.
  session.on('error', () => {});
  await session.connect();
  const { rows } = await session.query<{ claimed: boolean }>('SELECT pg_try_advisory_lock($1) AS claimed', [OWNERSHIP]);
  if (rows[0]?.claimed) return { release: () => session.end() };
  await session.end();
  return undefined;
}
