import { createProofVerifier, createProver, generateSigningKey, publicJwk } from '@paygraph/auth';
import { createLogger } from '@paygraph/service';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  ask,
  askerWith,
  type CommandedSubgraph,
  codesIn,
  startCommandedSubgraph,
} from '../testing/commanded-subgraph.ts';
import { until } from '../testing/until.ts';
import { backoffMs, RetryBudget } from './retry.ts';
import { createSubgraph, type RemoteSubgraph, type SubgraphOptions } from './subgraph.ts';

let server: CommandedSubgraph;
let ledger: RemoteSubgraph;
const logger = createLogger({ service: 'gateway', level: 'silent' });
const connect = (options: Partial<SubgraphOptions> = {}) =>
  createSubgraph({ name: 'ledger', url: server.url, logger, ...options });
const unavailable = {
  data: null,
  errors: [{ message: 'The ledger service is unavailable.', extensions: { code: 'SUBGRAPH_UNAVAILABLE' } }],
  unavailable: true,
};

beforeEach(async () => {
  server = await startCommandedSubgraph();
  ledger = connect();
});
afterEach(async () => {
  await ledger.close();
  await server.crash();
});

describe('a query or a fetch of entities', () => {
  it.each([
    ['cut off', 'cut'],
    ['answered with 502 by a proxy', 502],
    ['answered with 503 by a proxy', 503],
    ['answered with 504 by a proxy', 504],
    ['answered with something else than GraphQL', 200],
  ] as const)('is sent again when it was %s', async (_, fate) => {
    server.onRequest((request, number) => {
      if (number > 2) request.answer();
      else if (fate === 'cut') request.cut();
      else request.answer('<html>', fate);
    });
    expect(await ask(ledger)).toEqual({ data: { ok: true } });
    expect(await ask(ledger, { kind: 'entities' })).toEqual({ data: { ok: true } });
    expect(server.requests).toHaveLength(4);
  });

  it('is sent three times at most', async () => {
    server.onRequest((request) => request.answer('', 503));
    expect(await ask(ledger)).toEqual(unavailable);
    expect(server.requests).toHaveLength(3);
  });

  it.each([
    ['with GraphQL errors', 200, '{"data":null,"errors":[{"message":"no","extensions":{"code":"NOT_FOUND"}}]}'],
    ['with GraphQL errors and a status of 503', 503, '{"errors":[{"message":"no","extensions":{"code":"FORBIDDEN"}}]}'],
    ['that it is refused', 403, 'Forbidden'],
  ])('is not sent again when it is answered %s', async (_, status, body) => {
    server.onRequest((request) => request.answer(body, status));
    expect((await ask(ledger)).errors).toHaveLength(1);
    expect(server.requests).toHaveLength(1);
  });

  it('ends at its deadline, whatever tries are left', async () => {
    ledger = connect({ calls: { timeoutMs: 300, retries: 1_000 } });
    server.onRequest((request) => request.answer('', 503));
    const begun = performance.now();
    expect(await ask(ledger)).toEqual(unavailable);
    // Waits between tries grow to a second, and none is begun that would end too late.
    expect(performance.now() - begun).toBeLessThan(5_000);
    expect(server.requests.length).toBeLessThan(100);
    server.onRequest(() => undefined);
    expect(await ask(ledger)).toEqual(unavailable);
    await until(() => expect(server.requests.at(-1)?.isGone()).toBe(true));
  });

  it('has a proof of its own each time it is sent', async () => {
    const [gateway, own] = [generateSigningKey(), generateSigningKey()];
    const jwks = { keys: [publicJwk(gateway, 'gateway'), publicJwk(own, 'ledger')] };
    ledger = connect({ prove: createProver({ key: gateway, jwks, service: 'ledger' }) });
    const verify = createProofVerifier({ key: own, jwks, service: 'ledger' });
    server.onRequest((request, number) => (number > 1 ? request.answer() : request.cut()));
    const scope = askerWith({ authorization: 'Bearer abc' });
    await ask(ledger, { scope });
    expect(server.requests).toHaveLength(2);
    for (const { headers, body } of server.requests) {
      const { requestId, authorization } = scope;
      expect(verify(String(headers['x-paygraph-proof']), { requestId, authorization, body })).toBe(true);
    }
  });
});

describe('a mutation', () => {
  it.each([
    ['cut off', 'cut'],
    ['answered with 503 by a proxy', 503],
    ['answered with something else than GraphQL', 200],
  ] as const)('is never sent twice, though it was %s', async (_, fate) => {
    server.onRequest((request) => (fate === 'cut' ? request.cut() : request.answer('<html>', fate)));
    expect(await ask(ledger, { kind: 'mutation' })).toEqual(unavailable);
    expect(server.requests).toHaveLength(1);
  });

  it('is never sent twice, though its answer does not come', async () => {
    ledger = connect({ calls: { timeoutMs: 100, hedgeAfterMs: 1 } });
    expect(await ask(ledger, { kind: 'mutation' })).toEqual(unavailable);
    expect(server.requests).toHaveLength(1);
  });

  it('is tried again while the subgraph takes no connection, and then sent once', async () => {
    await server.crash();
    server.onRequest((request) => request.answer());
    ledger = connect({ calls: { retries: 1_000 } });
    const answer = ask(ledger, { kind: 'mutation' });
    await until(() => expect(ledger.ready()).rejects.toThrow('ECONNREFUSED'));
    await server.restart();
    expect(await answer).toEqual({ data: { ok: true } });
    expect(server.requests).toHaveLength(1);
  });
});

describe('the budget of retries', () => {
  it('keeps an outage from multiplying what is asked', async () => {
    server.onRequest((request) => request.answer('', 503));
    const never = { windowMs: 10_000, minimum: 1_000_000, share: 0.5, pauseMs: 1_000 };
    ledger = connect({ calls: { circuit: never } });
    const calls = Array.from({ length: 100 }, (_, number) => ask(ledger, { body: `{"query":"{ ok${number} }"}` }));
    for (const answer of await Promise.all(calls)) expect(codesIn(answer)).toEqual(['SUBGRAPH_UNAVAILABLE']);
    // 100 calls, 20 that may be repeated at any time, and one more for every ten calls.
    expect(server.requests.length).toBeGreaterThan(110);
    expect(server.requests.length).toBeLessThanOrEqual(130);
  });

  it('allows twenty at once, and then one for every ten calls', () => {
    const budget = new RetryBudget();
    const spent = (times: number) => Array.from({ length: times }, () => budget.spend()).filter(Boolean).length;
    expect(spent(100)).toBe(20);
    for (let calls = 0; calls < 55; calls += 1) budget.earn();
    expect(spent(100)).toBe(5);
    for (let calls = 0; calls < 10_000; calls += 1) budget.earn();
    expect(spent(100)).toBe(20);
  });
});

describe('the wait before a retry', () => {
  it('is random, up to a bound that doubles from 50 ms to a second', () => {
    const longest = (retry: number) => backoffMs(retry, () => 1);
    expect([1, 2, 3, 4, 5, 6, 7].map(longest)).toEqual([50, 100, 200, 400, 800, 1_000, 1_000]);
    expect(backoffMs(3, () => 0)).toBe(0);
    expect(backoffMs(3, () => 0.25)).toBe(50);
  });
});
