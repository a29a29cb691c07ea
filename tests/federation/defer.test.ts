import { expect, it } from 'vitest';
import { useFederation } from './support/federation.ts';

const payments = ['pay_1', 'pay_2'].map((id) => ({ id, payer: { id: `wal of ${id}` } }));

const federation = useFederation({
  payments: {
    sdl: `
      type Query { payments: [Payment!]!  payment: Payment  missing: Payment }
      type Mutation { pay: Payment }
      type Payment @key(fields: "id") { id: ID!  payer: Wallet }
      type Wallet @key(fields: "id", resolvable: false) { id: ID! }`,
    resolvers: {
      Query: { payments: () => payments, payment: () => payments[0], missing: () => null },
      Mutation: { pay: () => payments[1] },
      Payment: { reference: ({ id }) => payments.find((one) => one.id === id) },
    },
  },
  wallets: {
    sdl: 'type Wallet @key(fields: "id") { id: ID!  label(in: String): String  nothing: String  secret: String! }',
    resolvers: {
      Wallet: {
        label: ({ id }, { in: language }) => `${id} in ${language ?? 'any'}`,
        nothing: () => null,
        secret: () => {
          throw Object.assign(new Error('not yours'), { extensions: { code: 'FORBIDDEN' } });
        },
      },
    },
  },
  risk: {
    sdl: 'type Payment @key(fields: "id") { id: ID!  score: Int }',
    resolvers: { Payment: { score: () => 7 } },
  },
});

const inParts = 'multipart/mixed;deferSpec=20220824, application/json';

interface Incremental {
  readonly data: unknown;
  readonly path: readonly (string | number)[];
  readonly label?: string;
  readonly errors?: readonly unknown[];
}
interface Part {
  readonly data?: unknown;
  readonly incremental?: readonly Incremental[];
  readonly hasNext?: boolean;
}

async function ask(query: string, { accept = inParts, variables = {} }: { accept?: string; variables?: object } = {}) {
  const response = await fetch(federation.url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept },
    body: JSON.stringify({ query, variables }),
  });
  return { status: response.status, type: response.headers.get('content-type') ?? '', body: await response.text() };
}

/** The parts of a body, each of which must be whole, and what came later, whichever part it came in. */
async function partsOf(query: string, variables = {}) {
  const { type, body } = await ask(query, { variables });
  expect(type).toBe('multipart/mixed; boundary="-"; deferSpec=20220824');
  expect(body.startsWith('\r\n---\r\n') && body.endsWith('\r\n-----\r\n')).toBe(true);
  const parts = body
    .slice(0, -'\r\n-----\r\n'.length)
    .split('\r\n---\r\n')
    .slice(1)
    .map((text) => {
      const [head, json = ''] = text.split('\r\n\r\n');
      expect(head).toBe('content-type: application/json; charset=utf-8');
      return JSON.parse(json) as Part;
    });
  const [first, ...more] = parts;
  expect(parts.map(({ hasNext }) => hasNext)).toEqual(parts.map((part) => part !== parts.at(-1)));
  return { first, later: more.flatMap(({ incremental = [] }) => incremental) };
}

it('what is not deferred comes first, the rest for each object at its place under its label', async () => {
  const { first, later } = await partsOf('{ all: payments { id ... @defer(label: "risk") { points: score } } }');
  expect(first).toEqual({ data: { all: [{ id: 'pay_1' }, { id: 'pay_2' }] }, hasNext: true });
  expect(later).toEqual([
    { data: { points: 7 }, path: ['all', 0], label: 'risk' },
    { data: { points: 7 }, path: ['all', 1], label: 'risk' },
  ]);
});

it('fragments that are deferred in others come after these, and all without labels have none', async () => {
  const { first, later } = await partsOf(
    `{ payment { id ...Risk @defer } }
     fragment Risk on Payment { score payer { id ... @defer(label: "inner") { en: label(in: "en") fr: label(in: "fr") } } }`,
  );
  expect(first?.data).toEqual({ payment: { id: 'pay_1' } });
  expect(later).toEqual([
    { data: { score: 7, payer: { id: 'wal of pay_1' } }, path: ['payment'] },
    {
      ...{ label: 'inner', path: ['payment', 'payer'] },
      data: { en: 'wal of pay_1 in en', fr: 'wal of pay_1 in fr' },
    },
  ]);
});

it('what is null is sent as null, and nothing is sent of an object that is null', async () => {
  const { first, later } = await partsOf(
    '{ missing { id ... @defer { score } } payment { payer { id ... @defer { nothing } } } }',
  );
  expect(first?.data).toEqual({ missing: null, payment: { payer: { id: 'wal of pay_1' } } });
  expect(later).toEqual([{ data: { nothing: null }, path: ['payment', 'payer'] }]);
});

it('an error comes with its part, at the place in the whole answer; null goes no further than that part', async () => {
  const { first, later } = await partsOf(
    '{ payment { id payer { id ... @defer(label: "broken") { label mine: secret } } ... @defer { score } } }',
  );
  expect(first).toEqual({ data: { payment: { id: 'pay_1', payer: { id: 'wal of pay_1' } } }, hasNext: true });
  expect(later).toHaveLength(2);
  expect(later).toContainEqual({ data: { score: 7 }, path: ['payment'] });
  expect(later).toContainEqual({
    ...{ data: null, path: ['payment', 'payer'], label: 'broken' },
    errors: [{ message: 'not yours', path: ['payment', 'payer', 'mine'], extensions: { code: 'FORBIDDEN' } }],
  });
});

it('below a mutation’s field it comes later as well', async () => {
  const { first, later } = await partsOf('mutation { pay { id ... @defer { score } } }');
  expect(first?.data).toEqual({ pay: { id: 'pay_2' } });
  expect(later).toEqual([{ data: { score: 7 }, path: ['pay'] }]);
});

it('its condition decides, also by a variable', async () => {
  const query = 'query ($later: Boolean!) { payment { id ... @defer(if: $later) { score } } }';
  expect((await partsOf(query, { later: true })).first?.data).toEqual({ payment: { id: 'pay_1' } });
  const { type, body } = await ask(query, { variables: { later: false } });
  expect(type).toContain('application/json');
  expect(JSON.parse(body)).toEqual({ data: { payment: { id: 'pay_1', score: 7 } } });
});

it.each(['application/json', 'application/graphql-response+json', '*/*', 'multipart/mixed, application/json'])(
  'who accepts %s alone gets all at once',
  async (accept) => {
    const { status, type, body } = await ask('{ payment { id ... @defer(label: "risk") { score } } }', { accept });
    expect({ status, json: type.includes('json') }).toEqual({ status: 200, json: true });
    expect(JSON.parse(body)).toEqual({ data: { payment: { id: 'pay_1', score: 7 } } });
  },
);

it('a label that is used twice is refused before anything runs', async () => {
  const query = '{ payment { ... @defer(label: "a") { score } payer { ... @defer(label: "a") { label } } } }';
  const { body } = await ask(query);
  expect(JSON.parse(body).errors).toMatchObject([{ extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } }]);
  expect(federation.asked('payments')).toEqual([]);
});
