import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'graphql';
import { afterEach, describe, expect, it } from 'vitest';
import { composeSubgraphs } from '../compose.ts';
import { checkSchema } from './check.ts';
import { ManifestError, manifestOf, readManifests } from './manifest.ts';

const before = `
  type Query { payment(id: ID!, locale: String): Payment  payments(order: Order): [Payment!]!  party: Party  rates: [String!] }
  type Mutation { pay(input: PayInput!): Payment }
  interface Party { name: String!  since: String }
  type Person implements Party { name: String!  since: String }
  type Payment { id: ID!  state: State!  note: String  unused: String  payer: Party }
  input PayInput { amount: String!  note: String  tags: Tags }
  input Tags { first: String  second: String }
  enum State { PENDING CONFIRMED }
  enum Order { NEWEST OLDEST }`;

const supergraph = (sdl: string): string => {
  const link =
    'extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@inaccessible"])';
  return composeSubgraphs([{ name: 'payment', routingUrl: 'http://payment/graphql', sdl: link + sdl }]).supergraphSdl;
};

/** What the check says of `before` with some texts replaced. */
async function check(operations: string[], ...changes: (readonly [text: string, by: string])[]) {
  const after = changes.reduce((sdl, [text, by]) => {
    if (!sdl.includes(text)) throw new RangeError(`nothing to replace: ${text}`);
    return sdl.replace(text, by);
  }, before);
  return checkSchema({
    released: supergraph(before),
    next: supergraph(after),
    operations: operations.map((body, index) => ({
      ...{ client: 'web', name: `Op${index}`, id: String(index), body },
      document: parse(body),
    })),
  });
}

describe('the check of a schema', () => {
  it('has nothing to say of what only adds', async () => {
    const { broken, warnings } = await check(
      ['{ payment(id: 1) { id } }'],
      ['note: String ', 'note: String  more: Int '],
    );
    expect([broken, warnings]).toEqual([[], []]);
  });

  it('names each operation that a removed field breaks, the field and the change', async () => {
    const uses = [
      '{ payment(id: 1) { note } }',
      '{ payment(id: 1) { id } }',
      '{ payments { ...N } } fragment N on Payment { note }',
    ];
    expect(await check(uses, ['note: String  unused', 'unused'])).toEqual({
      broken: [
        "web: Op0: Field 'note' was removed from object type 'Payment' (Payment.note)",
        "web: Op2: Field 'note' was removed from object type 'Payment' (Payment.note)",
      ],
      warnings: [],
    });
  });

  it('warns of what breaks nobody that is known', async () => {
    const { broken, warnings } = await check(['{ payment(id: 1) { id } }'], ['unused: String', '']);
    expect(broken).toEqual([]);
    expect(warnings).toEqual([
      "no registered operation: Field 'unused' was removed from object type 'Payment' (Payment.unused)",
    ]);
  });

  it('counts what becomes inaccessible as removed', async () => {
    const { broken } = await check(['{ payment(id: 1) { note } }'], ['note: String ', 'note: String @inaccessible ']);
    expect(broken).toEqual([expect.stringContaining('(Payment.note)')]);
  });

  it.each([
    [
      'a type that changes',
      '{ payment(id: 1) { note } }',
      ['note: String  unused', 'note: Int  unused'],
      'Payment.note',
    ],
    [
      'a field that may be null from now on',
      '{ payment(id: 1) { state } }',
      ['state: State!', 'state: State'],
      'Payment.state',
    ],
    [
      'an argument that is given and goes',
      '{ payment(id: 1, locale: "de") { id } }',
      [', locale: String', ''],
      'Query.payment.locale',
    ],
    ['an argument that is asked for from now on', '{ rates }', ['rates:', 'rates(at: String!):'], 'Query.rates'],
    [
      'a value that a variable may have',
      'query($o: Order) { payments(order: $o) { id } }',
      ['NEWEST OLDEST', 'NEWEST'],
      'Order.OLDEST',
    ],
    [
      'a value that an answer may have',
      '{ payment(id: 1) { state } }',
      ['PENDING CONFIRMED', 'PENDING'],
      'State.CONFIRMED',
    ],
    [
      'a field of a variable',
      'mutation($i: PayInput!) { pay(input: $i) { id } }',
      ['  second: String', ''],
      'Tags.second',
    ],
    [
      'a field that an input asks for from now on',
      'mutation { pay(input: { amount: "1" }) { id } }',
      ['amount: String!', 'amount: String!  by: String!'],
      'PayInput',
    ],
    [
      'an interface’s field, used on the interface',
      '{ party { since } }',
      ['Party { name: String!  since: String }\n  type', 'Party { name: String! }\n  type'],
      'Party.since',
    ],
    [
      'a type that a fragment names',
      '{ party { ... on Person { name } } }',
      [
        'type Person implements Party { name: String!  since: String }',
        'type Other implements Party { name: String!  since: String }',
      ],
      'Person',
    ],
  ] as const)('finds %s', async (_what, operation, change, where) => {
    const { broken } = await check([operation], change);
    expect(broken.join('\n')).toMatch(new RegExp(`^web: Op0: .*\\(${where.replaceAll('.', '\\.')}`, 'm'));
  });

  it('lets an argument go that nobody gives, and says so', async () => {
    const { broken, warnings } = await check(['{ payment(id: 1) { id } }'], [', locale: String', '']);
    expect([broken, warnings]).toEqual([[], [expect.stringContaining('(Query.payment.locale)')]]);
  });

  it('warns whoever may meet a value that they do not know', async () => {
    const { broken, warnings } = await check(
      ['{ payment(id: 1) { state } }', '{ rates }'],
      ['CONFIRMED', 'CONFIRMED LOST'],
    );
    expect([broken, warnings]).toEqual([[], [expect.stringMatching(/^web: Op0: may be surprised: .*State\.LOST/)]]);
  });

  it('refuses an operation that was never valid', async () => {
    expect((await check(['{ payment(id: 1) { nonsense } }'])).broken).toEqual([
      'web: Op0: Cannot query field "nonsense" on type "Payment".',
    ]);
  });
});

describe('manifests', () => {
  let folder: string | undefined;
  afterEach(async () => {
    if (folder) await rm(folder, { recursive: true });
    folder = undefined;
  });
  const write = async (file: string, text: string) => {
    folder ??= await mkdtemp(join(tmpdir(), 'paygraph-manifests-'));
    await writeFile(join(folder, file), text);
    return folder;
  };

  it('are read from every file, each under the name of its client', async () => {
    await write('web.json', JSON.stringify(manifestOf(['query A { a }', 'mutation B { b }'])));
    const read = await readManifests(await write('ios.json', JSON.stringify(manifestOf(['query C { c }']))));
    expect(read.map(({ client, name }) => [client, name])).toEqual([
      ['ios', 'C'],
      ['web', 'A'],
      ['web', 'B'],
    ]);
  });

  it('name an operation by the hash of its text, as automatic persisted queries do', () => {
    expect(manifestOf(['query A { a }']).operations).toEqual([
      {
        id: '7d0eedabb966107835cf307a0ebaf93b5d2cb8c30228611ffe3d27a53c211a0c',
        name: 'A',
        type: 'query',
        body: 'query A { a }',
      },
    ]);
  });

  it.each([
    ['web.json: not JSON', '{'],
    ["web.json: not a persisted-query manifest of Apollo's: format", '{"version":1,"operations":[]}'],
    [
      'web.json: A: Syntax Error',
      '{"format":"apollo-persisted-query-manifest","version":1,"operations":[{"id":"1","name":"A","type":"query","body":"query A {"}]}',
    ],
  ])('that cannot be used are refused: %s', async (message, text) => {
    const reading = readManifests(await write('web.json', text));
    await expect(reading).rejects.toThrow(ManifestError);
    await expect(reading).rejects.toThrow(message);
  });

  it.each(['{ a }', 'query A { a } query B { b }', 'fragment F on A { a }'])('take no %j', (body) => {
    expect(() => manifestOf([body])).toThrow('not one operation with a name');
  });
});
