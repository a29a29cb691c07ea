import { createLogger } from '@paygraph/service';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { post } from '../testing/http.ts';
import { until } from '../testing/until.ts';
import { connect, watch } from '../testing/watch.ts';
import { startWorld, type World } from '../testing/world.ts';

let world: World;
let lines: Record<string, unknown>[];

beforeEach(async () => {
  lines = [];
  const destination = { write: (line: string) => void lines.push(JSON.parse(line)) };
  world = await startWorld({ logger: createLogger({ service: 'gateway', level: 'debug' }, destination) });
});
afterEach(() => world.stop());

const said = (what: string) => lines.filter(({ msg }) => msg === what);

const postInParts = (query: string) =>
  fetch(world.url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'multipart/mixed;deferSpec=20220824' },
    body: JSON.stringify({ query }),
  });

it('at debug every operation leaves a line that says who asked for what, how it went, and nothing of its variables', async () => {
  const query = 'query Label($id: ID!) { wallet(id: $id) { label } }';
  const authorization = world.tokenOf('cus_7');
  const { headers } = await post(world.url, query, { variables: { id: 'wal_1' }, authorization });
  await world.wallet.crash();
  await post(world.url, query, { variables: { id: 'wal_1' } });
  const common = { service: 'gateway', operation: 'Label', type: 'query', ms: expect.any(Number) };
  expect(said('an operation was answered')).toMatchObject([
    { ...common, requestId: headers.get('x-request-id'), principal: 'cus_7', outcome: 'ok' },
    { ...common, principal: 'anonymous', outcome: 'faults' },
  ]);
  expect(JSON.stringify(lines)).not.toContain('wal_1');
});

it('at debug an operation that is answered in parts leaves a line that says whether any of it failed', async () => {
  await world.ledger.crash();
  const query = 'query Parts { wallet(id: "wal_1") { label ... @defer { balance { amount } } } }';
  await (await postInParts(query)).text();
  await until(() =>
    expect(said('an operation was answered')).toMatchObject([{ operation: 'Parts', type: 'query', outcome: 'faults' }]),
  );
});

it('at debug a subscription leaves a line when it begins', async () => {
  const query = 'subscription Watch { paymentStateChanged(paymentId: "pay_1") { sequence } }';
  watch(connect(world.webSocketUrl, world.tokenOf('cus_7')), { query });
  const line = {
    operation: 'Watch',
    type: 'subscription',
    principal: 'cus_7',
    requestId: expect.stringMatching(/^req_/),
  };
  await until(() => expect(said('a subscription has begun')).toMatchObject([line]));
});
