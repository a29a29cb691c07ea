import { OperatorError } from '@paygraph/service';
import pg from 'pg';
import type { Logger } from '../logger.ts';
import { readMigrations } from './folder.ts';

/** A migration could not be applied. The message names it, and PostgreSQL's own words are in it. */
export class MigrationError extends OperatorError {
  override readonly name = 'MigrationError';
}

/**
 * Applies the migrations in `directory` that the database does not have yet, as `prisma migrate deploy` does: same
 * folders, same checksums, same `_prisma_migrations`. A database that is up to date is left alone. Processes that
 * migrate one database at the same time take turns.
 *
 * @param options.migrationUrl the owner's connection, `postgresql://<name>_owner:…@host:port/<name>`
 * @param options.directory the folder `prisma/<name>/migrations`
 * @returns the names of the migrations applied now
 * @throws MigrationError when there is no connection, or a migration fails, had failed before, or cannot be read
 */
export async function migrate({
  migrationUrl,
  directory,
  logger,
}: {
  migrationUrl: string;
  directory: string;
  logger: Logger;
}): Promise<string[]> {
  const migrationsList = await readMigrations(directory);
  const { withSchemaEngine } = await import('./engine.ts');
  const turn = await takeTurn(migrationUrl);
  try {
    const { edited, applied } = await withSchemaEngine(migrationUrl, async (engine) => {
      const history = await engine.diagnoseMigrationHistory({ migrationsList, filters, optInToShadowDatabase: false });
      const { appliedMigrationNames } = await engine.applyMigrations({ migrationsList, filters });
      return { edited: history.editedMigrationNames, applied: appliedMigrationNames };
    });
    if (edited.length > 0) logger.warn({ migrations: edited }, 'migrations were changed after they had been applied');
    if (applied.length > 0) logger.info({ migrations: applied }, 'migrations applied');
    return applied;
  } catch (error) {
    throw migrationError(error);
  } finally {
    await turn.end();
  }
}

/** Nothing in our databases is left to others to manage. */
const filters = { externalTables: [], externalEnums: [] };

/** Any number that nobody else locks in these databases; Prisma's own is 72707369. */
const TURN = 727_073_690;

/**
 * The engine takes a lock of its own, but gives up after ten seconds; a long migration is no reason for the second
 * replica not to start. This one is waited for, and ends with its session.
 */
async function takeTurn(migrationUrl: string): Promise<pg.Client> {
  const session = new pg.Client(migrationUrl);
  session.on('error', () => {});
  await session.connect().catch((cause) => {
    throw noConnection(migrationUrl, cause);
  });
  await session.query('SELECT pg_advisory_lock($1)', [TURN]);
  return session;
}

/** Without the password in the address. A refusal by several addresses of one host has no message of its own. */
function noConnection(migrationUrl: string, cause: Error & { code?: string }): MigrationError {
  const { username, host, pathname } = new URL(migrationUrl);
  const reason = cause.message || cause.code;
  return new MigrationError(`No connection as ${username} to the database ${host}${pathname}: ${reason}`, { cause });
}

/** The engine's words are a headline, PostgreSQL's message, and a trace that names the migration. */
function migrationError(error: unknown): MigrationError {
  const text = error instanceof Error ? error.message : String(error);
  const migration = /migration_name="([^"]+)"/.exec(text)?.[1];
  const reason = text
    .split(/\n\s+\d+: /)[0]
    ?.replace('external connector error\n', '')
    .trim();
  const message = migration === undefined ? reason : `Migration ${migration} failed: ${reason}`;
  return new MigrationError(message, { cause: error });
}
