import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CompositionError, composeSubgraphs, composeSupergraph } from './compose.ts';
import { SupergraphConfigError } from './config.ts';

const federation = (imports: string): string =>
  `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: [${imports}])\n`;

const wallet = {
  name: 'wallet',
  routingUrl: 'http://wallet:4000/graphql',
  sdl: `${federation('"@key"')} type Query { wallets: [Wallet!]! } type Wallet @key(fields: "id") { id: ID! label: String! }`,
};

const ledger = (fields: string, requires = '@requires', imports = '"@key", "@external", "@requires"') => ({
  name: 'ledger',
  routingUrl: 'http://ledger:4000/graphql',
  sdl: `${federation(imports)}
    type Wallet @key(fields: "id") {
      id: ID!
      owner: Owner @external
      balance: String ${requires}(fields: ${JSON.stringify(fields)})
    }
    type Owner { names: Names @external }
    type Names { legal(locale: String): String @external  short: String @external }`,
});

const profile = {
  name: 'profile',
  routingUrl: 'http://profile:4000/graphql',
  sdl: `${federation('"@key"')}
    type Wallet @key(fields: "id") { id: ID! owner: Owner }
    type Owner { names: Names }
    type Names { legal(locale: String): String  short: String }`,
};

describe('composing the supergraph', () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'supergraph-'));
  });
  afterEach(() => rm(directory, { recursive: true }));

  const configure = async (yaml: string): Promise<string> => {
    await writeFile(join(directory, 'wallet.graphql'), wallet.sdl);
    const file = join(directory, 'supergraph.yaml');
    await writeFile(file, yaml);
    return file;
  };

  it('reads the schema files next to the configuration', async () => {
    const file = await configure(`
      federation_version: =2.14.4
      subgraphs:
        wallet:
          routing_url: http://wallet:4000/graphql
          schema: { file: ./wallet.graphql }
    `);
    const { supergraphSdl } = await composeSupergraph(file);
    expect(supergraphSdl).toContain('WALLET @join__graph(name: "wallet", url: "http://wallet:4000/graphql")');
  });

  it('gives the same text whatever the order of the subgraphs', () => {
    const forward = composeSubgraphs([wallet, profile, ledger('owner { names { short legal } }')]);
    const backward = composeSubgraphs([ledger('owner { names { short legal } }'), profile, wallet]);
    expect(backward.supergraphSdl).toBe(forward.supergraphSdl);
  });

  it.each([
    ['federation_version: =2.14.4\nsubgraphs: {}', 'subgraphs'],
    ['federation_version: 2\nsubgraphs: { a: { routing_url: "http://a", schema: { file: a } } }', 'federation_version'],
    ['federation_version: =2.14.4\nsubgraphs: { a: { schema: { file: a } } }', 'subgraphs.a.routing_url'],
    [
      'federation_version: =2.14.4\nsubgraphs: { a: { routing_url: "http://a", schema: { subgraph_url: "http://a" } } }',
      'subgraphs.a.schema.file',
    ],
    ['federation_version: =2.14.4\nsubgraphs: { a: { routing_url: "http://a", schema: { file: absent } } }', 'absent'],
    [
      'federation_version: =2.9.0\nsubgraphs: { a: { routing_url: "http://a", schema: { file: wallet.graphql } } }',
      '2.9.0',
    ],
    ['a: [', 'supergraph.yaml'],
  ])('refuses %j and names %s', async (yaml, named) => {
    const composing = composeSupergraph(await configure(yaml));
    await expect(composing).rejects.toThrow(SupergraphConfigError);
    await expect(composing).rejects.toThrow(named);
  });

  it('lists what does not compose', () => {
    const other = { ...profile, sdl: profile.sdl.replace('owner: Owner', 'owner: Owner label: Int') };
    expect(() => composeSubgraphs([wallet, other])).toThrow(CompositionError);
    expect(() => composeSubgraphs([wallet, other])).toThrow(/Wallet\.label/);
    expect(() => composeSubgraphs([{ ...wallet, sdl: 'type Query {' }])).toThrow(/\[wallet\] Syntax Error/);
  });
});

describe('arguments inside @requires', () => {
  it.each([
    ['in plain sight', ledger('owner { names { short legal(locale: "en") } }')],
    ['inside an inline fragment', ledger('owner { ... on Owner { names { ... { short legal(locale: "en") } } } }')],
    [
      'under the directive’s import alias',
      ledger(
        'owner { names { short legal(locale: "en") } }',
        '@needs',
        '"@key", "@external", { name: "@requires", as: "@needs" }',
      ),
    ],
    [
      'under the directive’s full name',
      ledger('owner { names { short legal(locale: "en") } }', '@federation__requires', '"@key", "@external"'),
    ],
  ])('are refused %s, naming subgraph, type and field', (_, subgraph) => {
    expect(() => composeSubgraphs([wallet, profile, subgraph])).toThrow(CompositionError);
    expect(() => composeSubgraphs([wallet, profile, subgraph])).toThrow(
      /\[ledger\] Wallet\.balance: .* arguments to "legal"/,
    );
  });

  it('are refused in a federation 1 subgraph too', () => {
    const sdl = `
      extend type Wallet @key(fields: "id") { id: ID! @external  owner: Owner @external
        balance: String @requires(fields: "owner { names { short legal(locale: \\"en\\") } }") }
      extend type Owner { names: Names @external }
      extend type Names { legal(locale: String): String @external  short: String @external }`;
    expect(() => composeSubgraphs([wallet, profile, { ...ledger(''), sdl }])).toThrow(/\[ledger\] Wallet\.balance/);
  });

  it('leave a required field without arguments alone', () => {
    expect(composeSubgraphs([wallet, profile, ledger('owner { names { short legal } }')]).supergraphSdl).toContain(
      'requires: "owner { names { short legal } }"',
    );
  });
});

describe('objects that are found by their id', () => {
  const node = 'interface Node { id: ID! }';
  const owned = {
    ...wallet,
    sdl: `${federation('"@key"')} ${node} type Query { wallets: [Wallet!] }
      type Wallet implements Node @key(fields: "id") { id: ID! label: String! }
      type Quote implements Node { id: ID! }`,
  };

  it('are those of types that implement Node where their id is a key', () => {
    const { supergraphSdl } = composeSubgraphs([owned, { ...profile, name: 'other' }]);
    expect(supergraphSdl).toMatch(/node\([^)]*id: ID!\s*\): Node @join__field\(graph: NODE\) @authenticated/s);
    expect(supergraphSdl.match(/@join__implements\(graph: NODE/g)).toHaveLength(1);
  });

  it.each([
    ['no type implements Node', { ...wallet, sdl: `${wallet.sdl} ${node}` }],
    [
      'a subgraph does it itself',
      { ...owned, sdl: owned.sdl.replace('type Query {', 'type Query { node(id: ID!): Node') },
    ],
    ['a subgraph has another field of that name', { ...owned, sdl: owned.sdl.replace('wallets:', 'nodes:') }],
  ])('are not looked up when %s', (_what, subgraph) => {
    expect(composeSubgraphs([subgraph]).supergraphSdl).not.toContain('graph: NODE');
  });
});
