import { createMetrics, type Metrics } from '@paygraph/service';
import { sumOf } from '@paygraph/service/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { post } from '../testing/http.ts';
import { transports } from '../testing/transports.ts';
import { until } from '../testing/until.ts';
import { startWorld, type World } from '../testing/world.ts';

let metrics: Metrics;
let world: World;

beforeEach(async () => {
  metrics = createMetrics({ service: 'gateway', host: '127.0.0.1' });
  world = await startWorld({
    metrics,
    registered: ['Label', 'Balance'].map((name) => ({ client: 'app', name, body: `query ${name} { __typename }` })),
  });
});
afterEach(() => world.stop());

const operations = (labels: Record<string, string>) =>
  sumOf(metrics.registry, 'paygraph_gateway_operation_duration_seconds_count', labels);
const fetches = (labels: Record<string, string>) =>
  sumOf(metrics.registry, 'paygraph_gateway_fetch_duration_seconds_count', labels);

describe('the metrics of the gateway', () => {
  it('measure known operations by name, and all others as one, whatever they are called', async () => {
    await post(world.url, 'query Label { wallet(id: "wal_1") { label } }');
    await post(world.url, 'query Label { wallet(id: "wal_2") { label } }');
    await post(world.url, 'query MadeUp1 { wallet(id: "wal_1") { label } }');
    await post(world.url, 'query MadeUp2 { wallet(id: "wal_1") { label } }');
    await post(world.url, '{ wallet(id: "wal_1") { label } }');
    expect(await operations({ operation: 'Label', type: 'query', outcome: 'ok' })).toBe(2);
    expect(await operations({ operation: 'other', type: 'query', outcome: 'ok' })).toBe(3);
    expect(await metrics.registry.metrics()).not.toContain('MadeUp');
  });

  it('tell operations with errors from those without, and a subgraph that is away from one that answers', async () => {
    const query = 'query Balance { wallet(id: "wal_1") { label balance { amount } } }';
    await post(world.url, query);
    await world.ledger.crash();
    await post(world.url, query);
    expect(await operations({ operation: 'Balance', outcome: 'ok' })).toBe(1);
    expect(await operations({ operation: 'Balance', outcome: 'errors' })).toBe(1);
    expect(await fetches({ subgraph: 'wallet', outcome: 'ok' })).toBe(2);
    expect(await fetches({ subgraph: 'ledger', outcome: 'ok' })).toBe(1);
    expect(await fetches({ subgraph: 'ledger', outcome: 'unavailable' })).toBe(1);
  });

  it('show the circuit of each subgraph, and count what is done for and against it', async () => {
    const query = 'query Balance { wallet(id: "wal_1") { balance { amount } } }';
    const circuit = (state: string) =>
      sumOf(metrics.registry, 'paygraph_gateway_circuit', { subgraph: 'ledger', state });
    const circuits = () => Promise.all(['closed', 'half-open', 'open'].map(circuit));
    expect(await circuits()).toEqual([1, 0, 0]);
    world.ledger.behave({ status: 503, body: '' });
    // Three tries each, and twenty are enough to tell.
    for (let calls = 0; calls < 7; calls += 1) await post(world.url, query);
    expect(await circuit('closed')).toBe(0);
    const retries = (outcome: string) =>
      sumOf(metrics.registry, 'paygraph_gateway_retries_total', { subgraph: 'ledger', outcome });
    expect(await retries('sent')).toBeGreaterThanOrEqual(13);
    world.ledger.behave('well');
    await until(async () => expect((await post(world.url, query)).body.errors).toBeUndefined());
    expect(await circuits()).toEqual([1, 0, 0]);
    expect(await sumOf(metrics.registry, 'paygraph_gateway_requests_under_way')).toBe(0);
    expect(await sumOf(metrics.registry, 'paygraph_gateway_calls_waiting')).toBe(0);
  });

  it('hold what some operations cost against what they were estimated to', async () => {
    const list = 'query Label { wallets { label } }';
    for (let time = 0; time < 2; time += 1) await post(world.url, list);
    const cost = (kind: string) => sumOf(metrics.registry, 'paygraph_gateway_cost_total', { operation: 'Label', kind });
    // Of the list ten are assumed, and there are two.
    expect([await cost('estimated'), await cost('actual')]).toEqual([10, 2]);
  });

  it('count what is turned away, by why', async () => {
    await post(world.url, '{ nonsense }');
    await post(world.url, '{ wallet(');
    const rejected = (code: string) => sumOf(metrics.registry, 'paygraph_gateway_rejected_total', { code });
    expect([await rejected('GRAPHQL_VALIDATION_FAILED'), await rejected('GRAPHQL_PARSE_FAILED')]).toEqual([1, 1]);
  });

  it.each(transports)('show live subscriptions over $name, and at whom they are open', async ({ subscribe }) => {
    const live = () => sumOf(metrics.registry, 'paygraph_gateway_subscriptions');
    const upstreams = () => sumOf(metrics.registry, 'paygraph_gateway_upstream_subscriptions', { subgraph: 'payment' });
    const query = 'subscription { paymentStateChanged(paymentId: "pay_1") { sequence } }';
    const one = subscribe(world.url, { query }, world.tokenOf('cus_1'));
    const other = subscribe(world.url, { query }, world.tokenOf('cus_2'));
    await until(async () => expect([await live(), await upstreams()]).toEqual([2, 2]));
    one.leave();
    await until(async () => expect([await live(), await upstreams()]).toEqual([1, 1]));
    other.leave();
    await until(async () => expect([await live(), await upstreams()]).toEqual([0, 0]));
  });
});
