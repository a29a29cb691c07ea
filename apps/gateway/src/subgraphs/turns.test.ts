import { createLogger } from '@paygraph/service';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ask, type CommandedSubgraph, codesIn, startCommandedSubgraph } from '../testing/commanded-subgraph.ts';
import { post } from '../testing/http.ts';
import { until } from '../testing/until.ts';
import { startWorld } from '../testing/world.ts';
import { createSubgraph, type RemoteSubgraph } from './subgraph.ts';
import { Turns } from './turns.ts';

const logger = createLogger({ service: 'gateway', level: 'silent' });
let server: CommandedSubgraph;
let ledger: RemoteSubgraph;
const connect = (calls: { timeoutMs?: number; queue: number }) => {
  ledger = createSubgraph({ name: 'ledger', url: server.url, logger, calls: { concurrency: 2, retries: 0, ...calls } });
};
const bodyOf = (name: string) => ({ body: `{"query":"{ ${name} }"}` });

beforeEach(async () => {
  server = await startCommandedSubgraph();
});
afterEach(async () => {
  await ledger.close();
  await server.crash();
});

describe('calls of a subgraph', () => {
  it('are so many at a time, and wait for their turn in order', async () => {
    connect({ queue: 2 });
    const answers = ['a', 'b', 'c', 'd'].map((name) => ask(ledger, bodyOf(name)));
    await until(() => expect(server.requests).toHaveLength(2));
    expect(ledger.standing()).toEqual({ circuit: 'closed', underWay: 2, waiting: 2 });
    server.requests[0]?.answer();
    await until(() => expect(server.requests[2]?.body).toContain('{ c }'));
    server.requests[1]?.answer();
    await until(() => expect(server.requests[3]?.body).toContain('{ d }'));
    for (const request of server.requests.slice(2)) request.answer();
    for (const answer of await Promise.all(answers)) expect(answer).toEqual({ data: { ok: true } });
    expect(ledger.standing()).toEqual({ circuit: 'closed', underWay: 0, waiting: 0 });
  });

  it('beyond those that may wait are turned away at once, with word that they may come again', async () => {
    connect({ queue: 1 });
    const answers = ['a', 'b', 'c'].map((name) => ask(ledger, bodyOf(name)));
    expect(await ask(ledger, bodyOf('d'))).toEqual({
      data: null,
      errors: [
        {
          message: 'The ledger service has too much to do. Try again.',
          extensions: { code: 'SUBGRAPH_OVERLOADED' },
        },
      ],
      unavailable: true,
    });
    await until(() => expect(server.requests).toHaveLength(2));
    server.onRequest((request) => request.answer());
    for (const request of server.requests) request.answer();
    await Promise.all(answers);
    expect(server.requests).toHaveLength(3);
  });

  it('whose turn comes too late are not sent, and say so', async () => {
    connect({ queue: 1, timeoutMs: 200 });
    const answers = await Promise.all(
      ['a', 'b', 'c'].map((name) => ask(ledger, { kind: 'mutation', ...bodyOf(name) })),
    );
    const [unavailable, overloaded] = [['SUBGRAPH_UNAVAILABLE'], ['SUBGRAPH_OVERLOADED']];
    expect(answers.map(codesIn)).toEqual([unavailable, unavailable, overloaded]);
    expect(server.requests.map(({ body }) => body)).not.toContain(bodyOf('c').body);
  });
});

it('a subgraph that hangs, with all of its turns taken, does not keep others from answering', async () => {
  connect({ queue: 1 });
  const world = await startWorld({ subgraphCalls: () => ({ timeoutMs: 1_000, concurrency: 2, queue: 1, retries: 0 }) });
  try {
    world.ledger.behave('never');
    const stuck = ['wal_1', 'wal_2', 'wal_3', 'wal_4'].map((id) =>
      post(world.url, `{ wallet(id: "${id}") { label balance { amount } } }`),
    );
    await until(() => expect(world.ledger.requests.length).toBeGreaterThan(0));
    const { body } = await post(world.url, '{ wallets { label } payment(id: "pay_1") { id } }');
    expect(body).toMatchObject({ data: { wallets: [{ label: 'Everyday' }, {}], payment: { id: 'pay_1' } } });
    await Promise.all(stuck);
  } finally {
    await world.stop();
  }
});

it('turns that are given back at once by thousands in a row need no deep stack', () => {
  const turns = new Turns(1, 100_000);
  let granted = 0;
  expect(turns.take()).toBe(true);
  for (let waiting = 0; waiting < 100_000; waiting += 1)
    turns.wait({
      granted() {
        granted += 1;
        turns.give();
      },
      dismissed: () => undefined,
    });
  turns.give();
  expect([granted, turns.taken, turns.waiting]).toEqual([100_000, 0, 0]);
});
