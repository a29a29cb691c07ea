import { randomUUID } from 'node:crypto';
import { query } from '@paygraph/database/testing';
import { type BehaviourPatch, railNames, wellBehaved } from '@paygraph/rails-sandbox';
import { until } from '@paygraph/standalone';
import type { operations } from '@paygraph/standalone/client';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { cancel, refund, refundsEnded, retry } from '../support/acts.ts';
import { codesOf } from '../support/answers.ts';
import { hurry } from '../support/hurry.ts';
import { usePlatform } from '../support/journey.ts';
import {
  availableTo,
  bankAccount,
  collection,
  money,
  mtnNumber,
  outcomeOf,
  payNow,
  payout,
  reached,
  runOut,
  standingOf,
} from '../support/payments.ts';
import type { Customer } from '../support/platform.ts';
import { railsOutside } from '../support/rails.ts';

vi.setConfig({ testTimeout: 90_000 });

/* Money from and to the world outside, whose rails lose, repeat, forge and forget. */
const platform = usePlatform('one process');
const outside = () => railsOutside(platform());

/** What one journey does to a rail's record is not to choose the rail of the next; in it, all are told what a payout is to meet. */
const behaveAll = (patch: BehaviourPatch) => Promise.all(railNames.map((rail) => outside().behave(rail, patch)));

beforeEach(async () => {
  await behaveAll(wellBehaved);
  await query(platform().databases.payment.migrationUrl, 'DELETE FROM rail_record');
});

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
    await behaveAll({ refuse: 1, refusal: 'PARTY_UNKNOWN' });
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

/** Which rails were tried, and what came of it. */
const tried = async (id: string) => (await attemptsOf(id)).map(({ rail, state }) => `${rail} ${state}`);

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

  it('is left for want of float too, for one that has enough', async () => {
    await outside().behave('mtn-momo', { emptyFloat: true });
    const ama = await platform().customer({ GHS: '100.00' });
    const id = await payNow(ama, payout(ama, mtnNumber, '40.00 GHS'));
    expect(await outcomeOf(ama, id)).toEqual(confirmed);
    expect((await tried(id)).map((attempt) => attempt.split(' ')[1])).toEqual(['REFUSED', 'CONFIRMED']);
    expect(await availableTo(ama, 'GHS')).toBe('59.60');
  });

  it('and no other that has float either leaves the money where it was', async () => {
    await behaveAll({ emptyFloat: true });
    const ama = await platform().customer({ GHS: '100.00' });
    const id = await payNow(ama, payout(ama, mtnNumber, '40.00 GHS'));
    expect(await outcomeOf(ama, id)).toEqual({ state: 'FAILED', failure: 'RAIL_UNAVAILABLE' });
    expect((await tried(id)).sort()).toEqual(['airteltigo-money REFUSED', 'mtn-momo REFUSED', 'telecel-cash REFUSED']);
    expect(await availableTo(ama, 'GHS')).toBe('100.00');
  });

  it('because of who is to be paid is not left for another', async () => {
    await behaveAll({ refuse: 1, refusal: 'PARTY_BLOCKED' });
    const ama = await platform().customer({ GHS: '100.00' });
    const id = await payNow(ama, payout(ama, mtnNumber, '40.00 GHS'));
    expect((await outcomeOf(ama, id)).state).toBe('FAILED');
    expect((await tried(id)).map((attempt) => attempt.split(' ')[1])).toEqual(['REFUSED']);
    expect(await availableTo(ama, 'GHS')).toBe('100.00');
  });
});

describe('a rail of which nobody knows whether it has taken a payout', () => {
  it('is asked, and no other one meanwhile', async () => {
    await outside().behave('mtn-momo', { errorAfterTaking: 1, statusError: 1, callbacks: { lost: 1 } });
    const ama = await platform().customer({ GHS: '100.00' });
    const id = await payNow(ama, payout(ama, mtnNumber, '40.00 GHS'));
    const asked = 'SELECT 1 FROM payment_attempt WHERE payment_id = $1 AND in_doubt AND tries >= 2';
    const { migrationUrl } = platform().databases.payment;
    await until('it was asked in vain', 60_000, async () => (await query(migrationUrl, asked, [id])).length > 0);
    expect(await tried(id)).toEqual(['mtn-momo SUBMITTED']);
    expect(await availableTo(ama, 'GHS')).toBe('59.60');
    await outside().behave('mtn-momo', wellBehaved);
    expect(await outcomeOf(ama, id)).toEqual(confirmed);
    expect(await tried(id)).toEqual(['mtn-momo CONFIRMED']);
  });

  it('is asked at once when an operator says so', async () => {
    await outside().behave('mtn-momo', { errorAfterTaking: 1, statusError: 1, callbacks: { lost: 1 } });
    const ama = await platform().customer({ GHS: '100.00' });
    const id = await payNow(ama, payout(ama, mtnNumber, '40.00 GHS'));
    const { migrationUrl } = platform().databases.payment;
    // Tomorrow, as far as its own pauses go.
    const later = `UPDATE payment_attempt SET next_attempt_at = clock_timestamp() + interval '1 day', lease_until = NULL
      WHERE payment_id = $1 AND in_doubt AND lease_until IS NULL RETURNING id`;
    await until('it is in doubt', 60_000, async () => (await query(migrationUrl, later, [id])).length > 0);
    await outside().behave('mtn-momo', wellBehaved);
    expect(await codesOf(retry(ama, id))).toEqual(['UNAUTHORIZED_FIELD_OR_TYPE']);
    expect(await retry(platform().operator, id)).toEqual([]);
    expect(await outcomeOf(ama, id)).toEqual(confirmed);
    expect(await retry(platform().operator, id)).toMatchObject([
      { code: 'NOT_RETRYABLE', message: expect.stringMatching('CONFIRMED') },
    ]);
    expect(await tried(id)).toEqual(['mtn-momo CONFIRMED']);
  });
});

// Only its own network collects from a number, so here there is nowhere else to go.
describe('a rail of which nobody knows whether it has taken a collection', () => {
  // Pauses between tries double: a rail that happens to fail often would be waited for by the minute.
  let hurrying: ReturnType<typeof hurry>;
  beforeAll(() => {
    hurrying = hurry(platform(), 1_000);
  });
  afterAll(() => hurrying.stop());

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

  it('that come after the end, again and again, change nothing any more', async () => {
    await outside().behave('mtn-momo', { callbacks: { delayMs: 2_000, copies: 3, forged: 1, outOfOrder: 1 } });
    const ama = await platform().customer({ GHS: '0.00' });
    const id = await payNow(ama, collection(ama, mtnNumber, '40.00 GHS'));
    // Asked, the rail has said it long before it calls back.
    expect(await outcomeOf(ama, id)).toEqual(confirmed);
    const { migrationUrl } = platform().databases.payment;
    const reference = (await attemptsOf(id))[0]?.reference ?? '';
    const read = `SELECT 1 FROM rail_webhook WHERE processed_at IS NOT NULL AND content::text LIKE '%' || $1 || '%'`;
    await until('they have come', 60_000, async () => (await query(migrationUrl, read, [reference])).length >= 4);
    expect(await standingOf(ama, id)).toEqual(confirmed);
    expect(await availableTo(ama, 'GHS')).toBe('39.60');
  });

  it('with a wrong signature, or on a wrong path, are refused and leave nothing behind', async () => {
    const webhooks = new URL('/webhooks/rails/', platform().addressOf('payment'));
    const { migrationUrl } = platform().databases.payment;
    const count = () => query(migrationUrl, 'SELECT count(*) FROM rail_webhook');
    const before = await count();
    const signed = {
      'webhook-id': 'msg_1',
      'webhook-timestamp': String(Math.floor(Date.now() / 1_000)),
      'webhook-signature': `v1,${Buffer.alloc(32).toString('base64')}`,
    };
    const posts: [path: string, headers: Record<string, string>][] = [
      ['bank', signed],
      ['bank', {}],
      ['airteltigo-money', {}],
      ['mtn-momo/guessed/collection', {}],
      ['telecel-cash/guessed', {}],
      ['nobody', {}],
    ];
    for (const [path, headers] of posts) {
      const { status } = await fetch(new URL(path, webhooks), { method: 'POST', headers, body: '{}' });
      expect([400, 401, 404], path).toContain(status);
    }
    expect(await count()).toEqual(before);
  });
});

describe('money that comes too late for its collection', () => {
  /** The item in suspense that belongs to a payment, once it waits for an operator. */
  const openItem = async (paymentId: string): Promise<string | undefined> => {
    const { suspenseItems } = await platform().operator.graph<{
      suspenseItems: { nodes: { id: string; state: string; payment: { id: string } | null }[] };
    }>('{ suspenseItems(first: 100) { nodes { id state payment { id } } } }');
    return suspenseItems.nodes.find(({ state, payment }) => state === 'OPEN' && payment?.id === paymentId)?.id;
  };
  /** A collection that its rail has and does not decide, and the rail's name for it. */
  const undecided = async (payee: Customer) => {
    await outside().behave('mtn-momo', { settleMs: null });
    const id = await payNow(payee, collection(payee, mtnNumber, '100.00 GHS'));
    let reference: string | undefined;
    await until('the rail has it', 60_000, async () => {
      reference = (await attemptsOf(id)).find(({ state }) => state === 'ACCEPTED')?.reference;
      return reference !== undefined;
    });
    return { id, reference: reference ?? '' };
  };

  it('which was called off waits for an operator, who gives it to the wallet', async () => {
    const ama = await platform().customer({ GHS: '0.00' });
    const { id, reference } = await undecided(ama);
    expect(await cancel(ama, id)).toEqual([]);
    await outside().settle('mtn-momo', reference);
    expect(await outcomeOf(ama, id)).toEqual({ state: 'CANCELLED', failure: null });
    await until('it lies in suspense', 60_000, async () => (await openItem(id)) !== undefined);
    const input = { suspenseId: await openItem(id), walletId: ama.wallet('GHS'), note: 'Ours', idempotencyKey: id };
    const release =
      'mutation ($input: ReleaseSuspenseInput!) { releaseSuspense(input: $input) { userErrors { code } } }';
    expect(await platform().operator.graph(release, { input })).toEqual({ releaseSuspense: { userErrors: [] } });
    await until('it is in the wallet', 60_000, async () => (await availableTo(ama, 'GHS')) === '99.00');
    expect(await standingOf(ama, id)).toEqual({ state: 'CANCELLED', failure: null });
  });

  it('which ran out waits for an operator, who sends it back', async () => {
    const ama = await platform().customer({ GHS: '0.00' });
    const { id, reference } = await undecided(ama);
    await runOut(platform(), id);
    expect(await outcomeOf(ama, id)).toEqual({ state: 'EXPIRED', failure: null });
    await outside().settle('mtn-momo', reference);
    await outside().behave('mtn-momo', wellBehaved);
    await until('it lies in suspense', 60_000, async () => (await openItem(id)) !== undefined);
    const input = { suspenseId: await openItem(id), note: 'Too late', idempotencyKey: id };
    const back = 'mutation ($input: ReturnSuspenseInput!) { returnSuspense(input: $input) { userErrors { code } } }';
    expect(await platform().operator.graph(back, { input })).toEqual({ returnSuspense: { userErrors: [] } });
    await until('nothing is open', 60_000, async () => (await openItem(id)) === undefined);
    expect(await standingOf(ama, id)).toEqual({ state: 'EXPIRED', failure: null });
    expect(await availableTo(ama, 'GHS')).toBe('0.00');
  });
});

describe('a collection', () => {
  it('goes back over its rail, wholly, in two refunds', async () => {
    const ama = await platform().customer({ GHS: '10.00' });
    const id = await payNow(ama, collection(ama, mtnNumber, '100.00 GHS'));
    expect(await outcomeOf(ama, id)).toEqual(confirmed);
    for (const amount of [money('30.00 GHS'), undefined]) expect(await refund(ama, id, amount)).toEqual([]);
    await reached(ama, id, 'REFUNDED');
    expect(await availableTo(ama, 'GHS')).toBe('9.00');
  });

  it('that cannot go back, for the rail refuses, is in the wallet again', async () => {
    const ama = await platform().customer({ GHS: '10.00' });
    const id = await payNow(ama, collection(ama, mtnNumber, '100.00 GHS'));
    expect(await outcomeOf(ama, id)).toEqual(confirmed);
    await behaveAll({ refuse: 1, refusal: 'PARTY_BLOCKED' });
    expect(await refund(ama, id, money('60.00 GHS'))).toEqual([]);
    expect(await refundsEnded(ama, id)).toMatchObject([{ state: 'FAILED' }]);
    expect(await availableTo(ama, 'GHS')).toBe('109.00');
    await behaveAll(wellBehaved);
    expect(await refund(ama, id, money('60.00 GHS'))).toEqual([]);
    expect(await refundsEnded(ama, id)).toMatchObject([{ state: 'FAILED' }, { state: 'SUCCEEDED' }]);
    expect(await standingOf(ama, id)).toEqual(confirmed);
    expect(await availableTo(ama, 'GHS')).toBe('49.00');
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
