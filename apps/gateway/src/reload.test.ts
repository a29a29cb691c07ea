import { afterEach, beforeEach, expect, it } from 'vitest';
import { post } from './testing/http.ts';
import { until } from './testing/until.ts';
import { connect, watch } from './testing/watch.ts';
import { startWorld, type World } from './testing/world.ts';

let world: World;
beforeEach(async () => {
  world = await startWorld();
});
afterEach(() => world.stop());

const balance = '{ wallet(id: "wal_1") { label balance { amount } } }';

it('a reload holds for all that is asked from then on, over every transport, and can be taken back', async () => {
  const ask = async () => (await post(world.url, balance)).body;
  expect((await ask()).errors).toBeUndefined();
  await world.gateway.reload(world.supergraphWithout('ledger'));
  expect((await ask()).errors).toMatchObject([{ extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } }]);
  const client = connect(world.webSocketUrl, world.tokenOf('cus_1'));
  const refused = watch(client, { query: balance });
  await until(() => expect(refused.end()).toMatchObject({ failed: [{ message: expect.stringContaining('balance') }] }));
  await world.gateway.reload(world.supergraphSdl);
  expect((await ask()).errors).toBeUndefined();
  const ready: unknown = await (await fetch(`${world.origin}/health/ready`)).json();
  expect(ready).toMatchObject({ dependencies: { ledger: { status: 'up' } } });
});

it('what is being answered meanwhile is answered in the graph it was asked in', async () => {
  world.ledger.behave('never');
  const asked = post(world.url, balance);
  await until(() => expect(world.ledger.requests).toHaveLength(1));
  await world.gateway.reload(world.supergraphWithout('ledger'));
  await world.ledger.crash();
  const { body } = await asked;
  expect(body).toMatchObject({
    data: { wallet: { label: 'Everyday', balance: null } },
    errors: [{ extensions: { code: 'SUBGRAPH_UNAVAILABLE' } }],
  });
});

it('a subgraph whose address stays the same keeps its circuit', async () => {
  const calls = () => ({ retries: 0, circuit: { windowMs: 10_000, minimum: 1, share: 0.5, pauseMs: 3_600_000 } });
  const careful = await startWorld({ subgraphCalls: calls });
  try {
    careful.ledger.behave({ status: 500, body: '' });
    await post(careful.url, balance);
    expect(careful.ledger.requests).toHaveLength(1);
    await careful.gateway.reload(careful.supergraphWithout('risk'));
    careful.ledger.behave('well');
    const { body } = await post(careful.url, balance);
    expect(body.errors).toMatchObject([{ extensions: { code: 'SUBGRAPH_UNAVAILABLE' } }]);
    expect(careful.ledger.requests).toHaveLength(1);
    const ready: unknown = await (await fetch(`${careful.origin}/health/ready`)).json();
    expect(ready).toMatchObject({ dependencies: { ledger: { status: 'down', why: 'CIRCUIT_OPEN' } } });
  } finally {
    await careful.stop();
  }
});

it('a supergraph that cannot be loaded changes nothing', async () => {
  await expect(world.gateway.reload('type Query { nothing: Int')).rejects.toThrow();
  expect((await post(world.url, balance)).body).toEqual({
    data: { wallet: { label: 'Everyday', balance: { amount: '100.00' } } },
  });
});
