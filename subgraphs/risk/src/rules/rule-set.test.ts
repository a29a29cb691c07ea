import { currencyOf, parseRate } from '@paygraph/money';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { amountBand, defaultThresholds, type Facts, velocityOf } from './facts.ts';
import { createRuleSet, loadRuleSet } from './rule-set.ts';

const rules = await loadRuleSet();

const harmless: Facts = {
  kind: 'TRANSFER',
  amountBand: 'LOW',
  velocity: 'NORMAL',
  crossCurrency: false,
  firstToPayee: false,
  ownWallets: false,
};

const anyFacts = fc.record<Facts>({
  kind: fc.constantFrom('TRANSFER', 'COLLECTION', 'PAYOUT'),
  amountBand: fc.constantFrom('LOW', 'ELEVATED', 'HIGH', 'EXTREME', 'UNKNOWN'),
  velocity: fc.constantFrom('NORMAL', 'HIGH', 'EXTREME'),
  crossCurrency: fc.boolean(),
  firstToPayee: fc.boolean(),
  ownWallets: fc.boolean(),
});

describe('the rule set', () => {
  it.each<[string, Partial<Facts>, string, string[]]>([
    ['lets a small payment pass', {}, 'APPROVE', []],
    ['notes a change of currency', { crossCurrency: true }, 'APPROVE', ['CROSS_CURRENCY']],
    ['asks an analyst about a high amount', { amountBand: 'HIGH' }, 'REVIEW', ['AMOUNT_HIGH']],
    ['stops an extreme amount', { amountBand: 'EXTREME' }, 'DECLINE', ['AMOUNT_EXTREME']],
    ['stops an extreme payout', { amountBand: 'EXTREME', kind: 'PAYOUT' }, 'DECLINE', ['AMOUNT_EXTREME']],
    ['asks about an extreme deposit', { amountBand: 'EXTREME', kind: 'COLLECTION' }, 'REVIEW', ['DEPOSIT_EXTREME']],
    ['asks when the worth is unknown', { amountBand: 'UNKNOWN' }, 'REVIEW', ['AMOUNT_UNKNOWN']],
    ['lets velocity alone pass', { velocity: 'EXTREME' }, 'APPROVE', ['VELOCITY_EXTREME']],
    [
      'asks when several small doubts come together',
      { velocity: 'HIGH', amountBand: 'ELEVATED', firstToPayee: true, crossCurrency: true },
      'REVIEW',
      ['AMOUNT_ELEVATED', 'FIRST_PAYMENT_ELEVATED', 'VELOCITY_HIGH', 'CROSS_CURRENCY'],
    ],
    [
      'does not count a first payment to oneself',
      { amountBand: 'ELEVATED', firstToPayee: true, ownWallets: true },
      'APPROVE',
      ['AMOUNT_ELEVATED'],
    ],
  ])('%s', async (_sentence, facts, decision, codes) => {
    const verdict = await rules.evaluate({ ...harmless, ...facts });
    expect(verdict.decision).toBe(decision);
    expect(verdict.reasons.map(({ code }) => code)).toEqual(codes);
  });

  it('decides by the score alone, and the score is the sum of the reasons up to 100', async () => {
    await fc.assert(
      fc.asyncProperty(anyFacts, async (facts) => {
        const { decision, score, reasons } = await rules.evaluate(facts);
        expect(score).toBe(
          Math.min(
            100,
            reasons.reduce((sum, { weight }) => sum + weight, 0),
          ),
        );
        expect(decision).toBe(score >= 90 ? 'DECLINE' : score >= 50 ? 'REVIEW' : 'APPROVE');
      }),
    );
  });

  it('never lets a larger payment pass more easily', async () => {
    const order: Facts['amountBand'][] = ['LOW', 'ELEVATED', 'HIGH', 'EXTREME'];
    await fc.assert(
      fc.asyncProperty(anyFacts, async (facts) => {
        const scores = [];
        for (const band of order) scores.push((await rules.evaluate({ ...facts, amountBand: band })).score);
        expect(scores).toEqual(scores.toSorted((a, b) => a - b));
      }),
    );
  });

  it('is refused when its source is no decision model', () => {
    expect(() => createRuleSet('broken', '{"nodes": 1}')).toThrow();
  });
});

describe('facts', () => {
  const yenPerDollar = parseRate('157.47729333');

  it('bands an amount by its worth in dollars, to the last minor unit', () => {
    const band = (amount: bigint) =>
      amountBand({ amount, currency: currencyOf('JPY') }, yenPerDollar, defaultThresholds);
    expect(band(393_693n)).toBe('LOW'); // 2,500 × 157.47729333 = 393,693.233325
    expect(band(393_694n)).toBe('ELEVATED');
    expect(band(1_574_773n)).toBe('HIGH');
    expect(band(7_873_865n)).toBe('EXTREME');
  });

  it('does not guess the worth of a currency without a rate', () => {
    expect(amountBand({ amount: 1n, currency: currencyOf('JPY') }, undefined, defaultThresholds)).toBe('UNKNOWN');
  });

  it('bands velocity by payments within the hour', () => {
    expect([0, 59, 60, 599, 600].map((count) => velocityOf(count, defaultThresholds))).toEqual([
      'NORMAL',
      'NORMAL',
      'HIGH',
      'HIGH',
      'EXTREME',
    ]);
  });
});
