import { randomUUID } from 'node:crypto';
import { until } from '@paygraph/standalone';
import { describe, expect, it, vi } from 'vitest';
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
  standingOf,
} from '../support/payments.ts';
import { railsOutside } from '../support/rails.ts';

// What a rail answers is asked for again after seconds.
vi.setConfig({ testTimeout: 90_000 });

const platform = usePlatform('one process');
const sandbox = () => railsOutside(platform());

const confirmed = { state: 'CONFIRMED', failure: null };
/** The item in suspense that belongs to a payment, once it waits for an operator. */
const openItem = async (paymentId: string): Promise<string | undefined> => {
  const { suspenseItems } = await platform().operator.graph<{
    suspenseItems: { nodes: { id: string; state: string; payment: { id: string } | null }[] };
  }>('{ suspenseItems { nodes { id state payment { id } } } }');
  return suspenseItems.nodes.find(({ state, payment }) => state === 'OPEN' && payment?.id === paymentId)?.id;
};

describe('over the rails of the sandbox', () => {
  it('a payout to a mobile-money number leaves once, and costs what was said', async () => {
    const payer = await platform().customer({ GHS: '100.00' });
    const id = await payNow(payer, payout(payer, mtnNumber, '40.00 GHS'));
    expect(await outcomeOf(payer, id)).toEqual(confirmed);
    expect(await availableTo(payer, 'GHS')).toBe('59.60');
    const orders = await sandbox().orders('mtn-momo');
    expect(orders.filter(({ direction }) => direction === 'PAYOUT')).toMatchObject([{ state: 'SUCCEEDED' }]);
  });

  it('a payout to an IBAN goes over the bank', async () => {
    const payer = await platform().customer({ GHS: '100.00' });
    expect(await outcomeOf(payer, await payNow(payer, payout(payer, bankAccount, '40.00 GHS')))).toEqual(confirmed);
    expect(await sandbox().orders('bank')).toMatchObject([{ state: 'SUCCEEDED' }]);
  });

  it('a collection brings the money into the wallet, less its fee', async () => {
    const payee = await platform().customer({ GHS: '0.00' });
    expect(await outcomeOf(payee, await payNow(payee, collection(payee, mtnNumber, '100.00 GHS')))).toEqual(confirmed);
    expect(await availableTo(payee, 'GHS')).toBe('99.00');
  });

  it('a payout that the rail takes and never answers is carried out once', async () => {
    const payer = await platform().customer({ GHS: '100.00' });
    const before = (await sandbox().orders('mtn-momo')).length;
    await sandbox().behave('mtn-momo', { errorAfterTaking: 1 });
    const id = await payNow(payer, payout(payer, mtnNumber, '10.00 GHS'));
    await until('the rail has taken it', 60_000, async () => (await sandbox().orders('mtn-momo')).length > before);
    await sandbox().behave('mtn-momo', { errorAfterTaking: 0 });
    expect(await outcomeOf(payer, id)).toEqual(confirmed);
    expect(await sandbox().orders('mtn-momo')).toHaveLength(before + 1);
  });

  it('a payout that is refused for good puts the money back', async () => {
    const payer = await platform().customer({ GHS: '100.00' });
    await sandbox().behave('mtn-momo', { refuse: 1, refusal: 'PARTY_UNKNOWN' });
    const outcome = await outcomeOf(payer, await payNow(payer, payout(payer, mtnNumber, '10.00 GHS')));
    await sandbox().behave('mtn-momo', { refuse: 0 });
    expect(outcome).toMatchObject({ state: 'FAILED', failure: 'COUNTERPARTY_NOT_FOUND' });
    expect(await availableTo(payer, 'GHS')).toBe('100.00');
  });

  it('money that comes after its collection was called off waits for an operator, who gives it to the wallet', async () => {
    const payee = await platform().customer({ GHS: '0.00' });
    await sandbox().behave('mtn-momo', { settleMs: null });
    const before = (await sandbox().orders('mtn-momo')).length;
    const id = await payNow(payee, collection(payee, mtnNumber, '100.00 GHS'));
    await until('the rail has it', 60_000, async () => (await sandbox().orders('mtn-momo')).length > before);
    await payee.graph('mutation ($id: ID!) { cancelPayment(input: { paymentId: $id }) { userErrors { code } } }', {
      id,
    });
    const [order] = (await sandbox().orders('mtn-momo')).slice(before);
    await sandbox().settle('mtn-momo', order?.reference ?? '');
    await sandbox().behave('mtn-momo', { settleMs: 250 });
    expect(await outcomeOf(payee, id)).toEqual({ state: 'CANCELLED', failure: null });
    await until('it lies in suspense', 60_000, async () => (await openItem(id)) !== undefined);
    const input = { suspenseId: await openItem(id), walletId: payee.wallet('GHS'), note: 'Ours', idempotencyKey: id };
    const release =
      'mutation ($input: ReleaseSuspenseInput!) { releaseSuspense(input: $input) { userErrors { code } } }';
    expect(await platform().operator.graph(release, { input })).toEqual({ releaseSuspense: { userErrors: [] } });
    await until('it is in the wallet', 60_000, async () => (await availableTo(payee, 'GHS')) === '99.00');
  });

  it('a collection goes back over its rail, wholly, in two refunds', async () => {
    const payee = await platform().customer({ GHS: '10.00' });
    const id = await payNow(payee, collection(payee, mtnNumber, '100.00 GHS'));
    expect(await outcomeOf(payee, id)).toEqual(confirmed);
    const refund = 'mutation ($input: RefundPaymentInput!) { refundPayment(input: $input) { userErrors { code } } }';
    for (const amount of [money('30.00 GHS'), null]) {
      const input = { paymentId: id, amount, idempotencyKey: randomUUID() };
      expect(await payee.graph(refund, { input })).toEqual({ refundPayment: { userErrors: [] } });
    }
    await until('it is refunded', 60_000, async () => (await standingOf(payee, id)).state === 'REFUNDED');
    expect(await availableTo(payee, 'GHS')).toBe('9.00');
  });
});
