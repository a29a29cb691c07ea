import { newId } from '@paygraph/ids';
import { type Currency, currencyOf } from '@paygraph/money';
import type { RailInstruction, SubmitOutcome } from '@paygraph/rails';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { refusedBy, scriptRail } from '../../test/rail.ts';
import { createLiveRail, type LiveRail } from './live-rail.ts';
import { defaultRailTuning, type RailTuning } from './tuning.ts';

// Nothing here waits for anything outside: time moves only when a test moves it.
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date', 'setTimeout', 'clearTimeout'] });
});

afterEach(() => {
  vi.useRealTimers();
});

const instruction: RailInstruction = {
  direction: 'PAYOUT',
  reference: '0d5f3c1e-7c36-4c0e-9d0a-1f2f6d7b1a11',
  endToEndId: newId('pay'),
  amount: { amount: 4_000n, currency: currencyOf('USD') },
  counterparty: { type: 'MOBILE_MONEY', phoneNumber: '+233241234567', network: 'MTN', name: null },
  narrative: 'a test',
};

const accepted: SubmitOutcome = { kind: 'ACCEPTED', railReference: null };
const lost: SubmitOutcome = { kind: 'UNKNOWN', why: 'cut off' };
const away: SubmitOutcome = { kind: 'NOT_SENT', why: '503' };
const tuning: RailTuning = { ...defaultRailTuning, breakerFailures: 3, breakerPauseMs: 10_000, queuedCalls: 1 };
const withheld = (why: string) => ({ kind: 'WITHHELD', why });

interface Call {
  readonly signal: AbortSignal;
  answer(outcome: SubmitOutcome): void;
}

/** A rail whose answers are given by hand, at any time. */
function byHand(limits: { callsPerSecond?: number; concurrentCalls?: number } = {}) {
  const calls: Call[] = [];
  const scripted = scriptRail('momo');
  const adapter = {
    ...scripted,
    capabilities: { ...scripted.capabilities, ...limits },
    submit: (_instruction: RailInstruction, { signal }: { readonly signal: AbortSignal }) =>
      new Promise<SubmitOutcome>((answer) => calls.push({ signal, answer })),
  };
  return { rail: createLiveRail(adapter, tuning), calls };
}

/** A rail that answers at once, in this order, and then accepts. */
function answering(...outcomes: SubmitOutcome[]) {
  const scripted = scriptRail('momo');
  const submit = vi.fn(async () => outcomes.shift() ?? accepted);
  return { rail: createLiveRail({ ...scripted, submit }, tuning), submit };
}

const submitTimes = async (rail: LiveRail, times: number) => {
  const outcomes = [];
  for (let time = 0; time < times; time += 1) outcomes.push(await rail.submit(instruction));
  return outcomes;
};

describe('the circuit of a rail', () => {
  it.each([
    ['are lost', lost],
    ['do not get through', away],
  ])('opens when so many calls in a row %s, and then nothing reaches the rail', async (_what, outcome) => {
    const { rail, submit } = answering(outcome, outcome, outcome);
    await submitTimes(rail, 3);
    expect(rail.health()).toBe('open');
    expect(await rail.submit(instruction)).toMatchObject({ ...withheld('the circuit is open'), outOfOrder: true });
    expect(submit).toHaveBeenCalledTimes(3);
  });

  it('stays closed as long as something gets through in between, a refusal too', async () => {
    const { rail } = answering(lost, lost, refusedBy('COUNTERPARTY_NOT_FOUND'), away, lost, accepted, lost, lost);
    await submitTimes(rail, 8);
    expect(rail.health()).toBe('closed');
  });

  it('lets one call through after a pause, and closes when it is answered', async () => {
    const { rail, submit } = answering(lost, lost, lost);
    await submitTimes(rail, 3);
    vi.advanceTimersByTime(9_999);
    expect(await rail.submit(instruction)).toMatchObject(withheld('the circuit is open'));
    vi.advanceTimersByTime(1);
    expect(await rail.submit(instruction)).toEqual(accepted);
    expect(rail.health()).toBe('closed');
    expect(submit).toHaveBeenCalledTimes(4);
  });

  it('is half open after the pause, so that the rail is chosen again though nobody has called it since', async () => {
    const { rail } = answering(lost, lost, lost);
    await submitTimes(rail, 3);
    vi.advanceTimersByTime(9_999);
    expect(rail.health()).toBe('open');
    vi.advanceTimersByTime(1);
    expect(rail.health()).toBe('half-open');
  });

  it('opens again when that call is lost too, for as long', async () => {
    const { rail, submit } = answering(lost, lost, lost, lost);
    await submitTimes(rail, 3);
    vi.advanceTimersByTime(10_000);
    expect(await rail.submit(instruction)).toEqual(lost);
    expect(rail.health()).toBe('open');
    expect(await rail.submit(instruction)).toMatchObject({ retryAfterMs: 10_000, outOfOrder: true });
    expect(submit).toHaveBeenCalledTimes(4);
  });

  it('is one for every kind of call', async () => {
    const { rail } = answering(lost, lost, lost);
    await submitTimes(rail, 3);
    expect(await rail.status(instruction)).toMatchObject(withheld('the circuit is open'));
    expect(await rail.cancel(instruction)).toMatchObject(withheld('the circuit is open'));
  });
});

describe('a call that is not answered in time', () => {
  it('is unknown, never failed, and its connection is given up', async () => {
    const { rail, calls } = byHand();
    const outcome = rail.submit(instruction);
    await vi.advanceTimersByTimeAsync(tuning.callTimeoutMs - 1);
    expect(calls[0]?.signal.aborted).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect(await outcome).toEqual({ kind: 'UNKNOWN', why: `no answer within ${tuning.callTimeoutMs} ms` });
    expect(calls[0]?.signal.aborted).toBe(true);
  });

  it('counts for the circuit', async () => {
    const { rail } = byHand();
    const outcomes = Promise.all([1, 2, 3].map(() => rail.submit(instruction)));
    await vi.advanceTimersByTimeAsync(tuning.callTimeoutMs);
    expect((await outcomes).map(({ kind }) => kind)).toEqual(['UNKNOWN', 'UNKNOWN', 'UNKNOWN']);
    expect(rail.health()).toBe('open');
  });
});

describe('the limit of calls a second', () => {
  it('makes calls wait for their turn, in order, as long as the lease leaves room for it', async () => {
    const { rail, calls } = byHand({ callsPerSecond: 2 });
    const outcomes = Promise.all(Array.from({ length: 6 }, () => rail.submit(instruction)));
    for (const made of [2, 4, 6]) {
      await vi.advanceTimersByTimeAsync(0);
      expect(calls).toHaveLength(made);
      await vi.advanceTimersByTimeAsync(1_000);
    }
    for (const call of calls) call.answer(accepted);
    expect(await outcomes).toEqual(Array.from({ length: 6 }, () => accepted));
  });

  it('withholds what would have to wait longer, and says nothing against the rail', async () => {
    const { rail, calls } = byHand({ callsPerSecond: 2 });
    for (let call = 0; call < 6; call += 1) void rail.submit(instruction);
    const above = await rail.submit(instruction);
    expect(above).toEqual({ ...withheld('our own limit of calls'), retryAfterMs: 2_000, outOfOrder: false });
    expect(rail.health()).toBe('closed');
    await vi.advanceTimersByTimeAsync(2_000);
    expect(calls).toHaveLength(6);
  });

  it('does not make a call whose turn comes after its attempt’s lease', async () => {
    const { rail, calls } = byHand({ callsPerSecond: 1 });
    void rail.submit(instruction);
    const late = rail.submit(instruction, Date.now() + 900);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(await late).toMatchObject({ ...withheld('its turn came too late'), outOfOrder: false });
    expect(calls).toHaveLength(1);
  });

  it('lets nothing wait for a rail whose circuit is open', async () => {
    const scripted = scriptRail('momo');
    const capabilities = { ...scripted.capabilities, callsPerSecond: 3 };
    const rail = createLiveRail({ ...scripted, capabilities, submit: async () => lost }, tuning);
    await submitTimes(rail, 3);
    expect(await rail.submit(instruction)).toMatchObject(withheld('the circuit is open'));
  });

  it('is shared by the processes that call the rail, each of which has its part', async () => {
    const scripted = scriptRail('momo');
    const capabilities = { ...scripted.capabilities, callsPerSecond: 7 };
    const submit = vi.fn(async () => accepted);
    const rail = createLiveRail({ ...scripted, capabilities, submit }, { ...tuning, processes: 3 });
    for (let call = 0; call < 6; call += 1) void rail.submit(instruction);
    await vi.advanceTimersByTimeAsync(0);
    expect(submit).toHaveBeenCalledTimes(2);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(submit).toHaveBeenCalledTimes(4);
  });

  it('is each rail’s own', async () => {
    const [one, other] = [byHand({ callsPerSecond: 1 }), byHand({ callsPerSecond: 1 })];
    for (let call = 0; call < 3; call += 1) void one.rail.submit(instruction);
    void other.rail.submit(instruction);
    await vi.advanceTimersByTimeAsync(0);
    expect([one.calls.length, other.calls.length]).toEqual([1, 1]);
  });
});

describe('the limit of calls at a time', () => {
  it('makes calls wait for their turn, and withholds what is too much even for that', async () => {
    const { rail, calls } = byHand({ concurrentCalls: 2 });
    const outcomes = [1, 2, 3].map(() => rail.submit(instruction));
    expect(await rail.submit(instruction)).toMatchObject({
      ...withheld('too many calls at a time'),
      outOfOrder: false,
    });
    expect(calls).toHaveLength(2);
    calls[0]?.answer(accepted);
    await vi.advanceTimersByTimeAsync(0);
    expect(calls).toHaveLength(3);
    for (const call of calls) call.answer(accepted);
    expect(await Promise.all(outcomes)).toEqual([accepted, accepted, accepted]);
    expect(rail.health()).toBe('closed');
  });

  it('gives a call all its time once it has its turn', async () => {
    const { rail, calls } = byHand({ concurrentCalls: 1 });
    const [first, second] = [rail.submit(instruction), rail.submit(instruction)];
    await vi.advanceTimersByTimeAsync(tuning.callTimeoutMs);
    expect(await first).toMatchObject({ kind: 'UNKNOWN' });
    await vi.advanceTimersByTimeAsync(tuning.callTimeoutMs - 1);
    calls[1]?.answer(accepted);
    expect(await second).toEqual(accepted);
  });

  it('does not make a call whose turn comes when its attempt may be in other hands', async () => {
    const slow: RailTuning = { ...tuning, attemptLeaseMs: tuning.callTimeoutMs + 1_000 };
    const scripted = scriptRail('momo');
    const calls: (() => void)[] = [];
    const submit = () => new Promise<SubmitOutcome>((answer) => calls.push(() => answer(accepted)));
    const capabilities = { ...scripted.capabilities, concurrentCalls: 1 };
    const rail = createLiveRail({ ...scripted, capabilities, submit }, slow);
    const [first, second] = [rail.submit(instruction), rail.submit(instruction)];
    await vi.advanceTimersByTimeAsync(1_001);
    calls[0]?.();
    expect(await first).toEqual(accepted);
    expect(await second).toMatchObject({ ...withheld('its turn came too late'), outOfOrder: false });
    expect(calls).toHaveLength(1);
  });
});

describe('the float of a rail', () => {
  it('is asked for once in a while, and not known when the rail does not say', async () => {
    const float = vi.fn(async () => ({ amount: 7n, currency: currencyOf('USD') }));
    const rail = createLiveRail({ ...scriptRail('momo'), float }, tuning);
    expect(await rail.float(currencyOf('USD'))).toMatchObject({ amount: 7n });
    expect(await rail.float(currencyOf('USD'))).toMatchObject({ amount: 7n });
    expect(float).toHaveBeenCalledTimes(1);
    vi.advanceTimersByTime(tuning.floatAgeMs);
    float.mockRejectedValueOnce(new Error('away'));
    expect(await rail.float(currencyOf('USD'))).toBeNull();
    expect(float).toHaveBeenCalledTimes(2);
  });

  it('is asked for once for all who want to know it at the same time, in each currency', async () => {
    const float = vi.fn(async (currency: Currency) => ({ amount: 7n, currency }));
    const rail = createLiveRail({ ...scriptRail('momo'), float }, { ...tuning, floatAgeMs: 0 });
    const wanted = Array.from({ length: 200 }, (_, index) => rail.float(currencyOf(index % 2 ? 'USD' : 'EUR')));
    expect(await Promise.all(wanted)).toHaveLength(200);
    expect(float).toHaveBeenCalledTimes(2);
    await rail.float(currencyOf('USD'));
    expect(float).toHaveBeenCalledTimes(3);
  });

  it('is not known when the rail does not say it soon, and its connection is given up', async () => {
    const signals: AbortSignal[] = [];
    const float = (_currency: Currency, { signal }: { readonly signal: AbortSignal }) => {
      signals.push(signal);
      return new Promise<never>(() => {});
    };
    const rail = createLiveRail({ ...scriptRail('momo'), float }, tuning);
    const known = rail.float(currencyOf('USD'));
    await vi.advanceTimersByTimeAsync(tuning.floatTimeoutMs);
    expect(await known).toBeNull();
    expect(signals.map(({ aborted }) => aborted)).toEqual([true]);
    expect(await rail.float(currencyOf('USD'))).toBeNull();
    expect(signals).toHaveLength(1);
  });

  it('counts for the limit of calls a second, and is not known while others have their turn', async () => {
    const float = vi.fn(async (currency: Currency) => ({ amount: 7n, currency }));
    const scripted = scriptRail('momo');
    const capabilities = { ...scripted.capabilities, callsPerSecond: 1 };
    const rail = createLiveRail({ ...scripted, capabilities, float }, tuning);
    for (let call = 0; call < 3; call += 1) void rail.submit(instruction);
    const known = rail.float(currencyOf('USD'));
    await vi.advanceTimersByTimeAsync(tuning.floatTimeoutMs);
    expect(await known).toBeNull();
    expect(float).not.toHaveBeenCalled();
  });

  it('is not asked of a rail whose circuit is open', async () => {
    const float = vi.fn(async (currency: Currency) => ({ amount: 7n, currency }));
    const rail = createLiveRail({ ...scriptRail('momo'), submit: async () => lost, float }, tuning);
    await submitTimes(rail, 3);
    expect(await rail.float(currencyOf('USD'))).toBeNull();
    expect(float).not.toHaveBeenCalled();
  });
});

it('has many calls at a time without Node taking them for a leak', async () => {
  const warnings: string[] = [];
  const note = ({ name }: Error) => warnings.push(name);
  process.on('warning', note);
  try {
    const { rail, calls } = byHand({ callsPerSecond: 20, concurrentCalls: 20 });
    const outcomes = Promise.all(Array.from({ length: 20 }, () => rail.submit(instruction)));
    await vi.waitFor(() => expect(calls).toHaveLength(20));
    for (const { answer } of calls) answer(accepted);
    expect(await outcomes).toHaveLength(20);
    // Node tells of warnings in the next turn.
    await new Promise(setImmediate);
    expect(warnings).toEqual([]);
  } finally {
    process.off('warning', note);
  }
});
