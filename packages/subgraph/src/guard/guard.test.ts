import { anonymous, type Principal } from '@paygraph/auth';
import { createSourceEventStream, graphql, parse } from 'graphql';
import { describe, expect, it } from 'vitest';
import { buildGuardedSchema, type SchemaOptions } from '../schema.ts';

const link = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9",
  import: ["@key", "@authenticated", "@requiresScopes", "@policy", "@inaccessible", "@shareable"])`;

const person = (...scopes: string[]): Principal => ({
  kind: 'customer',
  id: 'cus_1',
  sessionId: 'ses_1',
  roles: ['CUSTOMER'],
  scopes: new Set(scopes),
  expiresAt: new Date(),
});
const service = (...scopes: string[]): Principal => ({
  kind: 'service',
  service: 'payment',
  scopes: new Set(scopes),
  expiresAt: new Date(),
});

function schemaOf(typeDefs: string, resolvers: SchemaOptions['resolvers'] = {}, rest: Partial<SchemaOptions> = {}) {
  return buildGuardedSchema({ typeDefs: `${link}\n${typeDefs}`, resolvers, ...rest });
}

/** The data, and the code of each error by its path. */
async function ask(schema: ReturnType<typeof schemaOf>, source: string, principal: Principal) {
  const { data, errors = [] } = await graphql({ schema, source, contextValue: { principal } });
  const refused = Object.fromEntries(errors.map(({ path, extensions }) => [path?.join('.'), extensions.code]));
  return { data: JSON.parse(JSON.stringify(data)), refused };
}

describe('a guarded field', () => {
  const schema = schemaOf(
    `type Query {
      own: Int @authenticated
      either: Int @requiresScopes(scopes: [["wallet:read"], ["wallet:read:any", "risk:read:any"]])
      friendly: Int @policy(policies: [["customer", "weekday"], ["service"]])
      both: Int @authenticated @requiresScopes(scopes: [["wallet:read"]]) @policy(policies: [["weekday"]])
      open: Int
    }`,
    { Query: { own: () => 1, either: () => 2, friendly: () => 3, both: () => 4, open: () => 5 } },
    {
      publicFields: { Query: ['open'] },
      policies: {
        weekday: () => true,
        customer: ({ kind }) => kind === 'customer',
        service: ({ kind }) => kind === 'service',
      },
    },
  );
  const everything = '{ own either friendly both open }';

  it('asks an anonymous caller to sign in, and leaves the rest of the answer alone', async () => {
    expect(await ask(schema, everything, anonymous)).toEqual({
      data: { own: null, either: null, friendly: null, both: null, open: 5 },
      refused: {
        own: 'UNAUTHENTICATED',
        either: 'UNAUTHENTICATED',
        friendly: 'UNAUTHENTICATED',
        both: 'UNAUTHENTICATED',
      },
    });
  });

  it('refuses a caller without the scopes', async () => {
    expect((await ask(schema, everything, person())).refused).toEqual({ either: 'FORBIDDEN', both: 'FORBIDDEN' });
    expect((await ask(schema, '{ either }', person('wallet:read:any'))).refused).toEqual({ either: 'FORBIDDEN' });
  });

  it('answers whoever holds one whole alternative', async () => {
    expect((await ask(schema, everything, person('wallet:read'))).refused).toEqual({});
    expect(await ask(schema, '{ either }', person('wallet:read:any', 'risk:read:any'))).toMatchObject({ refused: {} });
    expect((await ask(schema, '{ friendly }', service())).data).toEqual({ friendly: 3 });
  });

  it('is not resolved for a caller who is refused', async () => {
    let resolved = 0;
    const counting = schemaOf('type Query { a: Int @authenticated }', { Query: { a: () => ++resolved } });
    await ask(counting, '{ a }', anonymous);
    expect(resolved).toBe(0);
  });

  it('without a principal in the context is refused', async () => {
    const { data, errors } = await graphql({ schema, source: '{ own open }', contextValue: {} });
    expect(data).toMatchObject({ own: null, open: 5 });
    expect(errors?.[0]?.message).toBe('The context has no principal');
  });
});

describe('guards come', () => {
  const refusedFor = async (typeDefs: string, source: string, resolvers: SchemaOptions['resolvers'] = {}) =>
    (
      await ask(
        schemaOf(
          typeDefs,
          { Query: { a: () => ({ __typename: 'Wallet', id: '1', b: 'X' }) }, ...resolvers },
          { publicFields: { Query: ['a'] } },
        ),
        source,
        anonymous,
      )
    ).refused;

  it('from the type that a field stands on', async () => {
    // The root field itself is open only because it returns an interface.
    const refused = await refusedFor(
      'type Query { a: Thing } interface Thing { id: ID } type Wallet implements Thing @authenticated { id: ID b: String }',
      '{ a { id ... on Wallet { b } } }',
    );
    expect(refused).toEqual({ 'a.id': 'UNAUTHENTICATED', 'a.b': 'UNAUTHENTICATED' });
  });

  it.each([
    ['object', 'type Wallet @authenticated { b: String }', '{ b }'],
    ['enum', 'enum Thing @authenticated { X } type Wallet { b: String }', ''],
    ['scalar', 'scalar Thing @authenticated type Wallet { b: String }', ''],
  ])('from the %s type that a field returns, in lists too', async (kind, types, selection) => {
    const returned = kind === 'object' ? 'Wallet' : 'Thing';
    const schema = schemaOf(`type Query { a: [${returned}!] } ${types}`, { Query: { a: () => [] } });
    expect((await ask(schema, `{ a ${selection} }`, anonymous)).refused).toEqual({ a: 'UNAUTHENTICATED' });
    expect((await ask(schema, `{ a ${selection} }`, person())).refused).toEqual({});
  });

  it('from no interface: federation allows no guard there that could be overlooked', () => {
    expect(() => schemaOf('type Query { a: Thing } interface Thing @authenticated { id: ID }')).toThrow(
      'cannot be applied on interfaces',
    );
  });

  it('from an extension of the type', async () => {
    const refused = await refusedFor(
      'type Query { a: Thing } interface Thing { id: ID } type Wallet implements Thing { id: ID } extend type Wallet @authenticated { b: String }',
      '{ a { id } }',
    );
    expect(refused).toEqual({ 'a.id': 'UNAUTHENTICATED' });
  });

  it('from directives that were renamed by the link, or not imported', async () => {
    const schema = buildGuardedSchema({
      typeDefs: `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9",
          import: [{ name: "@authenticated", as: "@signedIn" }])
        type Query { a: Int @signedIn b: Int @federation__requiresScopes(scopes: [["forex:read"]]) }`,
      resolvers: { Query: { a: () => 1, b: () => 2 } },
    });
    expect((await ask(schema, '{ a b }', anonymous)).refused).toEqual({ a: 'UNAUTHENTICATED', b: 'UNAUTHENTICATED' });
    expect((await ask(schema, '{ a b }', person('forex:read'))).data).toEqual({ a: 1, b: 2 });
  });

  it('before the source of a subscription is opened', async () => {
    let opened = 0;
    const schema = schemaOf(
      'type Query { a: Int } type Subscription { ticks: Int @requiresScopes(scopes: [["forex:read"]]) }',
      {
        Query: { a: () => 1 },
        Subscription: {
          ticks: {
            subscribe: async function* () {
              opened += 1;
              yield { ticks: 1 };
            },
          },
        },
      },
      { publicFields: { Query: ['a'] } },
    );
    const document = parse('subscription { ticks }');
    const open = (principal: Principal) => createSourceEventStream({ schema, document, contextValue: { principal } });
    expect(await open(person())).toMatchObject({ errors: [{ extensions: { code: 'FORBIDDEN' } }] });
    expect(opened).toBe(0);
    expect(Symbol.asyncIterator in (await open(person('forex:read')))).toBe(true);
  });
});

describe('an @inaccessible field', () => {
  const schema = schemaOf(
    `type Query { post: Int @inaccessible @requiresScopes(scopes: [["ledger:post"]]) }
     type Wallet @key(fields: "id shard") {
       id: ID!
       shard: Int @inaccessible
       owner: String @inaccessible @authenticated
       reserve: String @inaccessible
     }`,
    {
      Query: { post: () => 1 },
      Wallet: { __resolveReference: () => ({ id: '1', shard: 2, owner: 'cus_1', reserve: 'x' }) },
    },
    { gatewayFields: ['Wallet.owner'] },
  );
  const wallet =
    '{ _entities(representations: [{ __typename: "Wallet", id: "1" }]) { ... on Wallet { id shard owner reserve } } }';

  it('is a service’s, and nobody else’s whatever scopes they hold', async () => {
    expect((await ask(schema, '{ post }', person('ledger:post'))).refused).toEqual({ post: 'FORBIDDEN' });
    expect((await ask(schema, '{ post }', service())).refused).toEqual({ post: 'FORBIDDEN' });
    expect((await ask(schema, '{ post }', service('ledger:post'))).data).toEqual({ post: 1 });
  });

  it('is the gateway’s to read for a customer when it is a key, or declared to be read', async () => {
    expect(await ask(schema, wallet, person())).toEqual({
      data: { _entities: [{ id: '1', shard: 2, owner: 'cus_1', reserve: null }] },
      refused: { '_entities.0.reserve': 'FORBIDDEN' },
    });
    expect((await ask(schema, wallet, service())).refused).toEqual({});
  });
});

describe('_entities', () => {
  let loaded = 0;
  const load = <Entity>(entity: Entity): Entity => {
    loaded += 1;
    return entity;
  };
  const schema = schemaOf(
    `type Query { a: Int }
     type Wallet @key(fields: "id") { id: ID! label: String @requiresScopes(scopes: [["wallet:read"]]) }
     type Secret @key(fields: "id") @requiresScopes(scopes: [["risk:read:any"]]) { id: ID! score: Int }
     type Currency @key(fields: "code") { code: ID! name: String }
     type Note { text: String }`,
    {
      Query: { a: () => 1 },
      Wallet: { __resolveReference: ({ id }: { id: string }) => load({ id, label: 'mine' }) },
      Secret: { __resolveReference: async ({ id }: { id: string }) => load({ id, score: 7 }) },
      Currency: { __resolveReference: ({ code }: { code: string }) => ({ code, name: 'Cedi' }) },
    },
    { publicFields: { Query: ['a'], Currency: ['name'] } },
  );
  const entities = (...types: string[]) =>
    `{ _entities(representations: [${types
      .map((type) => `{ __typename: "${type}", id: "1", code: "1" }`)
      .join(' ')}]) { __typename ... on Wallet { label } ... on Secret { score } ... on Currency { name } } }`;

  it('refuses each reference to a guarded type for itself, and does not load it', async () => {
    loaded = 0;
    expect(await ask(schema, entities('Secret', 'Wallet', 'Currency'), person('wallet:read'))).toEqual({
      data: {
        _entities: [null, { __typename: 'Wallet', label: 'mine' }, { __typename: 'Currency', name: 'Cedi' }],
      },
      refused: { '_entities.0': 'FORBIDDEN' },
    });
    expect(loaded).toBe(1);
  });

  it('tells strangers nothing of what has no public field, not even that it exists', async () => {
    loaded = 0;
    expect(await ask(schema, entities('Wallet', 'Secret', 'Currency'), anonymous)).toEqual({
      data: { _entities: [null, null, { __typename: 'Currency', name: 'Cedi' }] },
      refused: { '_entities.0': 'UNAUTHENTICATED', '_entities.1': 'UNAUTHENTICATED' },
    });
    expect(loaded).toBe(0);
  });

  it('guards the fields of what it loads', async () => {
    expect(await ask(schema, entities('Wallet'), person())).toMatchObject({
      data: { _entities: [{ label: null }] },
      refused: { '_entities.0.label': 'FORBIDDEN' },
    });
  });

  it.each(['Note', 'Nothing', 'Query', '__Schema'])('loads entities only, not a %s', async (type) => {
    expect((await ask(schema, entities(type), person())).refused).toEqual({ _entities: 'BAD_USER_INPUT' });
  });

  it('hides the SDL in production', async () => {
    const shown = schemaOf('type Query { a: Int }', {}, { publicFields: { Query: ['a'] } });
    const hidden = schemaOf('type Query { a: Int }', {}, { publicFields: { Query: ['a'] }, production: true });
    expect((await ask(shown, '{ _service { sdl } }', anonymous)).data._service.sdl).toContain('type Query');
    expect((await ask(hidden, '{ _service { sdl } }', anonymous)).data._service.sdl).toBeNull();
  });
});
