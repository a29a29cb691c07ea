import { anonymous, type CustomerPrincipal, type Principal } from '@paygraph/auth';
import { composeSubgraphs } from '@paygraph/supergraph';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { loadGraph } from '../graph/graph.ts';
import { type LocalGraph, localGraph } from '../testing/local-graph.ts';

const person = (...scopes: string[]): CustomerPrincipal => ({
  ...{ kind: 'customer', id: 'cus_1', sessionId: 'ses_1', roles: ['CUSTOMER'] },
  scopes: new Set(scopes),
  expiresAt: new Date(Date.now() + 60_000),
});
const refused = (...path: string[]) => ({
  ...{ message: 'Unauthorized field or type', path },
  extensions: { code: 'UNAUTHORIZED_FIELD_OR_TYPE' },
});

const wallet = (id: unknown) => ({ __typename: 'Wallet', id, label: 'Everyday', currency: 'USD', pin: '1234' });
const shop = { __typename: 'Shop', name: 'Corner', rating: 5 };
const payment = {
  ...{ id: 'pay_1', amount: 5, secret: 'x', strict: 's', note: 'n' },
  ...{ wallet: wallet('wal_1'), wallets: [wallet('wal_1'), wallet('wal_2')], sure: { hidden: 'h', open: 'o' } },
};

let graph: LocalGraph;
beforeAll(() => {
  graph = localGraph(
    {
      payment: {
        sdl: `
          type Query {
            payment: Payment
            payments: [Payment!]!
            sealed: Sealed
            stamp: Stamp
            party: Party
            parties: [Party!]!
            owner: Owner
            named: Named
            audit: String @policy(policies: [["weekday"], ["auditor"]])
            both: String @authenticated @requiresScopes(scopes: [["a", "b"], ["c"]])
            required: String! @authenticated
            open: String
          }
          type Mutation { pay: Payment @requiresScopes(scopes: [["pay"]])  ping: String }
          type Payment @key(fields: "id") {
            id: ID!  amount: Int  note: String
            secret: String @authenticated
            strict: String! @authenticated
            wallet: Wallet
            wallets: [Wallet!]!
            sure: Sure!
          }
          type Sure { hidden: String! @authenticated  open: String }
          type Sealed @authenticated { id: ID }
          scalar Stamp @authenticated
          type Wallet @key(fields: "id", resolvable: false) { id: ID! }
          union Party = Person | Shop
          type Person @authenticated { name: String! }
          type Shop implements Named { name: String  rating: Int @authenticated }
          interface Named { name: String }
          type Brand implements Named { name: String @authenticated }
          interface Owner { id: ID }
          type Firm implements Owner @requiresScopes(scopes: [["firm"]]) { id: ID }
          type Man implements Owner { id: ID }`,
        resolvers: {
          Query: {
            payment: () => payment,
            payments: () => [payment],
            sealed: () => ({ id: '1' }),
            stamp: () => 'now',
            party: () => shop,
            parties: () => [shop, { __typename: 'Person', name: 'Ada' }],
            owner: () => ({ __typename: 'Man', id: '7' }),
            named: () => shop,
            ...{ audit: () => 'seen', both: () => 'both', required: () => 'it', open: () => 'open' },
          },
          Mutation: { pay: () => payment, ping: () => 'pong' },
          Payment: { reference: () => payment },
        },
      },
      wallet: {
        sdl: `type Wallet @key(fields: "id") {
          id: ID!
          label: String
          currency: String! @requiresScopes(scopes: [["wallet:read"]])
          pin: String @requiresScopes(scopes: [["wallet:read:any"]])
        }`,
        resolvers: { Wallet: { reference: ({ id }) => wallet(id) } },
      },
      risk: {
        sdl: `
          type Payment @key(fields: "id") {
            id: ID!
            secret: String @external
            score: Int @requires(fields: "secret") @authenticated
          }`,
        resolvers: { Payment: { reference: (it) => it, score: ({ secret }) => String(secret).length } },
      },
    },
    anonymous,
    { weekday: () => false, auditor: (principal) => principal.kind === 'customer' },
  );
});

beforeEach(() => {
  graph.requests.length = 0;
});

const ask = (source: string, as?: Principal) => graph.ask(source, {}, as);

describe('a field that the caller may not see', () => {
  it('is null with one error, and what the caller may see is answered', async () => {
    expect(await ask('{ open payment { amount secret } }')).toEqual({
      data: { open: 'open', payment: { amount: 5, secret: null } },
      errors: [refused('payment', 'secret')],
    });
    expect(await ask('{ open payment { amount secret } }', person())).toEqual({
      data: { open: 'open', payment: { amount: 5, secret: 'x' } },
    });
  });

  it('is not asked of any subgraph', async () => {
    await ask('{ open payment { amount secret wallet { label currency pin } } sealed { id } }');
    expect(graph.requests.map(({ subgraph }) => subgraph)).toEqual(['payment', 'wallet']);
    expect(graph.requests.map(({ query }) => query).join()).not.toMatch(/secret|sealed|currency|pin/);
  });

  it('takes with it what holds it where null is not allowed, without a word more', async () => {
    expect(await ask('{ open payment { id strict } }')).toEqual({
      data: { open: 'open', payment: null },
      errors: [refused('payment', 'strict')],
    });
    expect(await ask('{ open required }')).toEqual({ data: null, errors: [refused('required')] });
    expect(await ask('{ open payment { id sure { open hidden } } }')).toEqual({
      data: { open: 'open', payment: null },
      errors: [refused('payment', 'sure', 'hidden')],
    });
  });

  it('has one error however many items the list has in which it stands', async () => {
    const { data, errors } = await ask('{ payments { wallets { id label pin } } }');
    const item = (id: string) => ({ id, label: 'Everyday', pin: null });
    expect(data).toEqual({ payments: [{ wallets: [item('wal_1'), item('wal_2')] }] });
    expect(errors).toEqual([refused('payments', '@', 'wallets', '@', 'pin')]);
    expect(await ask('{ open payments { wallets { id currency } } }')).toEqual({
      data: null,
      errors: [refused('payments', '@', 'wallets', '@', 'currency')],
    });
  });

  it('keeps its alias: each has an error of its own', async () => {
    expect(await ask('{ payment { one: secret two: secret amount: secret n: amount } }')).toEqual({
      data: { payment: { one: null, two: null, amount: null, n: 5 } },
      errors: ['one', 'two', 'amount'].map((name) => refused('payment', name)),
    });
  });

  it('does not count where it is not selected', async () => {
    const source = 'query ($with: Boolean!) { open both @include(if: $with) required @skip(if: true) }';
    expect(await graph.ask(source, { with: false })).toEqual({ data: { open: 'open' } });
    expect(await graph.ask(source, { with: true })).toMatchObject({ errors: [refused('both')] });
    expect(await graph.ask(source, { with: true }, person('c'))).toEqual({ data: { open: 'open', both: 'both' } });
  });

  it('is told in an order that does not depend on what is answered', async () => {
    const { errors } = await ask('{ both payment { secret strict } audit }');
    expect(errors).toEqual([
      refused('both'),
      refused('payment', 'secret'),
      refused('payment', 'strict'),
      refused('audit'),
    ]);
  });
});

describe('what is asked for', () => {
  it.each<[string, Principal, boolean]>([
    ['nobody', anonymous, false],
    ['somebody without scopes', person(), false],
    ['somebody with half of an alternative', person('a'), false],
    ['somebody with a whole one', person('a', 'b'), true],
    ['somebody with the other', person('c'), true],
  ])('are a session and one whole alternative of scopes: %s', async (_who, as, isSeen) => {
    expect((await ask('{ both }', as)).data).toEqual({ both: isSeen ? 'both' : null });
  });

  it('is one whole alternative of policies', async () => {
    expect((await ask('{ audit }', person())).data).toEqual({ audit: 'seen' });
    expect(await ask('{ audit }')).toEqual({ data: { audit: null }, errors: [refused('audit')] });
  });

  it('is never met by nobody, also where there is no principal at all', async () => {
    const nobody = undefined as unknown as Principal;
    const caller = { ...graph.scope, principal: nobody };
    const prepared = await graph.pipeline.prepare({ source: '{ payment { secret } }' }, caller);
    expect(prepared).toMatchObject({ kind: 'operation', executable: { refusals: [refused('payment', 'secret')] } });
  });

  it('stands on types as well as on fields', async () => {
    expect(await ask('{ sealed { id } stamp }')).toEqual({
      data: { sealed: null, stamp: null },
      errors: [refused('sealed'), refused('stamp')],
    });
    expect((await ask('{ sealed { id } stamp }', person())).data).toEqual({ sealed: { id: '1' }, stamp: 'now' });
  });
});

describe('nothing is planned', () => {
  it('of what has nothing left in it', async () => {
    expect(await ask('{ payment { secret wallet { pin } } }')).toEqual({
      data: { payment: null },
      errors: [refused('payment', 'secret'), refused('payment', 'wallet', 'pin')],
    });
    expect(graph.requests).toEqual([]);
  });

  it('of a mutation that the caller may not run, nor of one of whose result nothing may be seen', async () => {
    expect(await ask('mutation { pay { id } }', person())).toEqual({ data: { pay: null }, errors: [refused('pay')] });
    expect(await ask('mutation { pay { strict } }', anonymous)).toEqual({
      data: { pay: null },
      errors: [refused('pay')],
    });
    expect(await ask('mutation { ...P } fragment P on Mutation { pay { id } }')).toMatchObject({ data: { pay: null } });
    expect(graph.requests).toEqual([]);
    expect(await ask('mutation { ping pay { id } again: ping }')).toEqual({
      data: { ping: 'pong', pay: null, again: 'pong' },
      errors: [refused('pay')],
    });
    expect(graph.requests.map(({ query }) => query).join()).not.toContain('pay');
  });

  it('nor charged of what is removed', async () => {
    const costOf = async (source: string, as: Principal = anonymous) => {
      const prepared = await graph.pipeline.prepare({ source }, { ...graph.scope, principal: as });
      return prepared.kind === 'operation' ? prepared.cost : undefined;
    };
    expect(await costOf('{ open sealed { id } payment { id sure { hidden } } }')).toBe(
      await costOf('{ payment { id } }'),
    );
    expect(await costOf('{ sealed { id } }', person())).toBeGreaterThan((await costOf('{ sealed { id } }')) ?? 0);
  });

  it('of an operation that is empty, while what it says of the schema is answered', async () => {
    expect(
      (await ask('{ ...Q __typename __schema { queryType { name } } } fragment Q on Query { both }')).data,
    ).toEqual({
      both: null,
      __typename: 'Query',
      __schema: { queryType: { name: 'Query' } },
    });
    expect(graph.requests).toEqual([]);
  });
});

describe('fragments', () => {
  it('named and inline, are looked into wherever they are spread', async () => {
    const source = `
      { payment { ...Parts ... on Payment { second: secret } ... { third: secret } again: wallet { ...Safe } } }
      fragment Parts on Payment { id secret wallet { ...Safe } }
      fragment Safe on Wallet { label pin }`;
    const { data, errors } = await ask(source);
    const safe = { label: 'Everyday', pin: null };
    expect(data).toEqual({
      payment: { id: 'pay_1', secret: null, wallet: safe, second: null, third: null, again: safe },
    });
    expect(errors?.map(({ path }) => path?.join('.'))).toEqual([
      'payment.secret',
      'payment.wallet.pin',
      'payment.second',
      'payment.third',
      'payment.again.pin',
    ]);
  });

  it('spread twice at one place make one error', async () => {
    const source =
      '{ payment { id ...S ...S ...T } } fragment S on Payment { secret } fragment T on Payment { secret }';
    expect((await ask(source)).errors).toEqual([refused('payment', 'secret')]);
  });

  it('of which a part stands below what is removed, and another part does not, are told apart', async () => {
    const source = `{ payment { wallet { ...W } } sealed { id } payments { wallets { ...W } secret } }
      fragment W on Wallet { id label }`;
    const { data } = await ask(source);
    expect(data).toMatchObject({ payment: { wallet: { id: 'wal_1' } }, payments: [{ secret: null }], sealed: null });
  });

  it('in fragments cannot make an answer of errors without end', async () => {
    const levels = Array.from({ length: 30 }, (_, level) => {
      const below = level === 29 ? 'secret' : `...F${level + 1}`;
      return `fragment F${level} on Payment { wallet { id } ${below} }`;
    });
    const wide = Array.from({ length: 1_001 }, (_, index) => `s${index}: secret`).join(' ');
    expect((await ask(`{ payment { ...F0 } } ${levels.join(' ')}`)).errors).toEqual([refused('payment', 'secret')]);
    expect(await ask(`{ payment { ${wide} } }`)).toMatchObject({
      errors: [{ extensions: { code: 'OPERATION_TOO_COMPLEX' } }],
    });
  });
});

describe('an interface', () => {
  it('asks for a field what any type does that implements it', async () => {
    expect(await ask('{ named { __typename name } }')).toEqual({
      data: { named: { __typename: 'Shop', name: null } },
      errors: [refused('named', 'name')],
    });
    expect((await ask('{ named { name } }', person())).data).toEqual({ named: { name: 'Corner' } });
  });

  it('leaves open what is asked for by type', async () => {
    const source = '{ named { ... on Shop { name } ... on Brand { name } } }';
    expect(await ask(source)).toEqual({ data: { named: { name: 'Corner' } }, errors: [refused('named', 'name')] });
    const mixed = '{ named { name ... on Shop { name } } }';
    expect(await ask(mixed)).toEqual({ data: { named: { name: 'Corner' } }, errors: [refused('named', 'name')] });
  });

  it('asks for all that the types ask that implement it', async () => {
    expect(await ask('{ owner { id } }', person())).toMatchObject({ data: { owner: null } });
    expect((await ask('{ owner { id } }', person('firm'))).data).toEqual({ owner: { id: '7' } });
  });
});

describe('a union', () => {
  it('shows of each type what the caller may see of it', async () => {
    const source = '{ parties { __typename ... on Shop { name rating } ... on Person { who: name } } }';
    const { data, errors } = await ask(source);
    expect(data).toBeNull();
    expect(errors?.map(({ path }) => path?.join('.'))).toEqual(['parties.@.rating', 'parties.@.who']);
    expect((await ask('{ party { ... on Shop { name rating } ... on Person { who: name } } }')).data).toEqual({
      party: { name: 'Corner', rating: null },
    });
    expect((await ask(source, person())).data).toEqual({
      parties: [
        { __typename: 'Shop', name: 'Corner', rating: 5 },
        { __typename: 'Person', who: 'Ada' },
      ],
    });
  });
});

describe('what the gateway itself fetches', () => {
  it('for a @requires is fetched whatever the client selects, and shown only where it may be seen', async () => {
    expect((await ask('{ payment { score } }', person())).data).toEqual({ payment: { score: 1 } });
    expect((await ask('{ payment { score secret } }', person())).data).toEqual({ payment: { score: 1, secret: 'x' } });
    expect((await ask('{ payment { amount score secret } }')).data).toEqual({
      payment: { amount: 5, score: null, secret: null },
    });
  });
});

describe('what is deferred', () => {
  const source = '{ payment { id ... @defer(label: "later") { wallet { label pin } } ... @defer { secret } } }';

  it('is left out where it may not be seen; the first part tells of it', async () => {
    expect(await graph.askInParts(source)).toEqual([
      {
        data: { payment: { id: 'pay_1', secret: null } },
        errors: [refused('payment', 'wallet', 'pin'), refused('payment', 'secret')],
        hasNext: true,
      },
      {
        incremental: [{ data: { wallet: { label: 'Everyday', pin: null } }, path: ['payment'], label: 'later' }],
        hasNext: false,
      },
    ]);
  });

  it('comes at once when nothing of it is left', async () => {
    expect(await graph.askInParts('{ payment { id ... @defer { secret } } }')).toEqual([
      { data: { payment: { id: 'pay_1', secret: null } }, errors: [refused('payment', 'secret')] },
    ]);
    expect(await graph.askInParts('{ open sealed { ... @defer { id } } }')).toEqual([
      { data: { open: 'open', sealed: null }, errors: [refused('sealed')] },
    ]);
  });
});

describe('the decision', () => {
  const executable = async (as: Principal, source = '{ open both payment { secret } }') => {
    const prepared = await graph.pipeline.prepare({ source }, { ...graph.scope, principal: as });
    return prepared.kind === 'operation' ? prepared.executable : undefined;
  };

  it('is made once for all who meet the same of what an operation asks for', async () => {
    expect(await executable(person('x'))).toBe(await executable(person('y', 'a')));
    expect(await executable(person('c'))).toBe(await executable(person('a', 'b')));
    expect(await executable(anonymous)).toBe(await executable(anonymous));
  });

  it('is not mistaken for that of somebody who may see something else', async () => {
    const all = await Promise.all([anonymous, person(), person('c')].map((each) => executable(each)));
    expect(new Set(all).size).toBe(3);
    for (const _round of [1, 2]) {
      expect((await ask('{ open both }')).data).toEqual({ open: 'open', both: null });
      expect((await ask('{ open both }', person('c'))).data).toEqual({ open: 'open', both: 'both' });
    }
  });
});

it('a supergraph whose directives ask for nothing is not loaded', () => {
  const sdl = (scopes: string) => `
    extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@requiresScopes"])
    type Query { a: Int @requiresScopes(scopes: ${scopes}) }`;
  const load = (scopes: string) =>
    loadGraph(composeSubgraphs([{ name: 'a', routingUrl: 'http://a:1/', sdl: sdl(scopes) }]).supergraphSdl);
  expect(() => load('[["a"], []]')).toThrow('would let everybody in');
  expect(() => load('[["a"]]')).not.toThrow();
});
