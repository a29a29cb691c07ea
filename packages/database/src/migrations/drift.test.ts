import { existsSync } from 'node:fs';
import { expect, it } from 'vitest';
import { databaseNames, schemaFile } from '../names.ts';
import { schemaDrift } from '../testing/index.ts';

const withSchema = databaseNames.filter((name) => existsSync(schemaFile(name)));

it.each(withSchema)('the migrations of %s make what its schema.prisma says', async (name) => {
  expect(await schemaDrift(name)).toBe('');
});
