import { type Id, parseId } from '@paygraph/ids';
import { currencyOf, type Money } from '@paygraph/money';
import { int8, json, text } from '../database.ts';
import { Prisma } from '../generated/prisma/client.ts';
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
    sourceAmount: int8(source.amount),
    sourceCurrency: text(source.currency),
    targetAmount: int8(target.amount),
    targetCurrency: text(target.currency),
    targetAtMid: int8(targetAtMid.amount),
    feeAmount: int8(fee.amount.amount),
    feeLabel: text(fee.label),
    feeVersion: text(fee.version),
    feeTerms: json(storedTerms(fee.terms)),
    exchangeRate: text(conversion?.exchangeRate ?? null),
    forexQuoteId: text(conversion?.forexQuoteId ?? null),
    midNumerator: text(conversion?.mid.numerator.toString() ?? null),
    midDenominator: text(conversion?.mid.denominator.toString() ?? null),
    spreadBasisPoints: Prisma.sql`${conversion?.spreadBasisPoints ?? null}::int`,
  } satisfies Record<keyof PriceColumns, Prisma.Sql>;
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
