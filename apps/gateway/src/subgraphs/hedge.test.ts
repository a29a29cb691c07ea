import { createLogger } from '@paygraph/service';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ask, type CommandedSubgraph, codesIn, startCommandedSubgraph } from '../testing/commanded-subgraph.ts';
import { until } from '../testing/until.ts';
import { unobserved } from './observer.ts';
import type { CallSettings } from './settings.ts';
import { createSubgraph, type RemoteSubgraph } from './subgraph.ts';

let server: CommandedSubgraph;
let ledger: RemoteSubgraph;
let hedged: string[];
const logger = createLogger({ service: 'gateway', level: 'silent' });
const connect = (calls: Partial<CallSettings>) => {
  hedged = [];
  const observe = { ...unobserved, hedged: (outcome: string) => void hedged.push(outcome) };
  ledger = createSubgraph({ name: 'ledger', url: server.url, logger, calls, observe });
};
const entities = { kind: 'entities', body: '{"query":"{ _entities }"}' } as const;
const arrived = (count: number) => until(() => expect(server.requests).toHaveLength(count));

beforeEach(async () => {
  server = await startCommandedSubgraph();
});
afterEach(async () => {
  await ledger.close();
  await server.crash();
});

describe('entities that are late', () => {
  it('are asked for a second time: the first answer wins, and the other request is given up', async () => {
    connect({ hedgeAfterMs: 10 });
    const answer = ask(ledger, entities);
    await arrived(2);
    server.requests[1]?.answer('{"data":{"from":"the second"}}');
    expect(await answer).toEqual({ data: { from: 'the second' } });
    await until(() => expect(server.requests[0]?.isGone()).toBe(true));
    expect([ledger.standing().underWay, hedged]).toEqual([0, ['won']]);
  });

  it('may come from the first request all the same', async () => {
    connect({ hedgeAfterMs: 10 });
    const answer = ask(ledger, entities);
    await arrived(2);
    server.requests[0]?.answer('{"data":{"from":"the first"}}');
    expect(await answer).toEqual({ data: { from: 'the first' } });
    await until(() => expect(server.requests[1]?.isGone()).toBe(true));
    expect([ledger.standing().underWay, hedged]).toEqual([0, ['lost']]);
  });

  it('are waited for as long as one of the two requests may still bring them', async () => {
    connect({ hedgeAfterMs: 10 });
    const answer = ask(ledger, entities);
    await arrived(2);
    server.requests[0]?.cut();
    await until(() => expect(ledger.standing().underWay).toBe(1));
    server.requests[1]?.answer();
    expect(await answer).toEqual({ data: { ok: true } });
    expect(server.requests).toHaveLength(2);
  });

  it('are asked for once where a second request would have to wait', async () => {
    connect({ hedgeAfterMs: 10, concurrency: 1 });
    const answer = ask(ledger, entities);
    await until(() => expect(hedged).toEqual(['withheld']));
    server.requests[0]?.answer();
    expect(await answer).toEqual({ data: { ok: true } });
    expect(server.requests).toHaveLength(1);
  });

  it('are asked for once when the budget is used up', async () => {
    connect({ hedgeAfterMs: 1, timeoutMs: 1_000, retries: 0 });
    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, number) => ask(ledger, { ...entities, body: `{"query":"{ e${number} }"}` })),
    );
    for (const answer of answers) expect(codesIn(answer)).toEqual(['SUBGRAPH_UNAVAILABLE']);
    expect(server.requests.length).toBeLessThanOrEqual(40 + 24);
    expect(hedged.filter((outcome) => outcome === 'withheld').length).toBeGreaterThanOrEqual(16);
  });
});

it.each(['query', 'mutation'] as const)('a %s is never asked for a second time', async (kind) => {
  connect({ hedgeAfterMs: 1, timeoutMs: 200, retries: 0 });
  expect(codesIn(await ask(ledger, { ...entities, kind }))).toEqual(['SUBGRAPH_UNAVAILABLE']);
  expect(server.requests).toHaveLength(1);
});

it('nothing is asked for a second time unless it is wanted', async () => {
  connect({ timeoutMs: 300, retries: 0 });
  expect(codesIn(await ask(ledger, entities))).toEqual(['SUBGRAPH_UNAVAILABLE']);
  expect(server.requests).toHaveLength(1);
});
