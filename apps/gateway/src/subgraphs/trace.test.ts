import { createLogger } from '@paygraph/service';
import { createTracing } from '@paygraph/tracing/otlp';
import { type Collector, startCollector } from '@paygraph/tracing/testing';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ask, askerWith, type CommandedSubgraph, startCommandedSubgraph } from '../testing/commanded-subgraph.ts';
import { createSubgraph, type RemoteSubgraph } from './subgraph.ts';

let server: CommandedSubgraph;
let collector: Collector;
let ledger: RemoteSubgraph;

beforeEach(async () => {
  server = await startCommandedSubgraph();
  collector = await startCollector();
  const logger = createLogger({ service: 'gateway', level: 'silent' });
  ledger = createSubgraph({ name: 'ledger', url: server.url, logger });
});
afterEach(async () => {
  await ledger.close();
  await server.crash();
  await collector.close();
});

/** Has each of some operations ask the same at once, and answers what the collector heard of them. */
async function traced(...names: readonly string[]) {
  const tracing = createTracing({ service: 'gateway', endpoint: collector.endpoint, ratio: 1 });
  const operations = names.map((name) => tracing.begin(name));
  await Promise.all(operations.map((span) => ask(ledger, { scope: askerWith({ span }) })));
  for (const operation of operations) operation.end();
  await tracing.close();
  const idOf = (name: string) => collector.spans.find((span) => span.name === name)?.spanId;
  const calls = collector.spans.filter(({ name }) => name === 'ledger /graphql');
  return { idOf, calls };
}

it('each try stands in the trace, and the subgraph goes on from its own', async () => {
  server.onRequest((request, number) => (number > 1 ? request.answer() : request.cut()));
  const { idOf, calls } = await traced('operation');
  expect(calls).toMatchObject([
    { parentSpanId: idOf('operation'), failed: true, attributes: { 'peer.service': 'ledger' } },
    { parentSpanId: idOf('operation'), failed: false, attributes: { 'http.request.resend_count': 1 } },
  ]);
  expect(server.requests.map(({ headers }) => String(headers.traceparent).split('-')[2])).toEqual(
    calls.map(({ spanId }) => spanId),
  );
});

it('who shares the request of another one has a span that points to them', async () => {
  server.onRequest((request) => request.answer());
  const { idOf, calls } = await traced('first', 'second');
  expect(server.requests).toHaveLength(1);
  const [shared] = calls.filter(({ attributes }) => 'paygraph.shared' in attributes);
  expect(shared).toMatchObject({ parentSpanId: idOf('second'), failed: false, links: [idOf('first')] });
  expect(calls.filter(({ parentSpanId }) => parentSpanId === idOf('first'))).toHaveLength(1);
});
