import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createEmptyDatabase, query, type TestDatabase } from '../testing/index.ts';
import { differenceAsSql, differenceInWords } from './difference.ts';

const schema = fileURLToPath(new URL('../fixtures/schema.prisma', import.meta.url));

let database: TestDatabase;

beforeEach(async () => {
  database = await createEmptyDatabase('risk');
});

afterEach(() => database.drop());

const run = (sql: string) => query(database.migrationUrl, sql);
const compare = () => ({ migrationUrl: database.migrationUrl, schema });

it('the SQL for an empty database makes what the schema says', async () => {
  await run(await differenceAsSql(compare()));
  expect(await differenceAsSql(compare())).toBe('');
  expect(await differenceInWords(compare())).toBe('');
});

it('what a database lacks or has besides is told in words', async () => {
  await run(await differenceAsSql(compare()));
  await run('ALTER TABLE sample DROP COLUMN name, ADD COLUMN nickname text');
  const words = await differenceInWords(compare());
  expect(words).toContain('Added column `name`');
  expect(words).toContain('Removed column `nickname`');
});

it('what Prisma does not know is no difference', async () => {
  await run(await differenceAsSql(compare()));
  await run(
    `ALTER TABLE sample ADD CONSTRAINT positive CHECK (id > 0);
     CREATE INDEX early ON sample (at) WHERE at < '2000-01-01Z';
     CREATE INDEX by_lower_name ON sample (lower(name));
     CREATE FUNCTION notice() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;
     CREATE TRIGGER notice AFTER INSERT ON sample EXECUTE FUNCTION notice();
     GRANT SELECT ON sample TO risk_service`,
  );
  expect(await differenceInWords(compare())).toBe('');
});
