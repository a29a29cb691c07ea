import { describe, expect, it } from 'vitest';
import { useFederation } from './support/federation.ts';

const federation = useFederation({
  wallet: {
    sdl: `
      type Query { wallet(id: ID!, asOf: String @inaccessible): Wallet  facts: Facts @inaccessible  any: Thing }
      type Mutation { hold(input: HoldInput!): Boolean!  reserve: Boolean @inaccessible }
      type Wallet implements Kept @key(fields: "reference") {
        id: ID! label: String! reference: String! @inaccessible region: String! @inaccessible status: Status!
        keeper: Facts @inaccessible
      }
      interface Kept @inaccessible { reference: String! }
      type Facts @inaccessible { ownerId: ID! }
      enum Status { ACTIVE CLOSED SECRET @inaccessible }
      union Thing = Wallet | Facts
      input HoldInput { amount: String! backdoor: String @inaccessible }`,
    resolvers: {
      Query: {
        wallet: (_query, { id }) => ({
          ...{ id, label: 'Everyday', reference: `ref of ${id}`, region: 'eu' },
          status: id === 'wal_secret' ? 'SECRET' : 'ACTIVE',
        }),
        any: () => ({ __typename: 'Facts', ownerId: 'cus_1' }),
      },
      Mutation: { hold: () => true, reserve: () => true },
    },
  },
  ledger: {
    sdl: `
      type Wallet @key(fields: "reference") {
        reference: String! @inaccessible
        region: String! @external
        balance: String!
        shard: String! @requires(fields: "region")
      }`,
    resolvers: {
      Wallet: { balance: ({ reference }) => `balance of ${reference}`, shard: ({ region }) => `shard ${region}` },
    },
  },
});

describe('what is inaccessible', () => {
  it.each([
    ['{ wallet(id: "wal_1") { reference } }', 'a field'],
    ['{ facts { ownerId } }', 'a root field'],
    ['{ wallet(id: "wal_1", asOf: "now") { id } }', 'an argument'],
    ['{ wallet(id: "wal_1") { ... on Kept { reference } } }', 'an interface'],
    ['mutation { reserve }', 'a mutation'],
    ['mutation { hold(input: { amount: "1", backdoor: "x" }) }', 'a field of an input'],
    ['{ any { ... on Facts { ownerId } } }', 'a member of a union'],
  ])('cannot be asked for: %s', async (query) => {
    const { data, errors } = await federation.ask(query);
    expect(data).toBeUndefined();
    expect(errors).toMatchObject([{ extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } }]);
    expect(federation.asked('wallet')).toEqual([]);
  });

  it('cannot be given in variables', async () => {
    const query = 'mutation ($input: HoldInput!) { hold(input: $input) }';
    const { errors } = await federation.ask(query, { variables: { input: { amount: '1', backdoor: 'x' } } });
    expect(errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' } }]);
    expect(federation.asked('wallet')).toEqual([]);
  });

  it('is not shown by introspection', async () => {
    const query = `{ __schema { types { name fields { name args { name } } inputFields { name } enumValues { name } } } }`;
    const shown = JSON.stringify(await federation.ask(query));
    expect(shown).toContain('balance');
    expect(shown).not.toMatch(/"(?:reference|region|keeper|facts|Facts|Kept|asOf|SECRET|backdoor|reserve)"/);
  });

  it('serves as a key and as a requirement nevertheless', async () => {
    expect(await federation.ask('{ wallet(id: "wal_1") { label balance shard } }')).toEqual({
      data: { wallet: { label: 'Everyday', balance: 'balance of ref of wal_1', shard: 'shard eu' } },
    });
  });

  it('does not come out as a value', async () => {
    const { data, errors } = await federation.ask('{ wallet(id: "wal_secret") { id status } }');
    expect(data).toEqual({ wallet: null });
    expect(errors).toMatchObject([{ path: ['wallet', 'status'] }]);
    expect(JSON.stringify(errors)).not.toContain('SECRET');
  });

  it('does not come out as a type', async () => {
    const answer = await federation.ask('{ any { __typename } }');
    expect(answer.data).toEqual({ any: null });
    expect(JSON.stringify(answer)).not.toContain('Facts');
  });
});
