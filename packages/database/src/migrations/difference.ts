import { readFile } from 'node:fs/promises';
import type { SchemaEngine } from './engine.ts';

/** What a database lacks of a Prisma schema, or has besides it. */
interface Comparison {
  /** The owner's connection of the database to compare. */
  migrationUrl: string;
  /** The file `prisma/<name>/schema.prisma`. */
  schema: string;
}

/**
 * The SQL that takes a database to what `schema.prisma` says; empty when it is there.
 *
 * Prisma sees tables, columns, enums, keys and indexes. CHECKs, triggers, functions, grants and indexes on expressions
 * are not its matter: migrations add those by hand, and no difference mentions them.
 */
export const differenceAsSql = (comparison: Comparison): Promise<string> => difference(comparison, true);

/** The same difference in words. */
export const differenceInWords = (comparison: Comparison): Promise<string> => difference(comparison, false);

const NOTHING = { sql: '-- This is an empty migration.', words: 'No difference detected.' };

async function difference({ migrationUrl, schema }: Comparison, script: boolean): Promise<string> {
  const { withSchemaEngine } = await import('./engine.ts');
  const files = [{ path: schema, content: await readFile(schema, 'utf8') }];
  const { stdout } = await withSchemaEngine(migrationUrl, (engine: SchemaEngine) =>
    engine.diff({
      from: { tag: 'schemaDatasource', files, configDir: '' },
      to: { tag: 'schemaDatamodel', files },
      script,
      exitCode: null,
      filters: { externalTables: [], externalEnums: [] },
    }),
  );
  const text = (stdout ?? '').trim();
  return text === NOTHING.sql || text === NOTHING.words ? '' : text;
}
