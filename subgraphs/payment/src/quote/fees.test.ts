import { currencyOf } from '@paygraph/money';
import { describe, expect, it } from 'vitest';
import type { KycTier } from '../generated/peers/profile.ts';
import { createFeeSchedule, loadFeeSchedule } from './fees.ts';

const fare = { kind: 'TRANSFER', rail: 'book' } as const;
const transfer = { ...fare, tier: 'BASIC' } as const;

describe('the fee schedule in force', () => {
  const schedule = loadFeeSchedule();
  const feeOn = (conversion: boolean, amount: bigint, currency: string) =>
    schedule.feeFor({ ...transfer, conversion }, { amount, currency: currencyOf(currency) }).amount.amount;

  const conversionFee = (tier: KycTier) =>
    schedule.feeFor({ ...fare, conversion: true, tier }, { amount: 10_000n, currency: currencyOf('USD') }).amount
      .amount;

  it.each([
    ['nothing within one currency', false, 100_000n, 'USD', 0n],
    ['one percent across currencies', true, 10_000n, 'USD', 100n],
    ['at least 0.25 in a currency with cents', true, 2_500n, 'USD', 25n],
    ['at least 25 in a currency without a minor unit', true, 100n, 'JPY', 25n],
    ['at least 0.025 in a currency with thousandths', true, 100n, 'KWD', 25n],
    ['a half rounded to the even minor unit', true, 10_050n, 'USD', 100n],
  ])('takes %s', (_name, conversion, amount, currency, fee) => {
    expect(feeOn(conversion, amount, currency)).toBe(fee);
  });

  it.each(['BASIC', 'VERIFIED'] as const)('takes of %s what it takes of everybody', (tier) => {
    expect(conversionFee(tier)).toBe(100n);
  });

  it('takes less of those who are known best', () => {
    expect(conversionFee('ENHANCED')).toBe(75n);
  });

  it('records deposits for nothing', () => {
    const deposit = { kind: 'COLLECTION', rail: 'manual', conversion: false, tier: 'BASIC' } as const;
    const fee = schedule.feeFor(deposit, { amount: 10_000n, currency: currencyOf('GHS') });
    expect(fee).toMatchObject({ amount: { amount: 0n, currency: 'GHS' }, version: schedule.version });
  });
});

describe('a fee schedule', () => {
  const rule = { ...fare, conversion: true, label: 'Conversion', fixed: '10', percentage: '0.5', max: '200' };

  it('may have other terms for some currencies', () => {
    const currencies = { JPY: { fixed: '0', percentage: '2' } };
    const schedule = createFeeSchedule({ version: '1', rules: [{ ...rule, currencies }] });
    const fee = (currency: string) =>
      schedule.feeFor({ ...transfer, conversion: true }, { amount: 10_000n, currency: currencyOf(currency) });
    expect(fee('USD').amount.amount).toBe(60n);
    expect(fee('JPY').amount.amount).toBe(200n);
  });

  it('may have other terms for some tiers, and for some currencies of a tier', () => {
    const tiers = { ENHANCED: { fixed: '0', percentage: '0.1', currencies: { JPY: { fixed: '0', percentage: '0' } } } };
    const schedule = createFeeSchedule({ version: '1', rules: [{ ...rule, tiers }] });
    const fee = (tier: KycTier, currency: string) =>
      schedule.feeFor({ ...fare, conversion: true, tier }, { amount: 10_000n, currency: currencyOf(currency) });
    expect(fee('BASIC', 'USD').amount.amount).toBe(60n);
    expect(fee('VERIFIED', 'USD').amount.amount).toBe(60n);
    expect(fee('ENHANCED', 'USD').amount.amount).toBe(10n);
    expect(fee('ENHANCED', 'JPY').amount.amount).toBe(0n);
  });

  it('has one rule for all rails that have none of their own', () => {
    const everyRail = { ...rule, kind: 'PAYOUT', rail: '*', label: 'Payout' };
    const bank = { ...everyRail, rail: 'bank', label: 'Bank', fixed: '50', percentage: '0' };
    const schedule = createFeeSchedule({ version: '1', rules: [everyRail, bank] });
    const fee = (rail: string) =>
      schedule.feeFor(
        { kind: 'PAYOUT', rail, conversion: true, tier: 'BASIC' },
        { amount: 1n, currency: currencyOf('GHS') },
      );
    expect(fee('mtn-momo').label).toBe('Payout');
    expect(fee('bank')).toMatchObject({ label: 'Bank', amount: { amount: 50n } });
  });

  it('says of a payment that it has no rule for it', () => {
    const schedule = createFeeSchedule({ version: '7', rules: [rule] });
    const amount = { amount: 1n, currency: currencyOf('USD') };
    expect(() => schedule.feeFor({ ...transfer, conversion: false }, amount)).toThrow(
      'Fee schedule 7 has no rule for TRANSFER over book in one currency',
    );
  });

  it.each([
    ['an amount that is a number', { ...rule, fixed: 10 }],
    ['an amount below zero', { ...rule, fixed: '-1' }],
    ['a percentage below zero', { ...rule, percentage: '-1' }],
    ['a currency that is none', { ...rule, currencies: { XXY: { fixed: '0', percentage: '0' } } }],
    ['a tier that is none', { ...rule, tiers: { GOLD: { fixed: '0', percentage: '0' } } }],
    ['a word it does not know', { ...rule, minimum: '1' }],
  ])('is refused for %s', (_name, broken) => {
    expect(() => createFeeSchedule({ version: '1', rules: [broken] })).toThrow();
  });

  it('is refused for two rules for the same payments', () => {
    expect(() => createFeeSchedule({ version: '1', rules: [rule, rule] })).toThrow('two rules');
  });
});
