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
import { createSubgraph, type RemoteSubgraph } from './subgraph.ts';

let server: CommandedSubgraph;
let ledger: RemoteSubgraph;
const logger = createLogger({ service: 'gateway', level: 'silent' });
const connect = (timeoutMs = 10_000) => {
  ledger = createSubgraph({ name: 'ledger', url: server.url, logger, calls: { timeoutMs, retries: 0 } });
};
const arrived = (count: number) => until(() => expect(server.requests).toHaveLength(count));
const as = (authorization: string) => ({ scope: askerWith({ authorization }) });
const balance = (amount: string) => JSON.stringify({ data: { balance: amount } });

beforeEach(async () => {
  server = await startCommandedSubgraph();
  connect();
});
afterEach(async () => {
  await ledger.close();
  await server.crash();
});

describe('equal fetches of one principal', () => {
  it('that are asked for at once are one request, and each gets data of its own', async () => {
    server.onRequest((request) => request.answer());
    const answers = await Promise.all([1, 2, 3].map(() => ask(ledger, as('Bearer ama'))));
    expect(answers).toEqual([1, 2, 3].map(() => ({ data: { ok: true } })));
    expect(new Set(answers.map(({ data }) => data)).size).toBe(3);
    expect(server.requests).toHaveLength(1);
  });

  it('that come while one is under way share the next one, which begins when that has ended', async () => {
    const first = ask(ledger);
    await arrived(1);
    const others = [1, 2, 3, 4, 5].map(() => ask(ledger));
    server.requests[0]?.answer(balance('1'));
    expect(await first).toEqual({ data: { balance: '1' } });
    await arrived(2);
    server.requests[1]?.answer(balance('2'));
    for (const other of others) expect(await other).toEqual({ data: { balance: '2' } });
    expect(server.requests).toHaveLength(2);
  });

  it('do not wait long for one that is slow', async () => {
    const slow = ask(ledger);
    await arrived(1);
    const other = ask(ledger);
    await arrived(2);
    server.requests[1]?.answer(balance('2'));
    expect(await other).toEqual({ data: { balance: '2' } });
    server.requests[0]?.answer(balance('1'));
    expect(await slow).toEqual({ data: { balance: '1' } });
    expect(server.requests).toHaveLength(2);
    expect(ledger.standing()).toEqual({ circuit: 'closed', underWay: 0, waiting: 0 });
  });

  it('share what is wrong, each with its own request id in the log', async () => {
    server.onRequest((request) => request.answer('{"data":null,"errors":[{"message":"password is hunter2"}]}'));
    const lines: string[] = [];
    const scopes = ['req_a', 'req_b'].map((requestId) =>
      askerWith({
        requestId,
        logger: createLogger({ service: 'gateway', level: 'info' }, { write: (line) => void lines.push(line) }),
      }),
    );
    const answers = await Promise.all(scopes.map((scope) => ask(ledger, { scope })));
    const masked = (requestId: string) => ({
      data: null,
      errors: [{ message: 'Something went wrong', extensions: { code: 'INTERNAL_SERVER_ERROR', requestId } }],
    });
    expect(answers).toEqual([masked('req_a'), masked('req_b')]);
    expect(server.requests.map(({ headers }) => headers['x-request-id'])).toEqual(['req_a']);
    expect(lines.join()).toContain('"askedAs":"req_a"');
  });

  it('end at the deadline of who asked first, and never later than their own', async () => {
    connect(200);
    const [first, second] = await Promise.all([ask(ledger), ask(ledger)]);
    expect([first, second].map(codesIn)).toEqual([['SUBGRAPH_UNAVAILABLE'], ['SUBGRAPH_UNAVAILABLE']]);
    expect(server.requests).toHaveLength(1);
  });
});

describe('fetches that differ in anything that an answer may depend on', () => {
  it('are never shared between principals, known or not', async () => {
    server.onRequest((request) => request.answer(balance(String(request.headers.authorization))));
    const answers = await Promise.all([ask(ledger, as('Bearer ama')), ask(ledger, as('Bearer kofi')), ask(ledger)]);
    expect(answers.map(({ data }) => data?.balance)).toEqual(['Bearer ama', 'Bearer kofi', 'undefined']);
  });

  it('are not shared between bodies', async () => {
    server.onRequest((request) => request.answer());
    await Promise.all([ask(ledger, { body: '{"query":"{ a }"}' }), ask(ledger, { body: '{"query":"{ b }"}' })]);
    expect(server.requests).toHaveLength(2);
  });
});

it('mutations are never shared', async () => {
  server.onRequest((request) => request.answer());
  await Promise.all([1, 2, 3].map(() => ask(ledger, { kind: 'mutation' })));
  expect(server.requests).toHaveLength(3);
});

it('who has changed something reads it, whatever fetch of the same was under way before', async () => {
  let label = 'Everyday';
  const asked = { ...as('Bearer ama'), body: '{"query":"{ label }"}' };
  const before = ask(ledger, asked);
  await arrived(1);
  const stale = JSON.stringify({ data: { label } });
  const late = ask(ledger, asked);
  server.onRequest((request) => {
    if (request.body.startsWith('{"query":"mutation')) label = 'Holidays';
    request.answer(JSON.stringify({ data: { label } }));
  });
  expect(await ask(ledger, { ...asked, kind: 'mutation', body: '{"query":"mutation { rename }"}' })).toEqual({
    data: { label: 'Holidays' },
  });
  const after = ask(ledger, asked);
  server.requests[0]?.answer(stale);
  expect(await after).toEqual({ data: { label: 'Holidays' } });
  expect(await before).toEqual({ data: { label: 'Everyday' } });
  expect((await late).data).toBeDefined();
});
