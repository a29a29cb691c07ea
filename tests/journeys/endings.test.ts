import { randomUUID } from 'node:crypto';
import { query } from '@paygraph/database/testing';
import { type GraphClient, type Person, pay, quotePayment } from '@paygraph/standalone/client';
import { describe, expect, it } from 'vitest';
import { cancel } from '../support/acts.ts';
import { usePlatform } from '../support/journey.ts';
import { outcomeOf, payNow, transfer } from '../support/payments.ts';
import type { Customer } from '../support/platform.ts';
import { decideReview, freeze, reviewed, unfreeze } from '../support/staff.ts';

const platform = usePlatform('one process');

const confirmed = { state: 'CONFIRMED', failure: null };
const failed = (failure: string) => ({ state: 'FAILED', failure });

interface Holding {
  readonly available: { readonly amount: string };
  readonly pendingOut: { readonly amount: string };
}
const holdingOf = async ({ graph, wallet }: Customer, currency = 'USD') => {
  const { wallet: found } = await graph<{ wallet: { balance: Holding } }>(
    'query ($id: ID!) { wallet(id: $id) { balance { available { amount } pendingOut { amount } } } }',
    { id: wallet(currency) },
  );
  return { available: found.balance.available.amount, pendingOut: found.balance.pendingOut.amount };
};

describe('a payment for which the funds do not suffice', () => {
  it('fails and leaves the wallet as it was', async () => {
    const [payer, payee] = await pair('10.00');
    const id = await payNow(payer, transfer(payer, payee, '10.01 USD', 'USD'));
    expect(await outcomeOf(payer, id)).toEqual(failed('INSUFFICIENT_FUNDS'));
    expect(await holdingOf(payer)).toEqual({ available: '10.00', pendingOut: '0.00' });
  });

  it('fails when they do not suffice for the fee', async () => {
    const payer = await platform().customer({ USD: '10.24' });
    const payee = await platform().customer({ EUR: '0.00' });
    const id = await payNow(payer, transfer(payer, payee, '10.00 USD', 'USD', 'EUR'), { quoted: true });
    expect(await outcomeOf(payer, id)).toEqual(failed('INSUFFICIENT_FUNDS'));
    expect(await holdingOf(payer)).toEqual({ available: '10.24', pendingOut: '0.00' });
  });

  it('gives its limit back, so that a later one may take it', async () => {
    const [payer, payee] = await pair('0.00');
    const route = transfer(payer, payee, '9000.00 USD', 'USD');
    for (const _attempt of [1, 2, 3, 4])
      expect(await outcomeOf(payer, await payNow(payer, route))).toEqual(failed('INSUFFICIENT_FUNDS'));
  });
});

describe('a payment above a limit', () => {
  it.each(['10000.01 USD', '92233720368547758.07 USD'])('per payment fails: %s', async (amount) => {
    const [payer, payee] = await pair('20000.00');
    const id = await payNow(payer, transfer(payer, payee, amount, 'USD'));
    expect(await outcomeOf(payer, id)).toEqual(failed('LIMIT_EXCEEDED'));
    expect(await holdingOf(payer)).toEqual({ available: '20000.00', pendingOut: '0.00' });
  });

  it('per day fails, while one that just fits is carried out', async () => {
    const [payer, payee] = await pair('30000.00');
    const amounts = ['9000.00 USD', '9000.00 USD', '7000.01 USD', '7000.00 USD', '0.01 USD'];
    const outcomes = [];
    for (const amount of amounts)
      outcomes.push(await outcomeOf(payer, await payNow(payer, transfer(payer, payee, amount, 'USD'))));
    const refused = failed('LIMIT_EXCEEDED');
    expect(outcomes).toEqual([confirmed, confirmed, refused, confirmed, refused]);
    expect(await holdingOf(payer)).toEqual({ available: '5000.00', pendingOut: '0.00' });
  });
});

it('a payment that the risk rules decline fails', async () => {
  const [payer, payee] = await pair('10000.00');
  await makeHasty(payer);
  const id = await payNow(payer, transfer(payer, payee, '10000.00 USD', 'USD'));
  expect(await outcomeOf(payer, id)).toEqual(failed('RISK_DECLINED'));
  expect(await holdingOf(payer)).toEqual({ available: '10000.00', pendingOut: '0.00' });
  expect(await lastStep(payer.graph, id)).toEqual({ state: 'FAILED', reason: 'RISK_DECLINED' });
});

it('a payment whose rate ran out before it could be locked fails', async () => {
  const payer = await platform().customer({ USD: '100.00' });
  const payee = await platform().customer({ EUR: '0.00' });
  const route = transfer(payer, payee, '10.00 USD', 'USD', 'EUR');
  const { id: quoteId } = await quotePayment(payer, route);
  const past = `UPDATE forex_quote SET created_at = created_at - interval '1 hour', expires_at = expires_at - interval '1 hour'
    WHERE source_amount = 1000 AND payment_id IS NULL`;
  await query(platform().databases.forex.migrationUrl, past);
  const { id } = await pay(payer, { ...route, quoteId, idempotencyKey: randomUUID() });
  expect(await outcomeOf(payer, id)).toEqual(failed('QUOTE_EXPIRED'));
  expect(await holdingOf(payer)).toEqual({ available: '100.00', pendingOut: '0.00' });
});

describe('a payment in review', () => {
  it('waits without holding funds, and is carried out once an analyst approves', async () => {
    const { payer, payee, id, assessmentId } = await inReview();
    expect(await holdingOf(payer)).toEqual({ available: '10000.00', pendingOut: '0.00' });
    expect(await decideReview(platform().analyst, assessmentId, 'APPROVE')).toEqual([]);
    expect(await outcomeOf(payer, id)).toEqual(confirmed);
    expect(await holdingOf(payer)).toEqual({ available: '0.00', pendingOut: '0.00' });
    expect(await holdingOf(payee)).toEqual({ available: '10000.00', pendingOut: '0.00' });
    expect(await statesOf(payer.graph, id)).toEqual([
      'INITIATED',
      'VALIDATING',
      'IN_REVIEW',
      'PENDING',
      'PROCESSING',
      'CONFIRMED',
    ]);
  });

  it('fails once an analyst declines', async () => {
    const { payer, id, assessmentId } = await inReview();
    expect(await decideReview(platform().analyst, assessmentId, 'DECLINE')).toEqual([]);
    expect(await outcomeOf(payer, id)).toEqual(failed('RISK_DECLINED'));
    expect(await lastStep(payer.graph, id)).toEqual({ state: 'FAILED', reason: 'REVIEW_DECLINED' });
    expect(await holdingOf(payer)).toEqual({ available: '10000.00', pendingOut: '0.00' });
  });

  it('is decided once', async () => {
    const { payer, id, assessmentId } = await inReview();
    const decisions = await Promise.all(
      (['APPROVE', 'DECLINE'] as const).map((decision) => decideReview(platform().analyst, assessmentId, decision)),
    );
    expect(decisions.flat()).toEqual(['ALREADY_DECIDED']);
    const { state } = await outcomeOf(payer, id);
    expect(state).toBe(decisions[0]?.length === 0 ? 'CONFIRMED' : 'FAILED');
  });

  it('is cancelled by its payer, whose limit and funds are free at once', async () => {
    const { payer, payee, id, assessmentId } = await inReview();
    expect(await cancelled(payer, id)).toEqual([]);
    expect(await outcomeOf(payer, id)).toEqual({ state: 'CANCELLED', failure: null });
    expect(await lastStep(payer.graph, id)).toEqual({ state: 'CANCELLED', reason: 'CANCELLED_BY_CUSTOMER' });
    // Of 25,000 a day nothing is taken any more.
    const route = transfer(payer, payee, '5000.00 USD', 'USD');
    for (const _payment of [1, 2]) expect(await outcomeOf(payer, await payNow(payer, route))).toEqual(confirmed);
    // What the analyst says afterwards comes too late.
    expect(await decideReview(platform().analyst, assessmentId, 'APPROVE')).toEqual([]);
    expect(await lastStep(payer.graph, id)).toEqual({ state: 'CANCELLED', reason: 'CANCELLED_BY_CUSTOMER' });
    expect(await cancelled(payer, id)).toEqual(['NOT_CANCELLABLE']);
  });

  it('is cancelled by an operator, but by nobody else', async () => {
    const { payer, payee, id } = await inReview();
    const stranger = await platform().customer({});
    expect(await cancelled(payee, id)).toEqual(['PAYMENT_NOT_FOUND']);
    expect(await cancelled(stranger, id)).toEqual(['PAYMENT_NOT_FOUND']);
    expect(await cancelled(platform().operator, id)).toEqual([]);
    expect(await lastStep(payer.graph, id)).toEqual({ state: 'CANCELLED', reason: 'CANCELLED_BY_OPERATOR' });
  });

  it.each([
    ['payer', 'OUT', 'PAYER_WALLET_UNAVAILABLE'],
    ['payee', 'IN', 'PAYEE_WALLET_UNAVAILABLE'],
  ] as const)('fails after its approval if the wallet of the %s has been frozen', async (party, direction, failure) => {
    const { id, assessmentId, ...parties } = await inReview();
    expect(await freeze(platform().operator, parties[party].wallet('USD'), direction)).toEqual([]);
    expect(await decideReview(platform().analyst, assessmentId, 'APPROVE')).toEqual([]);
    expect(await outcomeOf(parties.payer, id)).toEqual(failed(failure));
    expect(await holdingOf(parties.payer)).toEqual({ available: '10000.00', pendingOut: '0.00' });
  });
});

describe('a payment that has been carried out', () => {
  it('cannot be cancelled', async () => {
    const [payer, payee] = await pair('10.00');
    const id = await payNow(payer, transfer(payer, payee, '10.00 USD', 'USD'));
    expect(await outcomeOf(payer, id)).toEqual(confirmed);
    expect(await cancelled(payer, id)).toEqual(['NOT_CANCELLABLE']);
    expect(await cancelled(platform().operator, id)).toEqual(['NOT_CANCELLABLE']);
  });
});

describe('a wallet frozen by its owner', () => {
  it('for what goes out pays nothing until the freeze is lifted', async () => {
    const [payer, payee] = await pair('10.00');
    expect(await freeze(payer, payer.wallet('USD'), 'OUT')).toEqual([]);
    const route = transfer(payer, payee, '10.00 USD', 'USD');
    await expect(payNow(payer, route)).rejects.toThrow('PAYER_WALLET_UNAVAILABLE');
    const back = await platform().customer({ USD: '5.00' });
    expect(await outcomeOf(back, await payNow(back, transfer(back, payer, '5.00 USD', 'USD')))).toEqual(confirmed);
    expect(await unfreeze(payer, payer.wallet('USD'))).toEqual([]);
    expect(await outcomeOf(payer, await payNow(payer, route))).toEqual(confirmed);
  });

  it('for what comes in is paid nothing until the freeze is lifted', async () => {
    const [payer, payee] = await pair('10.00');
    expect(await freeze(payee, payee.wallet('USD'), 'IN')).toEqual([]);
    const route = transfer(payer, payee, '10.00 USD', 'USD');
    await expect(payNow(payer, route)).rejects.toThrow('PAYEE_WALLET_UNAVAILABLE');
    expect(await unfreeze(payee, payee.wallet('USD'))).toEqual([]);
    expect(await outcomeOf(payer, await payNow(payer, route))).toEqual(confirmed);
  });

  it('stays frozen for its owner where an operator has frozen it', async () => {
    const [payer, payee] = await pair('10.00');
    expect(await freeze(platform().operator, payer.wallet('USD'), 'BOTH')).toEqual([]);
    expect(await unfreeze(payer, payer.wallet('USD'))).toEqual(['FROZEN_BY_OPERATOR']);
    await expect(payNow(payer, transfer(payer, payee, '1.00 USD', 'USD'))).rejects.toThrow('PAYER_WALLET_UNAVAILABLE');
    expect(await unfreeze(platform().operator, payer.wallet('USD'))).toEqual([]);
  });
});

async function pair(balance: string): Promise<[payer: Customer, payee: Customer]> {
  return Promise.all([platform().customer({ USD: balance }), platform().customer({ USD: '0.00' })]);
}

/** A payment worth enough to be looked at: 10,000 dollars, all that the payer has. */
async function inReview() {
  const [payer, payee] = await pair('10000.00');
  const id = await payNow(payer, transfer(payer, payee, '10000.00 USD', 'USD'));
  return { payer, payee, id, assessmentId: await reviewed(platform(), id) };
}

/** Lets somebody have made 600 payments within the hour, as far as risk knows. */
async function makeHasty({ graph }: Customer): Promise<void> {
  const { viewer } = await graph<{ viewer: { id: string } }>('{ viewer { id } }');
  await query(
    platform().databases.risk.migrationUrl,
    `INSERT INTO assessment (id, payment_id, kind, payer_id, payee_id, rule_set_version, facts, rule_decision, score, reasons)
     SELECT 'ast_' || md5($1 || n), 'pay_' || md5($1 || n), 'TRANSFER', $1, NULL, (SELECT max(version) FROM rule_set), '{}', 'APPROVE', 0, '[]'
     FROM generate_series(1, 600) AS n`,
    [viewer.id],
  );
}

async function cancelled(person: Person, paymentId: string): Promise<string[]> {
  return (await cancel(person, paymentId)).map(({ code }) => code);
}

interface Timeline {
  readonly payment: { readonly timeline: readonly { readonly state: string; readonly reason: string }[] };
}

async function timelineOf(graph: GraphClient, id: string): Promise<Timeline['payment']['timeline']> {
  const { payment } = await graph<Timeline>('query ($id: ID!) { payment(id: $id) { timeline { state reason } } }', {
    id,
  });
  return payment.timeline;
}

const statesOf = async (graph: GraphClient, id: string) => (await timelineOf(graph, id)).map(({ state }) => state);
const lastStep = async (graph: GraphClient, id: string) => (await timelineOf(graph, id)).at(-1);
