import { describe, expect, it, vi } from 'vitest';
import { cancel, capture, type Refusals, refund, refundsEnded, retry } from '../support/acts.ts';
import { usePlatform } from '../support/journey.ts';
import { availableTo, money, outcomeOf, payNow, reached, runOut, standingOf, transfer } from '../support/payments.ts';
import type { Customer } from '../support/platform.ts';

vi.setConfig({ testTimeout: 90_000 });

const platform = usePlatform('one process');
const confirmed = { state: 'CONFIRMED', failure: null };
const codesIn = (refusals: Refusals) => refusals.map(({ code }) => code);

/** What those who were too late are told, by where the payment ends. */
const told: Readonly<Record<string, unknown>> = {
  CONFIRMED: expect.stringMatching(/is being carried out|has been carried out/),
  CANCELLED: expect.stringMatching(/has been called off/),
  EXPIRED: expect.stringMatching(/has run out of time/),
};

/** A payment of 40 dollars out of 100 whose funds are held, with those who have a part in it. */
async function held() {
  const [payer, payee] = await pair();
  const id = await payNow(payer, transfer(payer, payee, '40.00 USD', 'USD'), { captureMethod: 'MANUAL' });
  await reached(payer, id, 'PENDING');
  return { payer, payee, id };
}

async function pair(): Promise<[payer: Customer, payee: Customer]> {
  return Promise.all([platform().customer({ USD: '100.00' }), platform().customer({ USD: '0.00', EUR: '0.00' })]);
}

describe('a payment that waits for its capture', () => {
  it('holds its funds, is no business of its payee’s yet, and cannot be tried again', async () => {
    const { payer, payee, id } = await held();
    expect(await availableTo(payer, 'USD')).toBe('60.00');
    await expect(standingOf(payee, id)).rejects.toThrow('cannot be seen');
    expect(codesIn(await capture(payee, id))).toEqual(['PAYMENT_NOT_FOUND']);
    expect(await retry(platform().operator, id)).toMatchObject([{ code: 'NOT_RETRYABLE' }]);
    expect(await standingOf(payer, id)).toEqual({ state: 'PENDING', failure: null });
  });

  it('is carried out whole, once', async () => {
    const { payer, payee, id } = await held();
    expect(await capture(payer, id)).toEqual([]);
    expect(await outcomeOf(payer, id)).toEqual(confirmed);
    expect(codesIn(await capture(payer, id))).toEqual(['NOT_CAPTURABLE']);
    expect([await availableTo(payer, 'USD'), await availableTo(payee, 'USD')]).toEqual(['60.00', '40.00']);
  });

  it('is carried out in part by an operator, and the rest is free again', async () => {
    const { payer, payee, id } = await held();
    expect(codesIn(await capture(payer, id, money('40.01 USD')))).toEqual(['AMOUNT_TOO_LARGE']);
    expect(await capture(platform().operator, id, money('15.50 USD'))).toEqual([]);
    expect(await outcomeOf(payer, id)).toEqual(confirmed);
    expect([await availableTo(payer, 'USD'), await availableTo(payee, 'USD')]).toEqual(['84.50', '15.50']);
    // No more can be given back than was taken.
    expect(codesIn(await refund(payee, id, money('15.51 USD')))).toEqual(['EXCEEDS_CAPTURED']);
  });

  it('across currencies is reckoned anew for the part, at the rate of its quote', async () => {
    const [payer, payee] = await pair();
    const route = transfer(payer, payee, '25.00 USD', 'USD', 'EUR');
    const id = await payNow(payer, route, { quoted: true, captureMethod: 'MANUAL' });
    await reached(payer, id, 'PENDING');
    expect(await availableTo(payer, 'USD')).toBe('74.75');
    expect(await capture(payer, id, money('10.00 USD'))).toEqual([]);
    expect(await outcomeOf(payer, id)).toEqual(confirmed);
    expect([await availableTo(payer, 'USD'), await availableTo(payee, 'EUR')]).toEqual(['89.75', '8.75']);
  });

  it('is called off, and everything is free again', async () => {
    const { payer, id } = await held();
    expect(await cancel(payer, id)).toEqual([]);
    expect(await outcomeOf(payer, id)).toEqual({ state: 'CANCELLED', failure: null });
    expect(codesIn(await capture(payer, id))).toEqual(['NOT_CAPTURABLE']);
    await vi.waitFor(async () => expect(await availableTo(payer, 'USD')).toBe('100.00'), { timeout: 60_000 });
  });

  it('runs out, and everything is free again', async () => {
    const { payer, id } = await held();
    await runOut(platform(), id);
    expect(await outcomeOf(payer, id)).toEqual({ state: 'EXPIRED', failure: null });
    expect(await capture(payer, id)).toMatchObject([{ code: 'NOT_CAPTURABLE', message: told.EXPIRED }]);
    await vi.waitFor(async () => expect(await availableTo(payer, 'USD')).toBe('100.00'), { timeout: 60_000 });
  });

  it.each([
    ['any', 'at one moment', 3],
    ['CONFIRMED', 'with the capture ahead', 1],
    ['CANCELLED', 'with the calling off ahead', 1],
    ['EXPIRED', 'with the time ahead', 1],
  ] as const)(
    'captured, called off and out of time has one winner, and losers are told who (%s, %s)',
    async (ahead, _when, rounds) => {
      for (let round = 0; round < rounds; round += 1) {
        const { payer, payee, id } = await held();
        const acts = {
          CONFIRMED: () => capture(payer, id),
          CANCELLED: () => cancel(payer, id),
          EXPIRED: () => runOut(platform(), id).then(() => []),
        };
        const first = ahead !== 'any' && (await acts[ahead]());
        const answerOf = async (end: keyof typeof acts) => (end === ahead && first) || acts[end]();
        const [captured, cancelled] = await Promise.all([
          answerOf('CONFIRMED'),
          answerOf('CANCELLED'),
          answerOf('EXPIRED'),
        ]);
        const { state } = await outcomeOf(payer, id);
        if (first) expect(state).toBe(ahead);
        const isCaptured = state === 'CONFIRMED';
        const lost = (code: string) => [{ code, message: told[state] }];
        expect(captured).toMatchObject(isCaptured ? [] : lost('NOT_CAPTURABLE'));
        expect(cancelled).toMatchObject(state === 'CANCELLED' ? [] : lost('NOT_CANCELLABLE'));
        expect(await availableTo(payee, 'USD')).toBe(isCaptured ? '40.00' : '0.00');
      }
    },
  );
});

describe('a payment that was carried out', () => {
  async function paid(amount: string, currency: 'USD' | 'EUR' = 'USD') {
    const [payer, payee] = await pair();
    const route = transfer(payer, payee, amount, 'USD', currency);
    const id = await payNow(payer, route, { quoted: currency === 'EUR' });
    expect(await outcomeOf(payer, id)).toEqual(confirmed);
    return { payer, payee, id };
  }

  it('is given back whole by its payee, once', async () => {
    const { payer, payee, id } = await paid('100.00 USD');
    expect(codesIn(await refund(payer, id))).toEqual(['PAYMENT_NOT_FOUND']);
    expect(await refund(payee, id)).toEqual([]);
    await reached(payer, id, 'REFUNDED');
    expect(codesIn(await refund(payee, id))).toEqual(['NOT_REFUNDABLE']);
    expect([await availableTo(payer, 'USD'), await availableTo(payee, 'USD')]).toEqual(['100.00', '0.00']);
  });

  it('in parts across currencies, restores every leg but the fee', async () => {
    const { payer, payee, id } = await paid('25.00 USD', 'EUR');
    expect(await refund(payee, id, money('10.00 USD'))).toEqual([]);
    await refundsEnded(payee, id);
    expect([await availableTo(payer, 'USD'), await availableTo(payee, 'EUR')]).toEqual(['84.75', '13.13']);
    expect(await standingOf(payer, id)).toEqual(confirmed);
    expect(await refund(payee, id)).toEqual([]);
    await reached(payer, id, 'REFUNDED');
    expect([await availableTo(payer, 'USD'), await availableTo(payee, 'EUR')]).toEqual(['99.75', '0.00']);
  });

  it('of 100 is given back once by two who each want 60 back at the same time', async () => {
    const { payer, payee, id } = await paid('100.00 USD');
    const sixty = money('60.00 USD');
    const answers = await Promise.all([refund(payee, id, sixty), refund(platform().operator, id, sixty)]);
    expect(answers.flatMap(codesIn)).toEqual(['EXCEEDS_CAPTURED']);
    expect(await refundsEnded(payee, id)).toEqual([{ state: 'SUCCEEDED', amount: sixty }]);
    expect(await availableTo(payer, 'USD')).toBe('60.00');
  });

  it('is not given back by a payee who has spent it, and is once they have it again', async () => {
    const { payer, payee, id } = await paid('100.00 USD');
    const back = await payNow(payee, transfer(payee, payer, '100.00 USD', 'USD'));
    await outcomeOf(payee, back);
    expect(await refund(payee, id)).toEqual([]);
    expect(await refundsEnded(payee, id)).toMatchObject([{ state: 'FAILED' }]);
    expect(await standingOf(payer, id)).toEqual(confirmed);
    expect(await refund(payer, back)).toEqual([]);
    await reached(payee, back, 'REFUNDED');
    expect(await refund(payee, id)).toEqual([]);
    await reached(payer, id, 'REFUNDED');
    expect(await availableTo(payer, 'USD')).toBe('100.00');
  });
});
