import { type Currency, exponentOf } from './currency.ts';
import { formatDecimal } from './decimal.ts';

/** An amount of one currency in integer minor units: 12.30 USD is `{ amount: 1230n, currency: 'USD' }`. */
export type Money = {
  readonly amount: bigint;
  readonly currency: Currency;
};

/** The largest amount: PostgreSQL's `int8`, in minor units. */
export const MAX_AMOUNT = 9_223_372_036_854_775_807n;

/** Why a text is not an amount. */
export type AmountFault =
  /** Not digits with at most one point between them. */
  | 'NOT_A_DECIMAL'
  /** A leading `-` or `+`: the direction of money is never a sign. */
  | 'SIGNED'
  /** Scientific notation, such as `1e3`. */
  | 'EXPONENT'
  /** More digits after the point than the currency's minor unit has, even when they are zeros. */
  | 'TOO_MANY_FRACTION_DIGITS'
  /** More than {@link MAX_AMOUNT} minor units. */
  | 'TOO_LARGE'
  /** Zero, where the amount must be positive. */
  | 'ZERO';

export type ParsedAmount =
  | { readonly kind: 'amount'; readonly money: Money }
  | { readonly kind: 'fault'; readonly fault: AmountFault };

const PLAIN = /^(\d+)(?:\.(\d+))?$/;
const WITH_SIGN = /^[+-](\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i;
const WITH_EXPONENT = /^(\d+(\.\d*)?|\.\d+)e[+-]?\d+$/i;

/**
 * Reads an unsigned decimal in major units (`12.3`, `12.30`) as an amount of the currency. Nothing is rounded: what the
 * currency cannot express is refused with the first fault that applies.
 * @param options.zero whether `0` is an amount here; `'refuse'` unless told otherwise.
 */
export function parseAmount(
  text: string,
  currency: Currency,
  { zero = 'refuse' }: { readonly zero?: 'allow' | 'refuse' } = {},
): ParsedAmount {
  const match = PLAIN.exec(text);
  if (!match) return fault(shapeFault(text));
  const [, whole = '', fraction = ''] = match;
  const exponent = exponentOf(currency);
  if (fraction.length > exponent) return fault('TOO_MANY_FRACTION_DIGITS');
  const digits = (whole + fraction.padEnd(exponent, '0')).replace(/^0+(?=\d)/, '');
  if (digits.length > MAX_AMOUNT.toString().length) return fault('TOO_LARGE'); // before BigInt reads a megabyte
  const amount = BigInt(digits);
  if (amount > MAX_AMOUNT) return fault('TOO_LARGE');
  if (amount === 0n && zero === 'refuse') return fault('ZERO');
  return { kind: 'amount', money: { amount, currency } };
}

/**
 * The amount as a decimal string in major units with exactly the currency's fraction digits: `12.30`, `500`, `-0.005`.
 * Negative amounts (a position, a difference) are formatted too, though {@link parseAmount} refuses them.
 */
export function formatAmount({ amount, currency }: Money): string {
  return formatDecimal({ coefficient: amount, scale: exponentOf(currency) });
}

function shapeFault(text: string): AmountFault {
  if (WITH_SIGN.test(text)) return 'SIGNED';
  if (WITH_EXPONENT.test(text)) return 'EXPONENT';
  return 'NOT_A_DECIMAL';
}

function fault(reason: AmountFault): ParsedAmount {
  return { kind: 'fault', fault: reason };
}
