import { connect, createChannel, until, watch } from '@paygraph/gateway/testing';
import { composeSubgraphs } from '@paygraph/supergraph';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Federation, linked, startFederation } from './support/federation.ts';

const ticks = createChannel<number>();
let federation: Federation<'wallet'>;
const sdl = (more: string) => `
  type Query { wallet: Wallet! }
  type Subscription { ticked: Int! }
  type Wallet { label: String! ${more} }`;

beforeAll(async () => {
  federation = await startFederation({
    wallet: {
      sdl: sdl('colour: String'),
      resolvers: {
        Query: { wallet: () => ({ label: 'Everyday', colour: 'blue' }) },
        Subscription: { ticked: { subscribe: () => ticks.listen(), resolve: (tick) => tick } },
      },
    },
  });
});
afterAll(() => federation.stop());

it('another supergraph holds for what is asked from then on, and live subscriptions stay in the one they began in', async () => {
  const client = connect(federation.url.replace('http', 'ws'));
  const watching = watch(client, { query: 'subscription { ticked }' });
  await until(() => expect(ticks.listeners).toBe(1));

  const { url } = federation.subgraphs.wallet;
  const withoutColour = { name: 'wallet', routingUrl: url, sdl: linked(sdl('').replace(/type Subscription.*/, '')) };
  await federation.gateway.reload(composeSubgraphs([withoutColour]).supergraphSdl);
  expect(await federation.ask('{ wallet { label } }')).toEqual({ data: { wallet: { label: 'Everyday' } } });
  const { errors } = await federation.ask('{ wallet { colour } }');
  expect(errors).toMatchObject([{ extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } }]);

  ticks.publish(1);
  await until(() => expect(watching.results).toEqual([{ data: { ticked: 1 } }]));
  await federation.gateway.reload(federation.supergraphSdl);
  expect(await federation.ask('{ wallet { colour } }')).toEqual({ data: { wallet: { colour: 'blue' } } });
  ticks.publish(2);
  await until(() => expect(watching.results).toHaveLength(2));
  await client.dispose();
});

it('a supergraph that cannot be loaded changes nothing', async () => {
  await expect(federation.gateway.reload('type Query { nothing: Int }')).rejects.toThrow();
  expect(await federation.ask('{ wallet { colour } }')).toEqual({ data: { wallet: { colour: 'blue' } } });
});
