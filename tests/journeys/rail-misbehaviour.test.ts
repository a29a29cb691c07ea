import { randomUUID } from 'node:crypto';
import { type BehaviourPatch, railNames, wellBehaved } from '@paygraph/rails-sandbox';
import { until } from '@paygraph/standalone';
import type { operations } from '@paygraph/standalone/client';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { usePlatform } from '../support/journey.ts';
import { availableTo, bankAccount, collection, mtnNumber, outcomeOf, payNow, payout } from '../support/payments.ts';
import { railsOutside } from '../support/rails.ts';

vi.setConfig({ testTimeout: 90_000 });

/* Money from and to the world outside, whose rails lose, repeat, forge and forget. */
const platform = usePlatform('one process');
const outside = () => railsOutside(platform());

beforeEach(() => Promise.all(railNames.map((rail) => outside().behave(rail, wellBehaved))));

interface Attempt {
  readonly rail: string;
  readonly state: string;
  readonly reference: string;
  readonly charge: operations.Money | null;
  readonly candidates: readonly { readonly rail: string; readonly score: string | null; readonly why: string }[];
}
const attemptsOf = async (id: string): Promise<readonly Attempt[]> => {
  const { payment } = await platform().operator.graph<{ payment: { attempts: Attempt[] } }>(
    'query ($id: ID!) { payment(id: $id) { attempts { rail state reference charge { amount currency } candidates { rail score why } } } }',
    { id },
  );
  return payment.attempts;
};
const confirmed = { state: 'CONFIRMED', failure: null };

describe('money goes out', () => {
  it('to a mobile-money number, by its own network', async () => {
    const ama = await platform().customer({ GHS: '100.00' });
    const id = await payNow(ama, payout(ama, mtnNumber, '40.00 GHS'));
    expect(await outcomeOf(ama, id)).toEqual(confirmed);
    expect(await availableTo(ama, 'GHS')).toBe('59.60');
    const [attempt, ...others] = await attemptsOf(id);
    expect(others).toEqual([]);
    expect(attempt).toMatchObject({ rail: 'mtn-momo', state: 'CONFIRMED' });
    expect(attempt?.candidates.filter(({ score }) => score !== null).map(({ rail }) => rail)[0]).toBe('mtn-momo');
  });

  it('to a bank account, with what the bank takes for it in our books', async () => {
    const ama = await platform().customer({ EUR: '100.00' });
    const id = await payNow(ama, payout(ama, bankAccount, '40.00 EUR'));
    expect(await outcomeOf(ama, id)).toEqual(confirmed);
    expect(await attemptsOf(id)).toMatchObject([
      { rail: 'bank', state: 'CONFIRMED', charge: { amount: '0.20', currency: 'EUR' } },
    ]);
  });

  it('not at all to somebody who is not there: it is all back', async () => {
    await outside().behave('mtn-momo', { refuse: 1, refusal: 'PARTY_UNKNOWN' });
    const ama = await platform().customer({ GHS: '100.00' });
    const id = await payNow(ama, payout(ama, mtnNumber, '40.00 GHS'));
    expect(await outcomeOf(ama, id)).toEqual({ state: 'FAILED', failure: 'COUNTERPARTY_NOT_FOUND' });
    expect(await availableTo(ama, 'GHS')).toBe('100.00');
  });
});

describe('money comes in', () => {
  it('from a mobile-money number that approves', async () => {
    const ama = await platform().customer({ GHS: '0.00' });
    const id = await payNow(ama, collection(ama, mtnNumber, '100.00 GHS'));
    expect(await outcomeOf(ama, id)).toEqual(confirmed);
    expect(await availableTo(ama, 'GHS')).toBe('99.00');
  });

  it('not from one that declines', async () => {
    await outside().behave('mtn-momo', { refuse: 1, refusal: 'PARTY_DECLINED' });
    const ama = await platform().customer({ GHS: '0.00' });
    const id = await payNow(ama, collection(ama, mtnNumber, '100.00 GHS'));
    expect(await outcomeOf(ama, id)).toEqual({ state: 'FAILED', failure: 'COUNTERPARTY_DECLINED' });
    expect(await availableTo(ama, 'GHS')).toBe('0.00');
  });
});

describe('a rail that has for certain not taken a payout', () => {
  it('is left for the next best, and why is written down', async () => {
    await outside().behave('mtn-momo', { unavailable: 1 });
    const ama = await platform().customer({ GHS: '100.00' });
    const id = await payNow(ama, payout(ama, mtnNumber, '40.00 GHS'));
    expect(await outcomeOf(ama, id)).toEqual(confirmed);
    const attempts = await attemptsOf(id);
    expect(attempts.map(({ rail, state }) => [rail === 'mtn-momo', state])).toEqual([
      [true, 'NOT_SENT'],
      [false, 'CONFIRMED'],
    ]);
    expect(attempts[1]?.candidates.find(({ rail }) => rail === 'mtn-momo')).toMatchObject({ score: null });
    expect(await outside().orders('mtn-momo')).not.toContainEqual(
      expect.objectContaining({ reference: attempts[0]?.reference }),
    );
  });
});

// Only its own network collects from a number, so here there is nowhere else to go.
describe('a rail of which nobody knows whether it has taken a collection', () => {
  const faults: readonly [string, BehaviourPatch][] = [
    ['fails after taking it', { errorAfterTaking: 1 }],
    ['answers what cannot be read', { malformedAnswer: 1 }],
    ['fails before taking it, often', { errorBeforeTaking: 0.5 }],
    ['tells of it only when asked, and not always then', { statusError: 0.5, callbacks: { lost: 1 } }],
    ['answers nothing any more once it has it', { hangAfterTaking: 1 }],
  ];
  it.each(faults)('and %s is asked, and carries it once', async (_what, fault) => {
    await outside().behave('mtn-momo', fault);
    const ama = await platform().customer({ GHS: '0.00' });
    const id = await payNow(ama, collection(ama, mtnNumber, '40.00 GHS'));
    expect(await outcomeOf(ama, id)).toEqual(confirmed);
    expect(await attemptsOf(id)).toMatchObject([{ rail: 'mtn-momo', state: 'CONFIRMED' }]);
    expect(await availableTo(ama, 'GHS')).toBe('39.60');
  });
});

describe('callbacks', () => {
  const disorder: readonly [string, BehaviourPatch['callbacks']][] = [
    ['that somebody forges', { forged: 1 }],
    ['that are lost', { lost: 1 }],
    ['that are late, repeated, forged and out of order', { delayMs: 1_000, copies: 3, forged: 1, outOfOrder: 1 }],
  ];

  it.each(disorder)('%s move the money of a collection once', async (_what, callbacks) => {
    await outside().behave('mtn-momo', { callbacks });
    const ama = await platform().customer({ GHS: '0.00' });
    const id = await payNow(ama, collection(ama, mtnNumber, '40.00 GHS'));
    expect(await outcomeOf(ama, id)).toEqual(confirmed);
    expect(await availableTo(ama, 'GHS')).toBe('39.60');
    expect(await attemptsOf(id)).toMatchObject([{ rail: 'mtn-momo', state: 'CONFIRMED' }]);
  });

  it.each(disorder)('%s move the money of a bank transfer once', async (_what, callbacks) => {
    await outside().behave('bank', { callbacks });
    const ama = await platform().customer({ EUR: '100.00' });
    const id = await payNow(ama, payout(ama, bankAccount, '40.00 EUR'));
    expect(await outcomeOf(ama, id)).toEqual(confirmed);
    expect(await availableTo(ama, 'EUR')).toBe('59.40');
    expect(await attemptsOf(id)).toMatchObject([{ rail: 'bank', state: 'CONFIRMED' }]);
  });

  it('signed too long ago are not believed, and the bank is asked', async () => {
    await outside().behave('bank', { callbacks: { agedMs: 6 * 60_000 } });
    const ama = await platform().customer({ EUR: '100.00' });
    expect(await outcomeOf(ama, await payNow(ama, payout(ama, bankAccount, '40.00 EUR')))).toEqual(confirmed);
  });
});

describe('a transfer that the bank sends back', () => {
  it('is in the wallet again, without its fee', async () => {
    const ama = await platform().customer({ EUR: '100.00' });
    const id = await payNow(ama, payout(ama, bankAccount, '40.00 EUR'));
    expect(await outcomeOf(ama, id)).toEqual(confirmed);
    const [attempt] = await attemptsOf(id);
    await outside().returnTransfer(attempt?.reference.replaceAll('-', '') ?? '');
    await until('the money is back', 30_000, async () => (await availableTo(ama, 'EUR')) === '99.40');
    expect(await attemptsOf(id)).toMatchObject([{ state: 'RETURNED' }]);
  });
});

describe('money that nobody asked for', () => {
  it('lies in suspense for an operator to see to', async () => {
    const bankReference = `BKCREDIT${randomUUID().slice(0, 8)}`;
    await outside().credit({ amount: '12.34', currency: 'EUR', sender: 'Kofi', remittance: 'rent', bankReference });
    const { graph } = platform().operator;
    const found = async () => {
      const { suspenseItems } = await graph<{ suspenseItems: { nodes: { railReference: string; state: string }[] } }>(
        'query { suspenseItems(first: 100) { nodes { railReference state origin senderName remittance amount { amount currency } } } }',
      );
      return suspenseItems.nodes.filter((item) => item.railReference === bankReference && item.state === 'OPEN');
    };
    await until('it is in suspense', 30_000, async () => (await found()).length > 0);
    expect(await found()).toMatchObject([
      {
        ...{ origin: 'UNKNOWN_CREDIT', senderName: 'Kofi', remittance: 'rent' },
        amount: { amount: '12.34', currency: 'EUR' },
      },
    ]);
  });
});
