import { randomUUID } from 'node:crypto';
import { balanceOf, operations, pay, quotePayment, type Step } from '@paygraph/standalone/client';
import { describe, expect, it } from 'vitest';
import { comeToRest } from '../support/agreement.ts';
import { usePlatform } from '../support/journey.ts';
import { outcomeOf, payNow, standingOf, transfer } from '../support/payments.ts';
import { topologies } from '../support/platform.ts';

/** A selection over payment, wallet, profile, ledger and risk. */
const watchAcrossTheGraph = `subscription ($id: ID!) {
  paymentStateChanged(paymentId: $id) {
    sequence
    from
    state
    settled
    payment {
      amount { amount currency }
      payer { wallet { label owner { displayName } balance { available { amount } pendingOut { amount } } } }
      payee { displayName wallet { label } }
      riskAssessment { decision }
    }
  }
}`;

describe.each(topologies)('a payment, in %s,', (topology) => {
  const platform = usePlatform(topology);

  it('goes from dollars to euros at the price quoted, watched live across five subgraphs', async () => {
    const payer = await platform().customer({ USD: '100.00' });
    const payee = await platform().customer({ EUR: '0.00' });
    const route = transfer(payer, payee, '25.00 USD', 'USD', 'EUR');

    const quote = await quotePayment(payer, route);
    expect(quote).toMatchObject({
      debit: { amount: '25.25', currency: 'USD' },
      credit: { amount: '21.89', currency: 'EUR' },
      fees: [{ label: 'Currency conversion', amount: { amount: '0.25', currency: 'USD' } }],
      exchangeRate: '0.8758247506',
    });

    const input = { ...route, quoteId: quote.id, idempotencyKey: randomUUID() };
    const { id } = await pay(payer, input);
    const steps: Step[] = [];
    for await (const { data, errors } of payer.live.iterate<operations.Watch>({
      query: watchAcrossTheGraph,
      variables: { id },
    })) {
      expect(errors).toBeUndefined();
      if (!data) continue;
      steps.push(data.paymentStateChanged);
      if (data.paymentStateChanged.settled) break;
    }
    expect(steps.map(({ sequence, state }) => `${sequence} ${state}`)).toEqual([
      '1 INITIATED',
      '2 VALIDATING',
      '3 PENDING',
      '4 PROCESSING',
      '5 CONFIRMED',
    ]);
    expect(steps.at(-1)).toEqual({
      sequence: 5,
      from: 'PROCESSING',
      state: 'CONFIRMED',
      settled: true,
      payment: {
        amount: { amount: '25.00', currency: 'USD' },
        payer: {
          wallet: {
            label: 'USD',
            owner: { displayName: payer.name },
            balance: { available: { amount: '74.75' }, pendingOut: { amount: '0.00' } },
          },
        },
        payee: { displayName: payee.name, wallet: null },
        riskAssessment: { decision: 'APPROVE' },
      },
    });
    expect(await balanceOf(payee, payee.wallet('EUR'))).toEqual({ amount: '21.89', currency: 'EUR' });

    const { payment, trialBalance } = await platform().operator.graph<operations.Books>(operations.books, {
      payment: id,
    });
    const entries = (payment?.ledgerTransactions ?? []).flatMap((transaction) => transaction.entries);
    expect(
      entries.map(({ direction, account, amount }) => `${direction} ${account?.purpose} ${amount.amount}`),
    ).toEqual([
      'DEBIT WALLET 25.25',
      'CREDIT FX_POSITION 25.00',
      'CREDIT FEE_REVENUE 0.25',
      'DEBIT FX_POSITION 22.01',
      'CREDIT WALLET 21.89',
      'CREDIT FX_REVENUE 0.12',
    ]);
    expect(trialBalance.filter(({ balanced }) => !balanced)).toEqual([]);

    expect(await pay(payer, input)).toEqual({ id, replayed: true });
    expect(await balanceOf(payer, payer.wallet('USD'))).toEqual({ amount: '74.75', currency: 'USD' });
  });

  it('goes to yen, which have no fraction', async () => {
    const payer = await platform().customer({ USD: '30.00' });
    const payee = await platform().customer({ JPY: '0' });
    const id = await payNow(payer, transfer(payer, payee, '25.00 USD', 'USD', 'JPY'), { quoted: true });
    expect(await outcomeOf(payer, id)).toEqual({ state: 'CONFIRMED', failure: null });
    expect(await balanceOf(payer, payer.wallet('USD'))).toEqual({ amount: '4.75', currency: 'USD' });
    expect(await balanceOf(payee, payee.wallet('JPY'))).toEqual({ amount: '3917', currency: 'JPY' });
  });

  it('goes from yen to dinars, which have three fraction digits', async () => {
    const payer = await platform().customer({ JPY: '10000' });
    const payee = await platform().customer({ KWD: '0.000' });
    const route = transfer(payer, payee, '1.005 KWD', 'JPY', 'KWD');
    const { debit, credit } = await quotePayment(payer, route);
    expect(credit).toEqual({ amount: '1.005', currency: 'KWD' });
    expect(debit).toEqual({ amount: expect.stringMatching(/^\d+$/), currency: 'JPY' });
    const id = await payNow(payer, route, { quoted: true });
    expect(await outcomeOf(payer, id)).toEqual({ state: 'CONFIRMED', failure: null });
    expect(await balanceOf(payee, payee.wallet('KWD'))).toEqual(credit);
    const left = BigInt((await balanceOf(payer, payer.wallet('JPY'))).amount);
    expect(left).toBe(10_000n - BigInt(debit.amount));
  });

  it('delivers what the payee is to get when the amount is in the currency of the payee', async () => {
    const payer = await platform().customer({ USD: '100.00' });
    const payee = await platform().customer({ EUR: '0.00' });
    const route = transfer(payer, payee, '20.00 EUR', 'USD', 'EUR');
    // S = ceil(20.00 / 0.8758247506) = 22.84, and the fee on top.
    expect(await quotePayment(payer, route)).toMatchObject({ debit: { amount: '23.09' }, credit: { amount: '20.00' } });
    const id = await payNow(payer, route, { quoted: true });
    expect(await outcomeOf(payer, id)).toEqual({ state: 'CONFIRMED', failure: null });
    expect(await balanceOf(payer, payer.wallet('USD'))).toEqual({ amount: '76.91', currency: 'USD' });
    expect(await balanceOf(payee, payee.wallet('EUR'))).toEqual({ amount: '20.00', currency: 'EUR' });
  });

  it('goes from one wallet of a person to another one, in one currency and free of charge', async () => {
    const person = await platform().customer({ USD: '10.00', EUR: '0.00' });
    const other = await platform().customer({ USD: '0.00' });
    const id = await payNow(person, transfer(person, other, '10 USD', 'USD'));
    expect(await outcomeOf(person, id)).toEqual({ state: 'CONFIRMED', failure: null });
    expect(await balanceOf(person, person.wallet('USD'))).toEqual({ amount: '0.00', currency: 'USD' });
    expect(await balanceOf(other, other.wallet('USD'))).toEqual({ amount: '10.00', currency: 'USD' });
  });

  it('is made once however many ask for it at the same time', async () => {
    const payer = await platform().customer({ USD: '1000.00' });
    const payee = await platform().customer({ USD: '0.00' });
    const answers = await payRepeatedly(payer, transfer(payer, payee, '1.00 USD', 'USD'));
    expect(answers).toHaveLength(200);
    expect(new Set(answers.map(({ id }) => id)).size).toBe(100);
    expect(answers.filter(({ replayed }) => !replayed)).toHaveLength(100);

    await comeToRest(platform());
    const standings = await Promise.all([...new Set(answers.map(({ id }) => id))].map((id) => standingOf(payer, id)));
    expect(standings.filter(({ state }) => state === 'CONFIRMED')).toHaveLength(100);
    expect(await balanceOf(payer, payer.wallet('USD'))).toEqual({ amount: '900.00', currency: 'USD' });
    expect(await balanceOf(payee, payee.wallet('USD'))).toEqual({ amount: '100.00', currency: 'USD' });
  });

  it('fails for lack of funds in exactly as many cases as the funds do not suffice for', async () => {
    const payer = await platform().customer({ USD: '30.99' });
    const payee = await platform().customer({ USD: '0.00' });
    const answers = await payRepeatedly(payer, transfer(payer, payee, '1.00 USD', 'USD'));
    const ids = [...new Set(answers.map(({ id }) => id))];
    expect(ids).toHaveLength(100);

    await comeToRest(platform());
    const standings = await Promise.all(ids.map((id) => standingOf(payer, id)));
    expect(standings.filter(({ state }) => state === 'CONFIRMED')).toHaveLength(30);
    expect(standings.filter(({ failure }) => failure === 'INSUFFICIENT_FUNDS')).toHaveLength(70);
    expect(await balanceOf(payer, payer.wallet('USD'))).toEqual({ amount: '0.99', currency: 'USD' });
    expect(await balanceOf(payee, payee.wallet('USD'))).toEqual({ amount: '30.00', currency: 'USD' });
  });
});

/** 200 requests at once, every second one with the key of the one before it. */
function payRepeatedly(payer: Parameters<typeof pay>[0], route: ReturnType<typeof transfer>) {
  const keys = Array.from({ length: 100 }, () => randomUUID());
  return Promise.all(
    keys.flatMap((key) => [key, key]).map((idempotencyKey) => pay(payer, { ...route, idempotencyKey })),
  );
}
