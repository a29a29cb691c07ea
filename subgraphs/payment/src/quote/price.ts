import { type Id, parseId } from '@paygraph/ids';
import { currencyOf, type Money } from '@paygraph/money';
import type { Values } from '../database.ts';
import { type StoredTerms, storedTerms, termsFrom } from './terms.ts';

/** What a payment moves and costs, fixed before it is made: the S, T, M and f of posting-rules. */
export interface Price {
  /** S: what is debited before fees; for a collection, what comes in. */
  readonly source: Money;
  /** T: what arrives. For a collection the source less the fee. */
  readonly target: Money;
  /** M: the source at the mid rate, in the target currency. Equals the target within one currency. */
  readonly targetAtMid: Money;
  readonly fee: Fee;
  /** Null within one currency. */
  readonly conversion: Conversion | null;
}

/** What a payment costs beside its amount, in the source currency. */
export interface Fee {
  readonly label: string;
  readonly amount: Money;
  /** The fee schedule it was reckoned by, and its terms: a part of the payment is priced by the same. */
  readonly version: string;
  readonly terms: StoredTerms;
}

/** Where the rate of a payment across currencies comes from. */
export interface Conversion {
  /** The customer's rate between whole units, for people. */
  readonly exchangeRate: string;
  /** The quote of the forex subgraph that is locked to the payment. */
  readonly forexQuoteId: Id<'fxq'>;
  /** m: the exact mid rate between minor units. */
  readonly mid: { readonly numerator: bigint; readonly denominator: bigint };
  /** s. */
  readonly spreadBasisPoints: number;
}

/** The columns of a price, the same in quotes and in payments. */
export interface PriceColumns {
  readonly sourceAmount: bigint;
  readonly sourceCurrency: string;
  readonly targetAmount: bigint;
  readonly targetCurrency: string;
  readonly targetAtMid: bigint;
  readonly feeAmount: bigint;
  readonly feeLabel: string;
  readonly feeVersion: string;
  readonly feeTerms: unknown;
  readonly exchangeRate: string | null;
  readonly forexQuoteId: string | null;
  readonly midNumerator: string | null;
  readonly midDenominator: string | null;
  readonly spreadBasisPoints: number | null;
}

export function priceFrom(row: PriceColumns): Price {
  const source = currencyOf(row.sourceCurrency);
  const target = currencyOf(row.targetCurrency);
  const feeAmount = { amount: row.feeAmount, currency: source };
  return {
    source: { amount: row.sourceAmount, currency: source },
    target: { amount: row.targetAmount, currency: target },
    targetAtMid: { amount: row.targetAtMid, currency: target },
    fee: { label: row.feeLabel, amount: feeAmount, version: row.feeVersion, terms: termsFrom(row.feeTerms) },
    conversion: conversionFrom(row),
  };
}

/** The values to insert of a price. */
export function priceValues({ source, target, targetAtMid, fee, conversion }: Price) {
  return {
    sourceAmount: String(source.amount),
    sourceCurrency: source.currency,
    targetAmount: String(target.amount),
    targetCurrency: target.currency,
    targetAtMid: String(targetAtMid.amount),
    feeAmount: String(fee.amount.amount),
    feeLabel: fee.label,
    feeVersion: fee.version,
    feeTerms: storedTerms(fee.terms),
    exchangeRate: conversion?.exchangeRate ?? null,
    forexQuoteId: conversion?.forexQuoteId ?? null,
    midNumerator: conversion?.mid.numerator.toString() ?? null,
    midDenominator: conversion?.mid.denominator.toString() ?? null,
    spreadBasisPoints: conversion?.spreadBasisPoints ?? null,
  } satisfies Record<keyof PriceColumns, Values[string]>;
}

/** What leaves the payer's wallet in all: S + f. */
export function debitOf({ source, fee }: Price): Money {
  return { amount: source.amount + fee.amount.amount, currency: source.currency };
}

function conversionFrom(row: PriceColumns): Conversion | null {
  const { exchangeRate, forexQuoteId, midNumerator, midDenominator, spreadBasisPoints } = row;
  if (exchangeRate === null || forexQuoteId === null) return null;
  if (midNumerator === null || midDenominator === null || spreadBasisPoints === null)
    throw new RangeError(`The rate of ${forexQuoteId} is not known`);
  return {
    exchangeRate,
    forexQuoteId: parseId('fxq', forexQuoteId),
    mid: { numerator: BigInt(midNumerator), denominator: BigInt(midDenominator) },
    spreadBasisPoints,
  };
}
