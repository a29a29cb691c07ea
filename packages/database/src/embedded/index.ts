import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { type DatabaseName, databaseNames } from '../names.ts';
import { provision } from '../provision.ts';
import { claimServer } from './claim.ts';
import { adminUrl, databaseUrl, migrationUrl, passwordOf, type ServerAddress } from './connection.ts';
import { type DataDirectory, openDataDirectory } from './data-directory.ts';
import { clearOrphan, DirectoryInUseError } from './orphan.ts';
import { type Postmaster, type ServerOptions, StartError, startPostmaster } from './postmaster.ts';
import { installServerFiles } from './server-files.ts';

export { DirectoryInUseError };

export interface EmbeddedOptions extends ServerOptions {
  /** The data lies in its `postgres`; made if there is none. */
  directory: string;
}

export interface EmbeddedPostgres {
  address: ServerAddress;
  /** The owner's connection of a subgraph's database, for migrations. */
  migrationUrl(name: DatabaseName): string;
  /** The service's connection of a subgraph's database. */
  databaseUrl(name: DatabaseName): string;
  /** Resolves when the server is gone, by `stop` or by itself. */
  exited: Promise<void>;
  /** Rolls back what is open and stops the server, within five seconds. */
  stop(): Promise<void>;
  /** Ends the server as a crash would, for tests. */
  kill(): Promise<void>;
}

/**
 * Starts PostgreSQL from npm's packages with its data in `<directory>/postgres`, provisioned with a database and two
 * roles per subgraph. It listens on 127.0.0.1 only. What an earlier process left behind when it was killed does not
 * stand in the way.
 *
 * @throws DirectoryInUseError when another running process has the directory in use
 */
export async function startEmbeddedPostgres({ directory, ...options }: EmbeddedOptions): Promise<EmbeddedPostgres> {
  const home = path.resolve(directory);
  const programs = await installServerFiles(home);
  const data = await openDataDirectory(home, programs);
  const postmaster = await startWhenFree(data, () => startPostmaster(programs, data, options));
  const address = { port: postmaster.port, secret: data.secret };
  try {
    // All its clients may come back at the same moment.
    const claim = await claimServer(address, 30_000);
    if (claim === undefined) throw new DirectoryInUseError(`${data.path} is in use: another Paygraph was faster`);
    await provisionAll(address);
    return {
      address,
      migrationUrl: (name) => migrationUrl(address, name),
      databaseUrl: (name) => databaseUrl(address, name),
      exited: postmaster.exited,
      stop: async () => {
        await claim.release();
        await postmaster.stop();
      },
      kill: postmaster.kill,
    };
  } catch (error) {
    await postmaster.stop();
    throw error;
  }
}

/** Repeats a start that failed for what may be gone in a moment. */
async function startWhenFree(data: DataDirectory, start: () => Promise<Postmaster>): Promise<Postmaster> {
  const deadline = Date.now() + 10_000;
  for (;;) {
    await clearOrphan(data);
    try {
      return await start();
    } catch (error) {
      if (!(error instanceof StartError && error.transient) || Date.now() > deadline) throw error;
      await delay(100);
    }
  }
}

async function provisionAll(address: ServerAddress): Promise<void> {
  const client = new pg.Client(adminUrl(address));
  await client.connect();
  try {
    for (const name of databaseNames) {
      const owner = `${name}_owner`;
      const service = `${name}_service`;
      await provision(client, {
        database: name,
        owner,
        owner_password: passwordOf(address.secret, owner),
        service,
        service_password: passwordOf(address.secret, service),
      });
    }
  } finally {
    await client.end();
  }
}
