import { type Currency, exponentOf, type Money, type Rate } from '@paygraph/money';

/** What a payment is worth, roughly: the rules never see an amount, because the engine reckons in floating point. */
export type AmountBand = 'LOW' | 'ELEVATED' | 'HIGH' | 'EXTREME' | 'UNKNOWN';

/** How many payments the payer made within the hour before. */
export type Velocity = 'NORMAL' | 'HIGH' | 'EXTREME';

/** All that the rules are given. The names are those of the rule set. */
export interface Facts {
  readonly kind: 'TRANSFER' | 'COLLECTION' | 'PAYOUT';
  readonly amountBand: AmountBand;
  readonly velocity: Velocity;
  readonly crossCurrency: boolean;
  /** Whether the payer never had a payment to this payee assessed before. */
  readonly firstToPayee: boolean;
  /** Whether payer and payee are one person. */
  readonly ownWallets: boolean;
}

/** Where bands begin. */
export interface Thresholds {
  /** In whole US dollars. */
  readonly amount: { readonly elevated: bigint; readonly high: bigint; readonly extreme: bigint };
  /** In payments within one hour. */
  readonly velocity: { readonly high: number; readonly extreme: number };
}

export const defaultThresholds: Thresholds = {
  amount: { elevated: 2_500n, high: 10_000n, extreme: 50_000n },
  velocity: { high: 60, extreme: 600 },
};

/**
 * The band of an amount.
 *
 * @param unitsPerDollar the rate dollar → the amount's currency; undefined when there is none, and the band UNKNOWN
 */
export function amountBand(money: Money, unitsPerDollar: Rate | undefined, { amount }: Thresholds): AmountBand {
  if (!unitsPerDollar) return 'UNKNOWN';
  const isWorth = (dollars: bigint) => money.amount * unitsPerDollar.denominator >= minorUnits(dollars);
  const minorUnits = (dollars: bigint) => dollars * unitsPerDollar.numerator * minorUnitsPerUnit(money.currency);
  if (isWorth(amount.extreme)) return 'EXTREME';
  if (isWorth(amount.high)) return 'HIGH';
  return isWorth(amount.elevated) ? 'ELEVATED' : 'LOW';
}

export function velocityOf(paymentsWithinHour: number, { velocity }: Thresholds): Velocity {
  if (paymentsWithinHour >= velocity.extreme) return 'EXTREME';
  return paymentsWithinHour >= velocity.high ? 'HIGH' : 'NORMAL';
}

function minorUnitsPerUnit(currency: Currency): bigint {
  return 10n ** BigInt(exponentOf(currency));
}
