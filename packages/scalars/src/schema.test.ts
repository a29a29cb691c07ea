import { buildSchema, type GraphQLSchema, graphql } from 'graphql';
import { describe, expect, it } from 'vitest';
import { addScalars, checkScalarsOfClients } from './schema.ts';

const build = (change: (schema: GraphQLSchema) => void) => {
  const schema = buildSchema('scalar DateTime scalar Unknown type Query { at(at: DateTime, u: Unknown): DateTime }');
  change(schema);
  return (source: string, at: unknown) => graphql({ schema, source, rootValue: { at: () => at } });
};
const day = '2026-09-29T00:00:00.000Z';

describe('the scalars that a schema declares', () => {
  it.each([addScalars, checkScalarsOfClients])('are refused where clients give them wrongly', async (change) => {
    const ask = build(change);
    expect((await ask('{ at(at: "yesterday", u: {}) }', null)).errors).toMatchObject([
      { message: expect.stringContaining('DateTime must be') },
    ]);
  });

  it('are written as the graph writes them', async () => {
    const ask = build(addScalars);
    expect(await ask('{ at }', new Date(day))).toEqual({ data: { at: day } });
    expect((await ask('{ at }', day)).errors).toHaveLength(1);
  });

  it('stay as they are in answers that others have made', async () => {
    const ask = build(checkScalarsOfClients);
    expect(await ask('{ at }', day)).toEqual({ data: { at: day } });
  });
});
