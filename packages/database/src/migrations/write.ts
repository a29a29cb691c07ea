import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type DatabaseName, migrationsDirectory, schemaFile } from '../names.ts';
import { startTestCluster } from '../testing/cluster.ts';
import { differenceAsSql } from './difference.ts';
import { LOCKFILE, SCRIPT } from './folder.ts';

/**
 * Writes the next migration of a subgraph: the SQL that takes what the migrations so far make, in an empty database of
 * a throw-away server, to what `schema.prisma` says. When they agree the file is empty but for a comment, for SQL that
 * Prisma does not know.
 *
 * @param at becomes the migration's timestamp, which orders migrations
 * @returns the file written
 */
export async function writeMigration(name: DatabaseName, title: string, at: Date): Promise<string> {
  const sql = await differenceOf(name);
  const timestamp = at.toISOString().replace(/\D/g, '').slice(0, 14);
  const file = path.join(migrationsDirectory(name), `${timestamp}_${title}`, SCRIPT);
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, `${sql === '' ? '-- By hand.' : sql}\n`, { flag: 'wx' });
  const lockfile = path.join(migrationsDirectory(name), LOCKFILE);
  if (!existsSync(lockfile)) await writeFile(lockfile, 'provider = "postgresql"\n');
  return file;
}

async function differenceOf(name: DatabaseName): Promise<string> {
  const cluster = await startTestCluster([name]);
  try {
    const { migrationUrl } = await cluster.createDatabase(name);
    return await differenceAsSql({ migrationUrl, schema: schemaFile(name) });
  } finally {
    await cluster.stop();
  }
}
