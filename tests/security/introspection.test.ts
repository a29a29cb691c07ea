import { readFileSync } from 'node:fs';
import { databaseNames } from '@paygraph/database';
import { post } from '@paygraph/gateway/testing';
import { getIntrospectionQuery } from 'graphql';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { commands } from '../support/contracts.ts';
import { usePlatform } from '../support/journey.ts';
import { startTestPlatform, type TestPlatform } from '../support/platform.ts';

const supergraph = readFileSync(new URL('../../supergraph.graphql', import.meta.url), 'utf8');

/** What only composition and services know of: names of the supergraph that no client may ever read. */
const internals = [
  ...new Set([...supergraph.matchAll(/\b(?:join|link|requiresScopes|authenticated)__\w+/g)].map(String)),
];

describe('in development', () => {
  const platform = usePlatform('one process');

  it('the schema that is shown has nothing of what is for services, nor of where they are', async () => {
    const { status, body } = await post(platform().url, getIntrospectionQuery());
    const shown = JSON.stringify(body);
    expect(status).toBe(200);
    expect(shown).toContain('"createPayment"');
    for (const name of [...internals, ...commands.map((command) => command.name), '_entities', '_service', '_Any'])
      expect(shown).not.toContain(`"${name}"`);
    expect(shown).not.toMatch(/https?:\/\/[\w.]*:\d/);
  });

  it.each([
    '_service { sdl }',
    '_entities(representations: []) { __typename }',
    '__type(name: "join__Graph") { name }',
  ])('there is no %s', async (field) => {
    const { body } = await post(platform().url, `{ found: ${field} }`);
    expect(body.data?.found ?? null).toBeNull();
  });
});

describe('in production', () => {
  let platform: TestPlatform;
  beforeAll(async () => {
    vi.stubEnv('NODE_ENV', 'production');
    platform = await startTestPlatform('one process').finally(() => vi.unstubAllEnvs());
  }, 120_000);
  afterAll(() => platform?.stop());

  const textOf = async (query: string, variables: Record<string, unknown> = {}) => {
    const { body } = await post(platform.url, query, { variables });
    return JSON.stringify(body);
  };

  it.each([
    ['the whole schema', getIntrospectionQuery()],
    ['the schema', '{ __schema { types { name } } }'],
    ['a type', '{ __type(name: "Wallet") { fields { name } } }'],
    ['a type under an alias', '{ currencies: __type(name: "Wallet") { name } }'],
    ['a type in a fragment', '{ ...F } fragment F on Query { ... { __type(name: "Wallet") { name } } }'],
    [
      'a type under a condition',
      'query ($no: Boolean = false) { currencies { code } __schema @skip(if: $no) { types { name } } }',
    ],
    [
      'a type beside a mutation',
      'mutation { __typename logOut { __typename } } query Q { __schema { types { name } } }',
    ],
  ])('strangers are not shown %s', async (_what, query) => {
    const { status, body } = await post(platform.url, query);
    expect(status).toBe(400);
    expect(body.data).toBeUndefined();
  });

  it.each<[string, string, Record<string, unknown>?]>([
    ['a field', '{ currencie { code } }'],
    ['a field of a type', '{ currencies { cod } }'],
    ['an argument', '{ exchangeRate(bas: "USD", quote: "EUR") { mid } }'],
    ['a type', '{ viewer { ... on Custome { id } } }'],
    ['a value', '{ payments(orderBy: NEWEST) { nodes { id } } }'],
    ['a field of an input', 'mutation { logIn(input: { emai: "a@b.co", password: "x" }) { __typename } }'],
    [
      'a field of an input that comes in a variable',
      'mutation ($input: LogInInput!) { logIn(input: $input) { __typename } }',
      { input: { emai: 'a@b.co', password: 'x' } },
    ],
    [
      'a value that comes in a variable',
      'query ($order: PaymentOrder!) { payments(orderBy: $order) { nodes { id } } }',
      { order: 'NEWEST' },
    ],
  ])('strangers who misspell %s are told no other name', async (_what, query, variables) => {
    expect(await textOf(query, variables)).not.toMatch(/Did you mean|NEWEST_FIRST/);
  });

  it('what is for services is as unknown as what nobody has thought of', async () => {
    for (const { operation, name } of commands) {
      const other = 'x'.repeat(name.length);
      expect(await textOf(operation)).toBe((await textOf(operation.replaceAll(name, other))).replaceAll(other, name));
    }
  });

  it('subgraphs show neither their schema nor their SDL, not even to staff', async () => {
    for (const name of databaseNames) {
      const url = platform.addressOf(name);
      for (const authorization of [{}, { authorization: `Bearer ${platform.operator.accessToken}` }])
        for (const query of ['{ _service { sdl } }', '{ __schema { types { name } } }', '{ vieweer { id } }']) {
          const { body } = await post(url, query, authorization);
          expect((body.data?._service as { sdl: unknown } | null | undefined)?.sdl ?? null).toBeNull();
          expect(body.data?.__schema ?? null).toBeNull();
          expect(JSON.stringify(body)).not.toMatch(/Did you mean|type Query/);
        }
    }
  });
});
