import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import type { ServerAddress } from '../embedded/connection.ts';
import { startEmbeddedPostgres } from '../embedded/index.ts';
import { silentLogger } from '../logger.ts';
import { migrate } from '../migrations/migrate.ts';
import { type DatabaseName, databaseNames, migrationsDirectory } from '../names.ts';
import { createDatabase, type TestDatabase } from './database.ts';
import { createClusterFolder, removeAbandonedClusters } from './folder.ts';

/** Where a cluster is reached, and which of its databases are of no use. Plain data: it crosses to Vitest's workers. */
export interface TestServer {
  address: ServerAddress;
  /** Why the migrations of a subgraph failed. */
  broken: Partial<Record<DatabaseName, string>>;
}

export interface TestCluster extends TestServer {
  createDatabase(name: DatabaseName): Promise<TestDatabase>;
  /** Ends the server as a crash would. */
  crash(): Promise<void>;
  /** Starts the server again after a crash, with its data and at its address. */
  restart(): Promise<void>;
  /** Stops the server and removes its data. */
  stop(): Promise<void>;
}

/**
 * Starts a PostgreSQL of its own, in a temporary folder, with a migrated database per subgraph: for tests that stop or
 * kill the server. A migration that fails is told by `createDatabase`, so that it fails the tests which need it.
 *
 * @param names the subgraphs whose migrations are applied, all of them unless told
 */
export async function startTestCluster(names: readonly DatabaseName[] = databaseNames): Promise<TestCluster> {
  await removeAbandonedClusters();
  const directory = await createClusterFolder();
  const settings = { directory, logger: silentLogger, durability: 'tests' } as const;
  let server = await startEmbeddedPostgres(settings);
  const { address } = server;
  const broken: TestServer['broken'] = {};
  for (const name of names.filter((name) => existsSync(migrationsDirectory(name)))) {
    try {
      const migrationUrl = server.migrationUrl(name);
      await migrate({ migrationUrl, directory: migrationsDirectory(name), logger: silentLogger });
    } catch (error) {
      broken[name] = error instanceof Error ? error.message : String(error);
    }
  }
  return {
    address,
    broken,
    createDatabase: (name) => createDatabase({ address, broken }, name),
    crash: () => server.kill(),
    restart: async () => {
      server = await startEmbeddedPostgres({ ...settings, port: address.port });
    },
    stop: async () => {
      await server.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
