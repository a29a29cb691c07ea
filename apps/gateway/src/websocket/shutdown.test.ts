import { expect, it } from 'vitest';
import { startCommandedSubgraph } from '../testing/commanded-subgraph.ts';
import { until } from '../testing/until.ts';
import { connect, watch } from '../testing/watch.ts';
import { startWorld } from '../testing/world.ts';

it('a gateway that goes down answers the mutations on its sockets before it closes them', async () => {
  const wallet = await startCommandedSubgraph();
  const world = await startWorld({ subgraphUrls: { wallet: wallet.url } });
  const client = connect(world.webSocketUrl, world.tokenOf('cus_1'));
  const closed = new Promise((resolve) => client.on('closed', resolve));
  const rename = watch(client, { query: 'mutation { renameWallet(id: "wal_1", label: "Rent") { label } }' });
  await until(() => expect(wallet.requests).toHaveLength(1));
  const stopped = world.gateway.stop();
  await until(() => expect(fetch(`${world.origin}/health/live`)).rejects.toThrow());
  wallet.requests[0]?.answer('{"data":{"x_m_renameWallet":{"label":"Rent"}}}');
  expect(await closed).toMatchObject({ code: 1001 });
  expect(rename.results).toEqual([{ data: { renameWallet: { label: 'Rent' } } }]);
  expect(rename.end()).toBe('completed');
  await stopped;
  await world.stop();
  await wallet.crash();
});
