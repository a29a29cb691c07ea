import { randomUUID } from 'node:crypto';
import { newId } from '@paygraph/ids';
import { currencyOf } from '@paygraph/money';
import type { RailInstruction, SubmitOutcome } from '@paygraph/rails';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { silent } from '../../test/platform.ts';
import { scriptRail } from '../../test/rail.ts';
import { type Attempt, instructionOf } from './attempt.ts';
import { createCaller } from './call.ts';
import { createLiveRail } from './live-rail.ts';
import { defaultRailTuning } from './tuning.ts';

// Nothing here waits for anything outside: time moves only when a test moves it.
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date', 'setTimeout', 'clearTimeout', 'performance'] });
});

afterEach(() => {
  vi.useRealTimers();
});

/** A payout that was handed over, and nobody knows whether it arrived. */
const inDoubt = (): Attempt => ({
  id: newId('att'),
  subjectId: newId('pay'),
  number: 1,
  direction: 'PAYOUT',
  rail: 'bank',
  reference: randomUUID(),
  amount: { amount: 4_000n, currency: currencyOf('USD') },
  counterparty: { type: 'MOBILE_MONEY', phoneNumber: '+233241234567', network: 'MTN', name: null },
  narrative: 'a test',
  state: 'SUBMITTED',
  inDoubt: true,
  railReference: null,
  refusal: null,
  railCode: null,
  charge: null,
  chargeDueAt: null,
  chargeId: newId('txn'),
  returnCharge: null,
  candidates: [],
  contradictedAt: null,
  createdAt: new Date(),
  submittedAt: new Date(),
  decidedAt: null,
  leaseEpoch: 1,
  tries: 0,
});

it('attempts in doubt that are due at once are all handed over again, however few calls a second their rail takes', async () => {
  const callsPerSecond = 5;
  const scripted = scriptRail('bank');
  const calledAt: number[] = [];
  const noting =
    <Answer>(call: (instruction: RailInstruction, options: { readonly signal: AbortSignal }) => Promise<Answer>) =>
    (instruction: RailInstruction, options: { readonly signal: AbortSignal }) => {
      calledAt.push(Date.now());
      return call(instruction, options);
    };
  const adapter = {
    ...scripted,
    capabilities: { ...scripted.capabilities, callsPerSecond },
    submit: noting(scripted.submit),
    status: noting(scripted.status),
  };
  const call = createCaller(
    new Map([['bank', createLiveRail(adapter, defaultRailTuning)]]),
    ...([defaultRailTuning, silent] as const),
  );
  const attempts = Array.from({ length: 6 }, inDoubt);
  const called = Promise.all(
    attempts.map((attempt) => call({ attempt, first: false, wanted: true, traceparent: null })),
  );
  await vi.advanceTimersByTimeAsync(2_000);
  expect((await called).map(({ finding }) => finding.state)).toEqual(attempts.map(() => 'ACCEPTED'));
  expect(scripted.handedOver.map(({ reference }) => reference).toSorted()).toEqual(
    attempts.map(({ reference }) => reference).toSorted(),
  );
  for (const at of calledAt)
    expect(calledAt.filter((time) => time >= at && time < at + 1_000).length).toBeLessThanOrEqual(callsPerSecond);
});

describe('how quick a rail is', () => {
  const fresh = (): Attempt => ({ ...inDoubt(), state: 'CREATED', inDoubt: false });
  /** What is learned of a rail's time when it answers a new attempt so, after so many ms. */
  const latency = async (outcome: SubmitOutcome, afterMs: number, callsPerSecond = 100) => {
    const scripted = scriptRail('bank');
    const submit = () => new Promise<SubmitOutcome>((answer) => setTimeout(() => answer(outcome), afterMs));
    const adapter = { ...scripted, capabilities: { ...scripted.capabilities, callsPerSecond }, submit };
    const rails = new Map([['bank', createLiveRail(adapter, defaultRailTuning)]]);
    const call = createCaller(rails, defaultRailTuning, silent);
    const claimed = { first: true, wanted: true, traceparent: null };
    const called = [fresh(), fresh()].map((attempt) => call({ ...claimed, attempt }));
    await vi.advanceTimersByTimeAsync(5_000);
    return (await Promise.all(called)).map(({ latencyMs }) => latencyMs);
  };

  it('is what it takes to answer, without the wait for a turn', async () => {
    expect(await latency({ kind: 'ACCEPTED', railReference: null }, 300, 1)).toEqual([300, 300]);
  });

  it.each<[string, SubmitOutcome]>([
    ['turns it away', { kind: 'NOT_SENT', why: '503' }],
    ['says nothing that is an answer', { kind: 'UNKNOWN', why: '500' }],
  ])('is not known when it %s', async (_what, outcome) => {
    expect(await latency(outcome, 1)).toEqual([null, null]);
  });

  it('is not known when it was not asked', async () => {
    const rail = createLiveRail(
      { ...scriptRail('bank'), submit: async () => ({ kind: 'UNKNOWN', why: 'away' }) },
      defaultRailTuning,
    );
    const { breakerFailures } = defaultRailTuning;
    for (let time = 0; time < breakerFailures; time += 1) await rail.submit(instructionOf(fresh()));
    const call = createCaller(new Map([['bank', rail]]), defaultRailTuning, silent);
    const { latencyMs } = await call({ attempt: fresh(), first: true, wanted: true, traceparent: null });
    expect(rail.health()).toBe('open');
    expect(latencyMs).toBeNull();
  });
});
