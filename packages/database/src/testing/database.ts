import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { adminUrl, databaseUrl, migrationUrl, type ServerAddress } from '../embedded/connection.ts';
import type { DatabaseName } from '../names.ts';
import type { TestServer } from './cluster.ts';

export interface TestDatabase {
  /** The service's connection. */
  databaseUrl: string;
  /** The owner's connection. */
  migrationUrl: string;
  /** Removes the database and closes whatever is still connected to it. */
  drop(): Promise<void>;
}

/** Clones the migrated database of a subgraph under a name of its own. */
export async function createDatabase({ address, broken }: TestServer, name: DatabaseName): Promise<TestDatabase> {
  if (broken[name] !== undefined) throw new Error(`No database for ${name}: ${broken[name]}`);
  return cloneDatabase(address, name, name);
}

/** @param template a database that nobody is connected to */
export async function cloneDatabase(
  address: ServerAddress,
  name: DatabaseName,
  template: string,
): Promise<TestDatabase> {
  const database = `${name}_${randomBytes(6).toString('hex')}`;
  // Grants on a database are not cloned with it: these are the ones of deploy/postgres/init.sql.
  await asAdmin(address, [
    `CREATE DATABASE ${database} TEMPLATE ${template} OWNER ${name}_owner STRATEGY file_copy`,
    `REVOKE ALL ON DATABASE ${database} FROM PUBLIC`,
    `GRANT CONNECT ON DATABASE ${database} TO ${name}_service`,
  ]);
  return {
    databaseUrl: databaseUrl(address, name, database),
    migrationUrl: migrationUrl(address, name, database),
    drop: () => asAdmin(address, [`DROP DATABASE IF EXISTS ${database} WITH (FORCE)`]),
  };
}

async function asAdmin(server: ServerAddress, commands: string[]): Promise<void> {
  const client = new pg.Client(adminUrl(server));
  await client.connect();
  try {
    for (const command of commands) await client.query(command);
  } finally {
    await client.end();
  }
}
