import { randomUUID } from 'node:crypto';
import type { Money } from '@paygraph/money';
import type { Counterparty, RailDirection, RailInstruction, RailRefusal, StatusOutcome } from '@paygraph/rails';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Refusal, wellBehaved } from '../behaviour.ts';
import type { Order, RailName } from '../books.ts';
import { type House, openHouse } from './house.ts';
import { until } from './until.ts';

/** What differs between rails in what all of them promise. */
export interface RailUnderTest {
  readonly name: RailName;
  readonly directions: readonly RailDirection[];
  readonly counterparty: Counterparty;
  readonly amount: Money;
  /** Our reference as the rail's wire has it. */
  readonly onTheWire: (reference: string) => string;
  /** What each refusal of the rail is in our words, where a direction knows it. */
  readonly refusals: Partial<Record<RailDirection, Partial<Record<Refusal, RailRefusal>>>>;
  /** Whether a verified callback is believed, or only makes us ask. */
  readonly callbacks: 'EVENTS' | 'NUDGE';
  readonly signsTime: boolean;
  readonly tellsFloat: boolean;
  readonly hasStatements: boolean;
}

/** Whatever the rail, this is what the rest of the platform relies on. Every adapter must pass it against the sandbox. */
export function railContract(given: RailUnderTest): void {
  const { name, counterparty, amount, onTheWire } = given;
  let house: House;
  beforeAll(async () => {
    house = await openHouse(name);
  });
  afterAll(() => house.stop());
  beforeEach(() => {
    house.sandbox.behave(name, { ...wellBehaved, settleMs: null });
    house.callbacks.length = 0;
  });

  const instruct = (direction: RailDirection): RailInstruction => ({
    ...{ direction, reference: randomUUID(), amount, counterparty },
    endToEndId: `pay_${randomUUID().replaceAll('-', '')}`,
    narrative: "Ada's invoice no. 7 & more",
  });
  const patient = () => ({ signal: AbortSignal.timeout(15_000) });
  const orderOf = ({ reference }: RailInstruction): Order | undefined =>
    house.sandbox.books.find(name, onTheWire(reference));
  const float = () => house.sandbox.books.float(name, amount.currency);
  const settle = ({ reference }: RailInstruction, refusal?: Refusal) =>
    house.sandbox.settle(name, onTheWire(reference), refusal);
  const movement = (direction: RailDirection, charge = 0n) =>
    (direction === 'COLLECTION' ? amount.amount : -amount.amount) - charge;
  const decided = (instruction: RailInstruction): Promise<StatusOutcome> =>
    until('the rail decides', async () => {
      const outcome = await house.rail.status(instruction, patient());
      return outcome.kind === 'ACCEPTED' ? undefined : outcome;
    });
  /** Submits, and loses patience as soon as the rail has taken it. */
  const submitImpatiently = async (instruction: RailInstruction) => {
    const patience = new AbortController();
    const submitted = house.rail.submit(instruction, { signal: patience.signal });
    await until('the rail has taken it', () => orderOf(instruction));
    patience.abort();
    return submitted;
  };

  describe.each(given.directions)('a %s', (direction) => {
    it('is accepted, then confirmed, and moves money once', async () => {
      const instruction = instruct(direction);
      const before = float();
      expect(await house.rail.submit(instruction, patient())).toMatchObject({ kind: 'ACCEPTED' });
      expect(await house.rail.status(instruction, patient())).toMatchObject({ kind: 'ACCEPTED' });
      const { railReference, charge } = settle(instruction);
      const outcome = await decided(instruction);
      expect(outcome).toMatchObject({ kind: 'CONFIRMED', railReference });
      if (outcome.kind === 'CONFIRMED' && outcome.amount !== null) expect(outcome.amount).toEqual(amount);
      // What a rail takes for it must be told by whatever way we learn of it first.
      if (charge > 0n) expect(outcome).toMatchObject({ charge: { amount: charge, currency: amount.currency } });
      expect(float() - before).toBe(movement(direction, charge));
      expect(orderOf(instruction)).toMatchObject({ state: 'SUCCEEDED', direction, amount });
    });

    it.each(Object.entries(given.refusals[direction] ?? {}))(
      'refused for good with %s says %s',
      async (refusal, code) => {
        house.sandbox.behave(name, { refuse: 1, refusal: refusal as Refusal, settleMs: 1 });
        const instruction = instruct(direction);
        const before = float();
        const submitted = await house.rail.submit(instruction, patient());
        const outcome = submitted.kind === 'ACCEPTED' ? await decided(instruction) : submitted;
        expect(outcome).toMatchObject({ kind: 'REFUSED', code });
        expect(float()).toBe(before);
      },
    );

    it('that times out after it was taken is unknown, and resolved by our own reference', async () => {
      house.sandbox.behave(name, { hangAfterTaking: 1 });
      const instruction = instruct(direction);
      expect(await submitImpatiently(instruction)).toMatchObject({ kind: 'UNKNOWN' });
      expect(await house.rail.status(instruction, patient())).toMatchObject({ kind: 'ACCEPTED' });
      settle(instruction);
      expect(await decided(instruction)).toMatchObject({ kind: 'CONFIRMED' });
    });

    it.each(['errorAfterTaking', 'malformedAnswer'] as const)(
      'answered with %s is unknown, and resolved by status',
      async (fault) => {
        house.sandbox.behave(name, { [fault]: 1 });
        const instruction = instruct(direction);
        expect(await house.rail.submit(instruction, patient())).toMatchObject({ kind: 'UNKNOWN' });
        settle(instruction);
        expect(await decided(instruction)).toMatchObject({ kind: 'CONFIRMED' });
      },
    );

    it('lost before it was taken is unknown, unseen, and taken once when sent again', async () => {
      house.sandbox.behave(name, { errorBeforeTaking: 1 });
      const instruction = instruct(direction);
      expect(await house.rail.submit(instruction, patient())).toMatchObject({ kind: 'UNKNOWN' });
      expect(orderOf(instruction)).toBeUndefined();
      expect(await house.rail.status(instruction, patient())).toEqual({ kind: 'UNSEEN' });
      house.sandbox.behave(name, { errorBeforeTaking: 0 });
      expect(await house.rail.submit(instruction, patient())).toMatchObject({ kind: 'ACCEPTED' });
    });

    it('turned away at the door was for certain not taken', async () => {
      house.sandbox.behave(name, { unavailable: 1 });
      const instruction = instruct(direction);
      expect(await house.rail.submit(instruction, patient())).toMatchObject({ kind: 'NOT_SENT' });
      expect(orderOf(instruction)).toBeUndefined();
    });

    it('to a rail that is not there, or without any time left, was for certain not sent', async () => {
      const instruction = instruct(direction);
      expect(await house.orphan.submit(instruction, patient())).toMatchObject({ kind: 'NOT_SENT' });
      expect(await house.rail.submit(instruction, { signal: AbortSignal.abort() })).toMatchObject({ kind: 'NOT_SENT' });
      expect(orderOf(instruction)).toBeUndefined();
    });

    it('to a slow rail takes its time', async () => {
      house.sandbox.behave(name, { latencyMs: 200 });
      expect(await house.rail.submit(instruct(direction), patient())).toMatchObject({ kind: 'ACCEPTED' });
    });

    it('submitted again and again, one after the other and at once, takes money once', async () => {
      const instruction = instruct(direction);
      const before = float();
      const all = await Promise.all([1, 2, 3].map(() => house.rail.submit(instruction, patient())));
      expect(all.map(({ kind }) => kind)).toEqual(['ACCEPTED', 'ACCEPTED', 'ACCEPTED']);
      const { charge } = settle(instruction);
      expect(await house.rail.submit(instruction, patient())).toMatchObject({ kind: 'CONFIRMED' });
      expect(float() - before).toBe(movement(direction, charge));
    });

    it('is unknown, and not failed, while questions for its status fail', async () => {
      const instruction = instruct(direction);
      await house.rail.submit(instruction, patient());
      house.sandbox.behave(name, { statusError: 1 });
      expect(await house.rail.status(instruction, patient())).toMatchObject({ kind: 'UNKNOWN' });
      expect(await house.orphan.status(instruction, patient())).toMatchObject({ kind: 'UNKNOWN' });
    });

    it('goes on when the rail has forgotten our token, for many at once', async () => {
      house.sandbox.revokeTokens();
      const instructions = Array.from({ length: 5 }, () => instruct(direction));
      const outcomes = await Promise.all(instructions.map((one) => house.rail.submit(one, patient())));
      expect(outcomes.map(({ kind }) => kind)).toEqual(instructions.map(() => 'ACCEPTED'));
    });

    it('cannot be called off where the rail cannot', async () => {
      const instruction = instruct(direction);
      await house.rail.submit(instruction, patient());
      const outcome = await house.rail.cancel(instruction, patient());
      expect(outcome.kind === 'UNSUPPORTED').toBe(!house.rail.capabilities.cancels);
    });

    it('is told of by a callback that finds the attempt, however often it comes', async () => {
      house.sandbox.behave(name, { callbacks: { copies: 3 } });
      const instruction = instruct(direction);
      await house.rail.submit(instruction, patient());
      settle(instruction);
      const verified = (await house.callbacksReceived(3)).map((raw) => house.rail.webhook(raw));
      const { reference } = instruction;
      if (given.callbacks === 'NUDGE') {
        for (const one of verified) expect(one).toMatchObject({ kind: 'NUDGE', references: [reference] });
        return;
      }
      const events = verified.flatMap((one) => (one.kind === 'EVENTS' ? one.events : []));
      for (const event of events)
        expect(event).toMatchObject({ kind: 'ATTEMPT', reference, news: { kind: 'CONFIRMED', amount } });
      expect(events).toHaveLength(3);
      expect(new Set(events.map(({ eventId }) => eventId)).size).toBe(1);
    });

    it('is not told of by somebody who does not know the secret', async () => {
      house.sandbox.behave(name, { callbacks: { forged: 1, lost: 1 } });
      const instruction = instruct(direction);
      await house.rail.submit(instruction, patient());
      settle(instruction);
      const [forged] = await house.callbacksReceived(1);
      if (!forged) throw new Error('Nothing came');
      expect(house.rail.webhook(forged)).toMatchObject({ kind: 'REJECTED' });
    });

    it('does not go back when an older callback comes after the last one', async () => {
      house.sandbox.behave(name, { callbacks: { outOfOrder: 1 } });
      const instruction = instruct(direction);
      await house.rail.submit(instruction, patient());
      settle(instruction);
      const kinds = (await house.callbacksReceived(2)).map((raw) => house.rail.webhook(raw));
      expect(kinds.map(({ kind }) => kind)).toEqual([given.callbacks, given.callbacks]);
      expect(await house.rail.status(instruction, patient())).toMatchObject({ kind: 'CONFIRMED' });
    });
  });

  it('finds no float for a payout where there is none', async () => {
    house.sandbox.behave(name, { emptyFloat: true, settleMs: 1 });
    const instruction = instruct('PAYOUT');
    const submitted = await house.rail.submit(instruction, patient());
    const outcome = submitted.kind === 'ACCEPTED' ? await decided(instruction) : submitted;
    expect(outcome).toMatchObject({ kind: 'REFUSED', code: 'FLOAT_EXHAUSTED' });
  });

  it('tells the float, or that it does not tell', async () => {
    const told = await house.rail.float(amount.currency, patient());
    expect(told).toEqual(given.tellsFloat ? { amount: float(), currency: amount.currency } : null);
  });

  it('has statements, or has none', () => {
    expect(house.rail.statement !== undefined).toBe(given.hasStatements);
  });

  it.runIf(given.hasStatements)('shows on its statement, under the same ids, all that callbacks told of', async () => {
    const { statement } = house.rail;
    const at = new Date();
    const instruction = instruct('PAYOUT');
    await house.rail.submit(instruction, patient());
    settle(instruction);
    house.sandbox.returnTransfer(onTheWire(instruction.reference), 'PARTY_BLOCKED');
    house.sandbox.credit({
      amount,
      sender: 'Kofi',
      remittance: 'rent',
      bankReference: `BK${randomUUID().slice(0, 8)}`,
    });
    const verified = (await house.callbacksReceived(3)).map((raw) => house.rail.webhook(raw));
    const told = verified.flatMap((one) => (one.kind === 'EVENTS' ? one.events : []));
    expect(told).toHaveLength(3);
    const read = async (page: number) => {
      const found = await statement?.({ day: at.toISOString().slice(0, 10), page }, patient());
      if (found?.kind !== 'STATEMENT') throw new Error(found?.why);
      return found;
    };
    const { events, isLast } = await read(1);
    expect(events).toEqual(expect.arrayContaining(told));
    expect(isLast).toBe(true);

    house.sandbox.behave(name, { callbacks: { lost: 1 } });
    for (let count = 0; count < 200; count += 1)
      house.sandbox.credit({
        amount,
        sender: 'Kofi',
        remittance: 'rent',
        bankReference: `BK${randomUUID()}`.slice(0, 35),
      });
    const pages = [await read(1), await read(2)];
    expect(pages.map((page) => page.isLast)).toEqual([false, true]);
    const ids = pages.flatMap((page) => page.events.map(({ eventId }) => eventId));
    expect(new Set(ids).size).toBe(events.length + 200);
  });

  it.runIf(given.hasStatements)('does not know a statement that cannot be had', async () => {
    house.sandbox.behave(name, { statusError: 1 });
    const asked = { day: '2026-11-22', page: 1 };
    for (const one of [house.rail, house.orphan])
      expect(await one.statement?.(asked, patient())).toMatchObject({ kind: 'UNKNOWN' });
  });

  it('does not know a reference that it was never given', async () => {
    for (const direction of given.directions)
      expect(await house.rail.status(instruct(direction), patient())).toEqual({ kind: 'UNSEEN' });
  });

  it('refuses callbacks that it cannot have been sent', () => {
    const raw = { method: 'POST', path: '', headers: {}, body: Buffer.from('{}'), receivedAt: new Date() };
    for (const odd of [raw, { ...raw, method: 'GET' }, { ...raw, path: '/guess' }, { ...raw, body: Buffer.from('<x') }])
      expect(house.rail.webhook(odd)).toMatchObject({ kind: 'REJECTED' });
  });

  it.runIf(given.signsTime)('refuses a callback that was signed more than 5 minutes ago', async () => {
    house.sandbox.behave(name, { callbacks: { agedMs: 5 * 60_000 + 2_000 } });
    const instruction = instruct('PAYOUT');
    await house.rail.submit(instruction, patient());
    settle(instruction);
    const [old] = await house.callbacksReceived(1);
    if (!old) throw new Error('Nothing came');
    expect(house.rail.webhook(old)).toMatchObject({ kind: 'REJECTED', status: 401 });
    // Yet it was genuine: seen when it was signed, it would have been believed.
    const then = new Date(old.receivedAt.getTime() - 5 * 60_000);
    expect(house.rail.webhook({ ...old, receivedAt: then })).toMatchObject({ kind: 'EVENTS' });
  });

  it('names what it charges and what it can carry', () => {
    const { capabilities } = house.rail;
    expect(capabilities.directions).toEqual(given.directions);
    expect(capabilities.currencies.has(amount.currency)).toBe(true);
    for (const direction of given.directions)
      expect(house.rail.fee({ direction, amount, counterparty }).currency).toBe(amount.currency);
  });
}
