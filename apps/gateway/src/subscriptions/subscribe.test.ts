import { anonymous } from '@paygraph/auth';
import { createLogger } from '@paygraph/service';
import { composeSubgraphs } from '@paygraph/supergraph';
import { expect, it } from 'vitest';
import { loadGraph } from '../graph/graph.ts';
import { createPipeline } from '../pipeline/pipeline.ts';
import type { RequestScope } from '../scope.ts';
import type { Subgraph } from '../subgraphs/subgraph.ts';
import type { UpstreamListener } from '../subgraphs/upstream.ts';

const link = 'extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"])';
const graph = loadGraph(
  composeSubgraphs([
    {
      name: 'payment',
      routingUrl: 'http://payment:4000/graphql',
      sdl: `${link} type Query { payer: Wallet } type Subscription { paid: Wallet } type Wallet @key(fields: "id") { id: ID! }`,
    },
    {
      name: 'wallet',
      routingUrl: 'http://wallet:4000/graphql',
      sdl: `${link} type Query { wallets: [Wallet!] } type Wallet @key(fields: "id") { id: ID! label: String }`,
    },
  ]).supergraphSdl,
);
const scope: RequestScope = {
  principal: anonymous,
  authorization: undefined,
  requestId: 'req_1',
  logger: createLogger({ service: 'gateway', level: 'silent' }),
};

it('an event is not written into, so that it may be handed to many operations', async () => {
  const listeners: UpstreamListener[] = [];
  let label = 0;
  const subgraph = (name: string): Subgraph => ({
    name,
    ask: (_body, _scope, answered) =>
      answered({ data: { _entities: [{ __typename: 'Wallet', label: `label ${++label}` }] } }),
    subscribe: (_request, _scope, listener) => {
      listeners.push(listener);
      return { close: () => undefined };
    },
    ready: async () => undefined,
    close: async () => undefined,
  });
  const subgraphs = new Map(['payment', 'wallet'].map((name) => [name, subgraph(name)]));
  const pipeline = createPipeline({ graph, subgraphs, production: false });
  const streams = await Promise.all(
    ['One', 'Two'].map(async (name) => {
      const prepared = await pipeline.prepare({ source: `subscription ${name} { paid { label } }` }, scope);
      if (prepared.kind !== 'subscription') throw new Error(`It was ${prepared.kind}`);
      return pipeline.subscribe(prepared, scope);
    }),
  );
  const results = streams.map((stream) => stream.next());
  await expect.poll(() => listeners.length).toBe(2);
  const event = Object.freeze({ data: Object.freeze({ paid: Object.freeze({ __typename: 'Wallet', id: 'wal_1' }) }) });
  for (const listener of listeners) listener.event(event);

  const values = (await Promise.all(results)).map(({ value }) => JSON.parse(value?.json ?? ''));
  expect(values).toEqual([{ data: { paid: { label: 'label 1' } } }, { data: { paid: { label: 'label 2' } } }]);
});
