import { createMetrics, type Metrics } from '@paygraph/service';
import { sumOf } from '@paygraph/service/testing';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { post } from './testing/http.ts';
import { until } from './testing/until.ts';
import { connect, watch } from './testing/watch.ts';
import { startWorld, type World } from './testing/world.ts';

const label = 'query Label($id: ID!) { wallet(id: $id) { label secret } }';
const balance =
  'query Balance($id: ID!, $full: Boolean!) { wallet(id: $id) { label balance @include(if: $full) { amount } } }';
const steps = 'subscription Steps($id: ID!) { paymentStateChanged(paymentId: $id) { sequence } }';
const registered = [
  { client: 'app', name: 'Label', body: label },
  { client: 'app', name: 'Balance', body: balance },
  { client: 'app', name: 'Steps', body: steps },
  { client: 'old', name: 'Gone', body: 'query Gone { wallets { colour } }' },
];
/** Nobody has said that it would be sent. */
const unheardOf = '{ wallets { label } payment(id: "pay_1") { amount { amount } } }';

// Many supergraphs are loaded for it, on a machine that may be busy.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });
const warmUp = { startMs: 60_000, reloadMs: 60_000 };

let metrics: Metrics;
let world: World;
beforeEach(async () => {
  metrics = createMetrics({ service: 'gateway', host: '127.0.0.1' });
  world = await startWorld({ metrics, registered, warmUp });
});
afterEach(() => world.stop());

const planned = (when: string) => sumOf(metrics.registry, 'paygraph_gateway_planned_total', { when });
/** A supergraph in which all that is asked for here is as it was. */
const next = () => world.supergraphWithout('risk');

/** All that the registered operations are, asked for by everybody who usually would. */
async function askForAll(): Promise<void> {
  for (const authorization of [undefined, world.tokenOf('cus_1')]) {
    const given = authorization === undefined ? {} : { authorization };
    const wallet = { label: 'Everyday' };
    const { body } = await post(world.url, label, { variables: { id: 'wal_1' }, ...given });
    expect(body.data).toEqual({ wallet: { ...wallet, secret: authorization ? 'safe' : null } });
    for (const full of [true, false])
      expect(await post(world.url, balance, { variables: { id: 'wal_1', full }, ...given })).toMatchObject({
        body: { data: { wallet: full ? { ...wallet, balance: { amount: '100.00' } } : wallet } },
      });
  }
  const client = connect(world.webSocketUrl, world.tokenOf('cus_1'));
  const watching = watch(client, { query: steps, variables: { id: 'pay_1' } });
  world.steps.publish({ sequence: 1, state: 'PENDING' });
  await until(() => expect(watching.results).toHaveLength(1));
  await client.dispose();
}

describe('operations that clients are known to send', () => {
  it('are planned before the first is sent, for everybody and all their conditions', async () => {
    expect(await planned('warm-up')).toBeGreaterThan(0);
    await askForAll();
    expect(await planned('request')).toBe(0);
  });

  it('are planned on another supergraph before it is used', async () => {
    await world.gateway.reload(next());
    await askForAll();
    expect(await planned('request')).toBe(0);
  });

  it('are pushed out by nothing that strangers send', async () => {
    for (const length of [9_900, 60_000]) await sendMuch(length);
    const before = await planned('request');
    await askForAll();
    expect(await planned('request')).toBe(before);
  });

  it('and that the supergraph cannot answer are told by their names, once, and skipped', async () => {
    const told = () => world.logs.map((line) => JSON.parse(line)).filter(({ operation }) => operation !== undefined);
    expect(told()).toMatchObject([{ client: 'old', operation: 'Gone', why: expect.stringContaining('colour') }]);
    expect(await sumOf(metrics.registry, 'paygraph_gateway_warm_up_refused')).toBe(1);
    await world.gateway.reload(world.supergraphWithout('ledger'));
    expect(told().map(({ operation }) => operation)).toEqual(['Gone', 'Balance', 'Gone']);
    const { body } = await post(world.url, label, { variables: { id: 'wal_1' } });
    expect(body.data).toEqual({ wallet: { label: 'Everyday', secret: null } });
  });
});

/** Operations with more characters in all than are remembered, each of this length. */
async function sendMuch(length: number): Promise<void> {
  for (let sent = 0; sent <= 1_000_000; sent += length) {
    const { body } = await post(world.url, `{ __typename } #${sent} `.padEnd(length, '-'));
    expect(body.errors).toBeUndefined();
  }
}

describe('operations that somebody has sent', () => {
  it('are pushed out by none that are too long to be remembered', async () => {
    await post(world.url, unheardOf);
    await sendMuch(60_000);
    const before = await planned('request');
    await post(world.url, unheardOf);
    expect(await planned('request')).toBe(before);
  });

  it('are planned on another supergraph before it is used, and on none any more once nobody sends them', async () => {
    const authorization = world.tokenOf('cus_1');
    await post(world.url, unheardOf, { authorization });
    await post(world.url, unheardOf, { authorization });
    expect(await planned('request')).toBe(1);
    const [one, other] = [next(), world.supergraphSdl];
    await world.gateway.reload(one);
    await post(world.url, unheardOf);
    expect(await planned('request')).toBe(1);
    for (const supergraph of [other, one, other, one]) await world.gateway.reload(supergraph);
    await post(world.url, unheardOf);
    expect(await planned('request')).toBe(2);
  });

  it('are answered without a fault, and without a plan, while supergraphs come and go', async () => {
    const ask = async () => (await post(world.url, unheardOf)).body;
    const expected = await ask();
    expect(expected.errors).toBeUndefined();
    let isOver = false;
    let answers = 0;
    const client = async () => {
      while (!isOver) {
        expect(await ask()).toEqual(expected);
        answers += 1;
      }
    };
    const clients = Array.from({ length: 8 }, client);
    for (const supergraph of [next(), world.supergraphSdl, next()]) {
      await world.gateway.reload(supergraph);
      const before = answers;
      await Promise.race([...clients, until(() => expect(answers).toBeGreaterThan(before + 8))]);
    }
    isOver = true;
    await Promise.all(clients);
    expect(await planned('request')).toBe(1);
  });

  it('wait for no more than the supergraph that is loaded, when several are given at a time', async () => {
    const first = world.gateway.reload(world.supergraphWithout('ledger'));
    const refused = world.gateway.reload('type Query { nothing: Int');
    const last = world.gateway.reload(next());
    await first;
    await expect(refused).rejects.toThrow();
    await last;
    expect((await post(world.url, balance, { variables: { id: 'wal_1', full: true } })).body.errors).toBeUndefined();
  });
});
