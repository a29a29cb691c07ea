import { newId } from '@paygraph/ids';
import { Registry } from 'prom-client';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { credit, debit, house, openTestLedger, type TestLedger, transaction } from '../testing/fixture.ts';
import { OverloadedError } from './coalescer.ts';
import { createEngineMetrics } from './metrics.ts';

let ledger: TestLedger;

beforeAll(async () => {
  ledger = await openTestLedger();
});

afterAll(() => ledger.close());

const posts = (count: number) =>
  Array.from({ length: count }, () => transaction([debit(house('SETTLEMENT'), 1n), credit(house('SUSPENSE'), 1n)]));

it('batches are measured by their command: size, time, what waits and what is turned away', async () => {
  const registry = new Registry();
  const engine = ledger.anotherEngine({ observe: createEngineMetrics(registry), maxQueue: 10 });
  const [first, second] = [engine.post(posts(3)), engine.post(posts(6))];
  expect(await registry.metrics()).toContain('paygraph_ledger_queue_depth{command="post"} 9');
  await expect(engine.post(posts(11))).rejects.toThrow(OverloadedError);
  await Promise.all([first, second]);
  await engine.void([newId('res')]);
  const text = await registry.metrics();
  expect(text).toContain('paygraph_ledger_queue_depth{command="post"} 0');
  expect(text).toContain('paygraph_ledger_batch_size_sum{command="post"} 9');
  expect(text).toMatch(/paygraph_ledger_batch_duration_seconds_count{command="post"} [1-9]/);
  expect(text).toContain('paygraph_ledger_batch_size_sum{command="void"} 1');
  expect(text).toContain('paygraph_ledger_overloaded_total{command="post"} 1');
});
