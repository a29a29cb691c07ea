import { randomUUID } from 'node:crypto';
import { query } from '@paygraph/database/testing';
import { balanceOf, type Person } from '@paygraph/standalone/client';
import { describe, expect, it, vi } from 'vitest';
import { usePlatform } from '../support/journey.ts';
import { deposit, money, outcomeOf, payNow, transfer } from '../support/payments.ts';
import type { Customer } from '../support/platform.ts';
import { decideReview, reviewed } from '../support/staff.ts';

vi.setConfig({ testTimeout: 90_000 });

const platform = usePlatform('one process');

interface UserError {
  readonly code: string;
  readonly field: readonly string[] | null;
}
interface PayPayload {
  readonly payment: { readonly id: string } | null;
  readonly userErrors: readonly UserError[];
}

const payDocument = `mutation ($input: CreatePaymentInput!) {
  createPayment(input: $input) { payment { id } userErrors { code field } }
}`;
const quoteDocument = `mutation ($input: CreatePaymentQuoteInput!) {
  createPaymentQuote(input: $input) { quote { id } userErrors { code } }
}`;
const handleDocument = `mutation ($handle: String!) {
  changeHandle(input: { handle: $handle }) { customer { handle } userErrors { code } }
}`;
const phoneDocument = `mutation ($phone: PhoneNumber) {
  changePhone(input: { phone: $phone }) { customer { phone } userErrors { code } }
}`;
const requestCodeDocument = `mutation ($contact: ContactKind!) {
  requestContactCode(input: { contact: $contact }) { userErrors { code } }
}`;
const verifyDocument = `mutation ($contact: ContactKind!, $code: String!) {
  verifyContact(input: { contact: $contact, code: $code }) { userErrors { code } }
}`;
const closeDocument = `mutation ($walletId: ID!) {
  closeWallet(input: { walletId: $walletId }) { wallet { status } userErrors { code } }
}`;
const limitsDocument = `query ($id: ID!) { wallet(id: $id) { limits {
  tier dailyRemaining { amount } monthlyRemaining { amount } } } }`;
const tierDocument = `mutation ($input: SetCustomerTierInput!) {
  setCustomerTier(input: $input) { customer { tier } userErrors { code } }
}`;
const viewerDocument = '{ viewer { id email } }';

const payTo = async ({ graph, wallet }: Customer, payee: object, amount = '10.00 USD') => {
  const input = { idempotencyKey: randomUUID(), payerWalletId: wallet('USD'), amount: money(amount), ...payee };
  return (await graph<{ createPayment: PayPayload }>(payDocument, { input })).createPayment;
};
const confirmed = { state: 'CONFIRMED', failure: null };

describe('paying a person', () => {
  it('by handle, address and number reaches them, each in the currency asked for', async () => {
    const payer = await platform().customer({ USD: '100.00' });
    const payee = await platform().customer({ USD: '0.00', EUR: '0.00' });
    const handle = `p_${randomUUID().replaceAll('-', '').slice(0, 20)}`;
    await payee.graph(handleDocument, { handle });
    const phone = `+23324${String(Math.floor(1_000_000 + Math.random() * 8_999_999))}`;
    expect(await payee.graph(phoneDocument, { phone })).toEqual({
      changePhone: { customer: { phone }, userErrors: [] },
    });
    const { viewer } = await payee.graph<{ viewer: { email: string } }>(viewerDocument, {});
    for (const [contact, address, name] of [
      ['EMAIL', viewer.email, { payeeEmail: viewer.email }],
      ['PHONE', phone, { payeePhone: phone }],
    ] as const) {
      expect((await payTo(payer, name)).userErrors).toMatchObject([{ code: 'PAYEE_NOT_FOUND' }]);
      await payee.graph(requestCodeDocument, { contact });
      const code = await platform().codeSentTo(address);
      expect(await payee.graph(verifyDocument, { contact, code })).toEqual({ verifyContact: { userErrors: [] } });
    }

    for (const name of [{ payeeHandle: `@${handle}` }, { payeeEmail: viewer.email }, { payeePhone: phone }]) {
      const { payment, userErrors } = await payTo(payer, name);
      expect(userErrors).toEqual([]);
      expect(await outcomeOf(payer, payment?.id ?? '')).toEqual(confirmed);
    }
    const input = {
      payerWalletId: payer.wallet('USD'),
      payeeHandle: handle,
      payeeCurrency: 'EUR',
      amount: money('10.00 USD'),
    };
    const { createPaymentQuote } = await payer.graph<{ createPaymentQuote: { quote: { id: string } | null } }>(
      quoteDocument,
      { input },
    );
    const { payment } = await payTo(payer, {
      payeeHandle: handle,
      payeeCurrency: 'EUR',
      quoteId: createPaymentQuote.quote?.id,
    });
    expect(await outcomeOf(payer, payment?.id ?? '')).toEqual(confirmed);
  });

  it('who is nobody, or has no such wallet, is refused alike, and two names at once are too many', async () => {
    const payer = await platform().customer({ USD: '10.00' });
    const payee = await platform().customer({ EUR: '0.00' });
    const { viewer } = await payee.graph<{ viewer: { email: string } }>(viewerDocument, {});
    for (const payeeEmail of [viewer.email, 'stranger@example.net'])
      expect(await payTo(payer, { payeeEmail })).toEqual({
        payment: null,
        userErrors: [{ code: 'PAYEE_NOT_FOUND', field: ['input', 'payeeEmail'] }],
      });
    const both = await payTo(payer, { payeeHandle: 'somebody', payeeWalletId: payee.wallet('EUR') });
    expect(both.userErrors).toMatchObject([{ code: 'PAYEE_INVALID' }]);
  });
});

describe('exchanging between one’s own wallets', () => {
  it('is a payment to oneself at the price of a quote', async () => {
    const person = await platform().customer({ USD: '100.00', EUR: '0.00' });
    const id = await payNow(person, transfer(person, person, '25.00 USD', 'USD', 'EUR'), { quoted: true });
    expect(await outcomeOf(person, id)).toEqual(confirmed);
  });
});

describe('limits', () => {
  it('hold for however many payments at once, and those that fit are exactly those carried out', async () => {
    const payer = await platform().customer({ USD: '40000.00' });
    const payee = await platform().customer({ USD: '0.00' });
    const route = transfer(payer, payee, '4000.00 USD', 'USD');
    const ids = await Promise.all(Array.from({ length: 10 }, () => payNow(payer, route)));
    const outcomes = await Promise.all(ids.map((id) => outcomeOf(payer, id)));
    // 25,000.00 a day.
    expect(outcomes.filter(({ state }) => state === 'CONFIRMED')).toHaveLength(6);
    expect(outcomes.filter(({ failure }) => failure === 'LIMIT_EXCEEDED')).toHaveLength(4);
    expect(await payer.graph(limitsDocument, { id: payer.wallet('USD') })).toEqual({
      wallet: {
        limits: {
          tier: 'BASIC',
          dailyRemaining: { amount: '1000.00' },
          monthlyRemaining: { amount: '226000.00' },
        },
      },
    });
  });

  it('are four times as high for somebody whom an operator has verified', async () => {
    const { operator, databases } = platform();
    const payer = await platform().customer({ USD: '20000.00' });
    const payee = await platform().customer({ USD: '0.00' });
    const { viewer } = await payer.graph<{ viewer: { id: string } }>(viewerDocument, {});
    const input = { customerId: viewer.id, tier: 'VERIFIED', reason: 'Passport seen' };
    expect(await operator.graph(tierDocument, { input })).toEqual({
      setCustomerTier: { customer: { tier: 'VERIFIED' }, userErrors: [] },
    });
    expect(await query(databases.profile.migrationUrl, 'SELECT from_tier, to_tier, reason FROM tier_change')).toEqual([
      { from_tier: 'BASIC', to_tier: 'VERIFIED', reason: 'Passport seen' },
    ]);
    await vi.waitFor(
      async () =>
        expect(await payer.graph(limitsDocument, { id: payer.wallet('USD') })).toMatchObject({
          wallet: { limits: { tier: 'VERIFIED' } },
        }),
      { timeout: 60_000, interval: 1_000 },
    );
    const id = await payNow(payer, transfer(payer, payee, '15000.00 USD', 'USD'));
    await decideReview(platform().analyst, await reviewed(platform(), id), 'APPROVE');
    expect(await outcomeOf(payer, id)).toEqual(confirmed);
  });
});

describe('closing a wallet', () => {
  const close = async ({ graph }: Person, walletId: string) =>
    (
      await graph<{ closeWallet: { wallet: { status: string } | null; userErrors: UserError[] } }>(closeDocument, {
        walletId,
      })
    ).closeWallet;

  it('is refused while it holds money, and for good at zero', async () => {
    const owner = await platform().customer({ USD: '10.00' });
    const payee = await platform().customer({ USD: '0.00' });
    const walletId = owner.wallet('USD');
    expect((await close(owner, walletId)).userErrors).toEqual([{ code: 'WALLET_NOT_EMPTY' }]);
    const id = await payNow(owner, transfer(owner, payee, '10.00 USD', 'USD'));
    expect(await outcomeOf(owner, id)).toEqual(confirmed);
    expect(await close(owner, walletId)).toEqual({ wallet: { status: 'CLOSED' }, userErrors: [] });
    expect((await payTo(payee, { payeeWalletId: walletId }, '1.00 USD')).userErrors).toEqual([
      { code: 'PAYEE_WALLET_UNAVAILABLE', field: ['input', 'payeeWalletId'] },
    ]);
  });

  it('and money that arrives at the same moment have one winner', async () => {
    const { operator } = platform();
    for (let round = 0; round < 3; round += 1) {
      const owner = await platform().customer({ USD: '0.00' });
      const walletId = owner.wallet('USD');
      const arriving = deposit(operator, walletId, money('5.00 USD')).catch((error: Error) => {
        if (!error.message.includes('WALLET_UNAVAILABLE')) throw error;
      });
      const [closing] = await Promise.all([close(owner, walletId), arriving]);
      // What finds the wallet closed is refused at once, or kept aside for an operator.
      const { amount } = await balanceOf(owner, walletId);
      expect(amount).toBe(closing.wallet === null ? '5.00' : '0.00');
    }
  });
});
