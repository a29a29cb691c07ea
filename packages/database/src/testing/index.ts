import { inject } from 'vitest';
import { differenceInWords } from '../migrations/difference.ts';
import { type DatabaseName, schemaFile } from '../names.ts';
import { cloneDatabase, createDatabase, type TestDatabase } from './database.ts';
import './global-setup.ts';

export { startTestCluster, type TestCluster } from './cluster.ts';
export type { TestDatabase } from './database.ts';
export { query } from './query.ts';

/**
 * A database of its own for a test, cloned in milliseconds from the subgraph's migrated one in the run's PostgreSQL.
 * Drop it when the test file ends; what is left goes with the server at the end of the run.
 */
export const createTestDatabase = (name: DatabaseName): Promise<TestDatabase> =>
  createDatabase(inject('testServer'), name);

/** The same without the migrations: for tests of migrations. */
export const createEmptyDatabase = (name: DatabaseName): Promise<TestDatabase> =>
  cloneDatabase(inject('testServer').address, name, 'template0');

/**
 * What a database made by the migrations of a subgraph lacks of its `schema.prisma`, or has besides it, in words; empty
 * when they agree.
 */
export async function schemaDrift(name: DatabaseName): Promise<string> {
  const database = await createTestDatabase(name);
  try {
    return await differenceInWords({ migrationUrl: database.migrationUrl, schema: schemaFile(name) });
  } finally {
    await database.drop();
  }
}
