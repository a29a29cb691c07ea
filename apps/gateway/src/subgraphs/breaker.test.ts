import { createLogger } from '@paygraph/service';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ask, type CommandedSubgraph, codesIn, startCommandedSubgraph } from '../testing/commanded-subgraph.ts';
import { until } from '../testing/until.ts';
import { Breaker, type CircuitState } from './breaker.ts';
import { createSubgraph, type RemoteSubgraph } from './subgraph.ts';

const settings = { windowMs: 10_000, minimum: 20, share: 0.5, pauseMs: 1_000 };

describe('a circuit', () => {
  let clock: number;
  let states: CircuitState[];
  let breaker: Breaker;
  beforeEach(() => {
    clock = 1_000_000;
    states = [];
    breaker = new Breaker(
      settings,
      (state) => void states.push(state),
      () => clock,
    );
  });
  const tell = (verdict: 'well' | 'fault', times: number) => {
    for (let time = 0; time < times; time += 1) breaker.settle(breaker.admit(), verdict);
  };

  it('stays closed while fewer than half of the tries fail', () => {
    tell('well', 101);
    tell('fault', 100);
    expect([breaker.state, states]).toEqual(['closed', []]);
  });

  it('opens when half of them have failed', () => {
    tell('well', 100);
    tell('fault', 99);
    expect(breaker.state).toBe('closed');
    tell('fault', 1);
    expect([breaker.state, breaker.admit(), states]).toEqual(['open', 0, ['open']]);
  });

  it('stays closed while too few have been tried to tell', () => {
    tell('fault', 19);
    expect(breaker.state).toBe('closed');
  });

  it('forgets what was longer ago than its window', () => {
    tell('fault', 19);
    clock += 10_000;
    tell('fault', 19);
    expect(breaker.state).toBe('closed');
    clock += 8_000;
    tell('fault', 1);
    expect(breaker.state).toBe('open');
  });

  it('lets one try through after its pause, and closes when that goes well', () => {
    tell('fault', 20);
    clock += 999;
    expect(breaker.admit()).toBe(0);
    clock += 1;
    expect(breaker.state).toBe('half-open');
    const probe = breaker.admit();
    expect([probe > 0, breaker.admit(), breaker.admit()]).toEqual([true, 0, 0]);
    breaker.settle(probe, 'well');
    expect([breaker.state, states]).toEqual(['closed', ['open', 'closed']]);
    tell('fault', 19);
    expect(breaker.state).toBe('closed');
  });

  it('opens for another pause when that fails', () => {
    tell('fault', 20);
    clock += 1_000;
    breaker.settle(breaker.admit(), 'fault');
    expect([breaker.state, breaker.admit()]).toEqual(['open', 0]);
    clock += 1_000;
    expect(breaker.admit()).toBeGreaterThan(0);
  });

  it('lets another one through when that one was given up', () => {
    tell('fault', 20);
    clock += 1_000;
    breaker.settle(breaker.admit(), 'nothing');
    expect(breaker.admit()).toBeGreaterThan(0);
  });

  it('learns nothing from what was let through before it opened', () => {
    const [well, fault] = [breaker.admit(), breaker.admit()];
    tell('fault', 20);
    clock += 1_000;
    const probe = breaker.admit();
    breaker.settle(well, 'well');
    expect(breaker.state).toBe('half-open');
    breaker.settle(fault, 'fault');
    expect(breaker.state).toBe('half-open');
    breaker.settle(probe, 'well');
    expect(breaker.state).toBe('closed');
  });
});

describe('the circuit of a subgraph', () => {
  let server: CommandedSubgraph;
  let ledger: RemoteSubgraph;
  const logger = createLogger({ service: 'gateway', level: 'silent' });
  const connect = (pauseMs: number, timeoutMs = 10_000) => {
    const calls = { timeoutMs, retries: 0, concurrency: 4, circuit: { ...settings, minimum: 4, pauseMs } };
    ledger = createSubgraph({ name: 'ledger', url: server.url, logger, calls });
  };
  const askTimes = (times: number) =>
    Promise.all(Array.from({ length: times }, (_, number) => ask(ledger, { body: `{"query":"{ ok${number} }"}` })));

  beforeEach(async () => {
    server = await startCommandedSubgraph();
  });
  afterEach(async () => {
    await ledger.close();
    await server.crash();
  });

  it('opens while it is down, half-opens, and closes by itself when it is back', async () => {
    connect(1);
    await server.crash();
    await askTimes(4);
    await until(() => expect(ledger.standing().circuit).toBe('half-open'));
    server.onRequest((request) => request.answer());
    await server.restart();
    await until(async () => expect(await ask(ledger)).toEqual({ data: { ok: true } }));
    expect(ledger.standing().circuit).toBe('closed');
    expect(await ledger.ready()).toEqual({ circuit: 'closed' });
  });

  it('has it left in peace while it is open, and everybody answered at once', async () => {
    connect(3_600_000);
    server.onRequest((request) => request.answer('', 500));
    await askTimes(4);
    for (const answer of await askTimes(10)) expect(codesIn(answer)).toEqual(['SUBGRAPH_UNAVAILABLE']);
    expect(server.requests).toHaveLength(4);
    await expect(ledger.ready()).rejects.toMatchObject({ code: 'CIRCUIT_OPEN' });
  });

  it('opens for one that hangs', async () => {
    connect(3_600_000, 100);
    for (const answer of await askTimes(4)) expect(codesIn(answer)).toEqual(['SUBGRAPH_UNAVAILABLE']);
    expect(ledger.standing()).toEqual({ circuit: 'open', underWay: 0, waiting: 0 });
  });

  it('sends away who waits for a turn when it opens', async () => {
    connect(3_600_000);
    const answers = askTimes(20);
    await until(() => expect(server.requests).toHaveLength(4));
    for (const request of server.requests) request.answer('', 500);
    // As each of the first three failed, another one had its turn.
    await until(() => expect(ledger.standing()).toEqual({ circuit: 'open', underWay: 3, waiting: 0 }));
    await until(() => expect(server.requests).toHaveLength(7));
    for (const request of server.requests.slice(4)) request.answer();
    expect((await answers).filter(({ errors }) => !errors)).toHaveLength(3);
    expect(server.requests).toHaveLength(7);
  });

  it('stays closed when the subgraph answers with errors, or does not want what it is asked', async () => {
    connect(3_600_000);
    server.onRequest((request, number) =>
      number % 2 ? request.answer('', 413) : request.answer('{"errors":[{"message":"no"}]}', 500),
    );
    await askTimes(20);
    expect(ledger.standing().circuit).toBe('closed');
  });
});
