import { randomUUID } from 'node:crypto';
import { pay, quotePayment, type Route } from '@paygraph/standalone/client';
import { describe, expect, it, vi } from 'vitest';
import { usePlatform } from '../support/journey.ts';
import { availableTo, collection, mtnNumber, outcomeOf, payNow, payout, transfer } from '../support/payments.ts';
import type { Customer } from '../support/platform.ts';
import { heldFor } from '../support/trial-balance.ts';

vi.setConfig({ testTimeout: 90_000 });

const platform = usePlatform('one process');
const confirmed = { state: 'CONFIRMED', failure: null };

/** An operator puts somebody into the tier of those who are known best. */
async function putInBestTier({ graph }: Customer): Promise<void> {
  const { viewer } = await graph<{ viewer: { id: string } }>('{ viewer { id } }', {});
  const mutation =
    'mutation ($input: SetCustomerTierInput!) { setCustomerTier(input: $input) { userErrors { code } } }';
  const input = { customerId: viewer.id, tier: 'ENHANCED', reason: 'Accounts seen' };
  expect(await platform().operator.graph(mutation, { input })).toEqual({ setCustomerTier: { userErrors: [] } });
}

const feeOf = async (person: Customer, route: Route) =>
  (await quotePayment(person, route)).fees.map(({ amount: { amount, currency } }) => `${amount} ${currency}`);

const feesEarned = (currency: string) => heldFor(platform().operator, 'FEE_REVENUE', currency);

describe('what a payment costs', () => {
  it('falls with the tier of the payer, but for the quotes that were given before', async () => {
    const payer = await platform().customer({ USD: '100.00' });
    const payee = await platform().customer({ EUR: '0.00' });
    const route = transfer(payer, payee, '40.00 USD', 'USD', 'EUR');
    const earned = await feesEarned('USD');
    const before = await quotePayment(payer, route);
    await putInBestTier(payer);
    const after = await quotePayment(payer, route);
    expect([before.debit.amount, after.debit.amount]).toEqual(['40.40', '40.30']);
    for (const { id: quoteId } of [before, after]) {
      const { id } = await pay(payer, { ...route, quoteId, idempotencyKey: randomUUID() });
      expect(await outcomeOf(payer, id)).toEqual(confirmed);
    }
    expect(await availableTo(payer, 'USD')).toBe('19.30');
    expect((await feesEarned('USD')) - earned).toBe(70n);
  });

  it('does not fall with the tier of the payee', async () => {
    const payer = await platform().customer({ USD: '0.00' });
    const payee = await platform().customer({ EUR: '0.00' });
    await putInBestTier(payee);
    expect(await feeOf(payer, transfer(payer, payee, '40.00 USD', 'USD', 'EUR'))).toEqual(['0.40 USD']);
  });

  it('is that of the tier at the time for who pays out without a quote', async () => {
    const payer = await platform().customer({ GHS: '100.00' });
    const route = payout(payer, mtnNumber, '40.00 GHS');
    expect(await outcomeOf(payer, await payNow(payer, route))).toEqual(confirmed);
    expect(await availableTo(payer, 'GHS')).toBe('59.60');
    await putInBestTier(payer);
    expect(await outcomeOf(payer, await payNow(payer, route))).toEqual(confirmed);
    expect(await availableTo(payer, 'GHS')).toBe('19.30');
  });

  it('is taken from what comes in by the tier of who is paid', async () => {
    const payee = await platform().customer({ GHS: '0.00' });
    await putInBestTier(payee);
    const earned = await feesEarned('GHS');
    const id = await payNow(payee, collection(payee, mtnNumber, '100.00 GHS'));
    expect(await outcomeOf(payee, id)).toEqual(confirmed);
    expect(await availableTo(payee, 'GHS')).toBe('99.25');
    expect((await feesEarned('GHS')) - earned).toBe(75n);
  });
});
