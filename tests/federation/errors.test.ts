import { describe, expect, it } from 'vitest';
import { useFederation } from './support/federation.ts';

const coded = (message: string, code: string, more: object = {}) =>
  Object.assign(new Error(message), { extensions: { code, ...more } });

const federation = useFederation(
  {
    payments: {
      sdl: `
        type Query { payments: [Payment]!  payment: Payment  refused: String  broken: String }
        type Payment @key(fields: "id") { id: ID! note: String secret: String payer: Wallet! }
        type Wallet @key(fields: "id", resolvable: false) { id: ID! }`,
      resolvers: {
        Query: {
          payments: () => ['pay_1', 'pay_2', 'pay_3'].map((id) => ({ id })),
          payment: () => ({ id: 'pay_1' }),
          refused: () => {
            throw coded('The period is too long', 'BAD_USER_INPUT', { field: ['period'] });
          },
          broken: () => {
            throw new Error('connect ECONNREFUSED 10.0.0.7:5432');
          },
        },
        Payment: {
          note: ({ id }) => {
            if (id === 'pay_2') throw coded('You may not see it', 'FORBIDDEN');
            return `note of ${id}`;
          },
          payer: ({ id }) => ({ id: `wal_${String(id).slice(4)}` }),
        },
      },
    },
    risk: {
      sdl: 'type Payment @key(fields: "id") { id: ID! score: Int reasons: [Reason!] } type Reason { code: String text: String }',
      resolvers: {
        Payment: {
          reference: async ({ id }) => {
            if (id === 'pay_3') throw coded('There is no assessment', 'NOT_FOUND');
            return { id };
          },
          score: ({ id }) => {
            if (id === 'pay_2') throw coded('Too many questions', 'RATE_LIMITED');
            return 7;
          },
          reasons: () => [{ code: 'A' }, { code: 'B' }],
        },
        Reason: {
          text: ({ code }) => {
            if (code === 'B') throw coded('There is no text', 'NOT_FOUND');
            return 'text';
          },
        },
      },
    },
    ledger: {
      sdl: 'type Query { books: [String] } type Wallet @key(fields: "id") { id: ID! balance: String }',
      resolvers: { Query: { books: () => [] }, Wallet: { balance: ({ id }) => `balance of ${id}` } },
    },
  },
  { subgraphCalls: () => ({ timeoutMs: 1_000 }) },
);

describe('an error of a subgraph', () => {
  it('that is meant for clients passes with its code and what goes with it', async () => {
    const { data, errors } = await federation.ask('{ refused }');
    expect(data).toEqual({ refused: null });
    expect(errors).toMatchObject([
      {
        message: 'The period is too long',
        path: ['refused'],
        extensions: { code: 'BAD_USER_INPUT', field: ['period'] },
      },
    ]);
  });

  it('that is not is masked, and logged', async () => {
    const { errors } = await federation.ask('{ broken }');
    expect(errors).toMatchObject([
      { message: 'Something went wrong', path: ['broken'], extensions: { code: 'INTERNAL_SERVER_ERROR' } },
    ]);
    expect(JSON.stringify(errors)).not.toMatch(/ECONNREFUSED|10\.0|stack/);
    expect(federation.logs.join()).toContain('ECONNREFUSED');
  });

  it('is told at its place in the answer', async () => {
    const { data, errors } = await federation.ask('{ all: payments { id remark: note } }');
    expect(data?.all).toEqual([
      { id: 'pay_1', remark: 'note of pay_1' },
      { id: 'pay_2', remark: null },
      { id: 'pay_3', remark: 'note of pay_3' },
    ]);
    expect(errors).toMatchObject([
      { message: 'You may not see it', path: ['all', 1, 'remark'], extensions: { code: 'FORBIDDEN' } },
    ]);
  });
});

describe('an error about one entity among others', () => {
  it('is told at that entity alone', async () => {
    const { data, errors } = await federation.ask('{ payments { id points: score } }');
    expect(data?.payments).toEqual([
      { id: 'pay_1', points: 7 },
      { id: 'pay_2', points: null },
      { id: 'pay_3', points: null },
    ]);
    const told = errors?.map(({ message, path }) => `${path?.join('.')}: ${message}`).sort();
    expect(told).toEqual([
      'payments.1.points: Too many questions',
      expect.stringMatching(/^payments\.2(?:\.points)?: There is no assessment$/),
    ]);
  });

  it('deeper below it is told with the whole path', async () => {
    const { data, errors } = await federation.ask('{ payment { why: reasons { code says: text } } }');
    expect(data?.payment).toEqual({
      why: [
        { code: 'A', says: 'text' },
        { code: 'B', says: null },
      ],
    });
    expect(errors?.map(({ path }) => path)).toEqual([['payment', 'why', 1, 'says']]);
  });

  it('is told in each place where the entity stands', async () => {
    const { errors } = await federation.ask('{ a: payments { score } b: payments { score } }');
    const places = errors?.filter(({ message }) => message === 'Too many questions').map(({ path }) => path);
    expect(places).toContainEqual(['a', 1, 'score']);
    expect(places).toContainEqual(['b', 1, 'score']);
  });
});

describe('a subgraph that fails', () => {
  const failing = async <T>(
    behaviour: Parameters<typeof federation.subgraphs.ledger.behave>[0],
    then: () => Promise<T>,
  ) => {
    federation.subgraphs.ledger.behave(behaviour);
    try {
      return await then();
    } finally {
      federation.subgraphs.ledger.behave('well');
    }
  };

  it.each([
    ['an error of its server', { status: 502, body: '<html>nginx at ledger-7.internal</html>' }],
    ['something else than JSON', { status: 200, body: 'ledger-7.internal says hello' }],
    ['JSON that is no answer', { status: 200, body: '[]' }],
    ['nothing', { status: 200, body: '' }],
    ['nothing in time', 'never'],
  ] as const)('with %s costs its own fields, and names no host', async (_, behaviour) => {
    const answer = await failing(behaviour, () => federation.ask('{ payments { id payer { id balance } } }'));
    expect(answer.data?.payments).toEqual(
      [1, 2, 3].map((n) => ({ id: `pay_${n}`, payer: { id: `wal_${n}`, balance: null } })),
    );
    expect(answer.errors?.length).toBeGreaterThan(0);
    for (const { path, extensions, message } of answer.errors ?? []) {
      expect(path?.[0]).toBe('payments');
      expect(extensions?.code).toBe('SUBGRAPH_UNAVAILABLE');
      expect(message).not.toMatch(/internal|127\.0|at /);
    }
    expect(JSON.stringify(answer)).not.toMatch(/ledger-7|127\.0\.0\.1|\.js/);
  });

  it('at its root field costs that field', async () => {
    const { data, errors } = await failing({ status: 500, body: '' }, () => federation.ask('{ books payment { id } }'));
    expect(data).toEqual({ books: null, payment: { id: 'pay_1' } });
    expect(errors).toMatchObject([{ path: ['books'], extensions: { code: 'SUBGRAPH_UNAVAILABLE' } }]);
  });

  it('is asked again as soon as it is back', async () => {
    await federation.subgraphs.ledger.crash();
    const { data } = await federation.ask('{ payment { payer { balance } } }');
    expect(data).toEqual({ payment: { payer: { balance: null } } });
    await federation.subgraphs.ledger.restart();
    expect(await federation.ask('{ payment { payer { balance } } }')).toEqual({
      data: { payment: { payer: { balance: 'balance of wal_1' } } },
    });
  });
});

describe('what is wrong with an operation', () => {
  it.each([
    ['{ payment { nothing } }', 'GRAPHQL_VALIDATION_FAILED'],
    ['{ payment {', 'GRAPHQL_PARSE_FAILED'],
    ['query A { __typename } query B { __typename }', 'OPERATION_RESOLUTION_FAILURE'],
    ['{ payment }', 'GRAPHQL_VALIDATION_FAILED'],
    ['{ payment { ...F } } fragment F on Payment { ...F }', 'GRAPHQL_VALIDATION_FAILED'],
  ])('is told before anybody is asked: %s', async (query, code) => {
    const { data, errors } = await federation.ask(query);
    expect(data).toBeUndefined();
    expect(errors?.[0]?.extensions).toMatchObject({ code });
    expect(federation.asked('payments')).toEqual([]);
  });
});
