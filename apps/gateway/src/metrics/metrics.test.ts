import { createMetrics, type Metrics } from '@paygraph/service';
import { sumOf } from '@paygraph/service/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { post } from '../testing/http.ts';
import { transports } from '../testing/transports.ts';
import { until } from '../testing/until.ts';
import { connect, watch } from '../testing/watch.ts';
import { startWorld, type World } from '../testing/world.ts';

const label = 'query Label { wallet(id: "wal_1") { label } }';
const labels = 'query Labels { wallets { label } }';
const balance = 'query Balance { wallet(id: "wal_1") { label balance { amount } } }';
const inParts = 'query InParts { wallet(id: "wal_1") { label ... @defer { balance { amount } } } }';

let metrics: Metrics;
let world: World;

beforeEach(async () => {
  metrics = createMetrics({ service: 'gateway', host: '127.0.0.1' });
  world = await startWorld({
    metrics,
    registered: [label, labels, balance, inParts].map((body) => ({
      client: 'app',
      name: body.split(' ')[1] ?? '',
      body,
    })),
  });
});
afterEach(() => world.stop());

const operations = (labels: Record<string, string>) =>
  sumOf(metrics.registry, 'paygraph_gateway_operation_duration_seconds_count', labels);
const fetches = (labels: Record<string, string>) =>
  sumOf(metrics.registry, 'paygraph_gateway_fetch_duration_seconds_count', labels);

describe('the metrics of the gateway', () => {
  it('measure known operations by name, and all others as one, whatever they are called', async () => {
    await post(world.url, label);
    await post(world.url, label);
    await post(world.url, 'query Label { wallet(id: "wal_1") { secret } }');
    await post(world.url, 'query MadeUp1 { wallet(id: "wal_1") { label } }');
    await post(world.url, 'query MadeUp2 { wallet(id: "wal_1") { label } }');
    await post(world.url, '{ wallet(id: "wal_1") { label } }');
    expect(await operations({ operation: 'Label', type: 'query', outcome: 'ok' })).toBe(2);
    expect(await operations({ operation: 'other', type: 'query', outcome: 'ok' })).toBe(3);
    expect(await operations({ operation: 'Label', outcome: 'errors' })).toBe(0);
    expect(await operations({ operation: 'other', outcome: 'errors' })).toBe(1);
    expect(await metrics.registry.metrics()).not.toContain('MadeUp');
  });

  it('tell operations with errors from those without, and a subgraph that is away from one that answers', async () => {
    await post(world.url, balance);
    await world.ledger.crash();
    await post(world.url, balance);
    expect(await operations({ operation: 'Balance', outcome: 'ok' })).toBe(1);
    expect(await operations({ operation: 'Balance', outcome: 'faults' })).toBe(1);
    expect(await fetches({ subgraph: 'wallet', outcome: 'ok' })).toBe(2);
    expect(await fetches({ subgraph: 'ledger', outcome: 'ok' })).toBe(1);
    expect(await fetches({ subgraph: 'ledger', outcome: 'unavailable' })).toBe(1);
  });

  it('tell errors that are for the caller from faults', async () => {
    const refusal = { message: 'Not yours', extensions: { code: 'FORBIDDEN' } };
    world.ledger.behave({ status: 200, body: JSON.stringify({ data: null, errors: [refusal] }) });
    expect((await post(world.url, balance)).body.errors).toHaveLength(1);
    expect(await operations({ operation: 'Balance', outcome: 'errors' })).toBe(1);
    expect(await operations({ operation: 'Balance', outcome: 'faults' })).toBe(0);
  });

  it('tell so of what is answered in parts, too', async () => {
    await world.ledger.crash();
    const headers = { accept: 'multipart/mixed;deferSpec=20220824', 'content-type': 'application/json' };
    await (await fetch(world.url, { method: 'POST', headers, body: JSON.stringify({ query: inParts }) })).text();
    await until(async () => expect(await operations({ operation: 'InParts', outcome: 'faults' })).toBe(1));
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
    for (let time = 0; time < 2; time += 1) await post(world.url, labels);
    const cost = (kind: string) =>
      sumOf(metrics.registry, 'paygraph_gateway_cost_total', { operation: 'Labels', kind });
    // Of the list ten are assumed, and there are two.
    expect([await cost('estimated'), await cost('actual')]).toEqual([10, 2]);
  });

  it('count what is turned away, by why', async () => {
    await post(world.url, '{ nonsense }');
    await post(world.url, '{ wallet(');
    const rejected = (code: string) => sumOf(metrics.registry, 'paygraph_gateway_rejected_total', { code });
    expect([await rejected('GRAPHQL_VALIDATION_FAILED'), await rejected('GRAPHQL_PARSE_FAILED')]).toEqual([1, 1]);
  });

  it('count subscriptions of strangers, and bad tokens, as turned away', async () => {
    const rejected = () => sumOf(metrics.registry, 'paygraph_gateway_rejected_total', { code: 'UNAUTHENTICATED' });
    await post(world.url, label, { authorization: 'Bearer nonsense' });
    expect(await rejected()).toBe(1);
    watch(connect(world.webSocketUrl, 'Bearer nonsense'), { query: label });
    await until(async () => expect(await rejected()).toBe(2));
    const body = JSON.stringify({ query: 'subscription { ticks }' });
    const headers = { accept: 'text/event-stream', 'content-type': 'application/json' };
    await (await fetch(world.url, { method: 'POST', headers, body })).text();
    expect(await rejected()).toBe(3);
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
