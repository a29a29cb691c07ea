import type { Money } from '@paygraph/money';
import { type Currency, isCurrency, parseAmount } from '@paygraph/money';
import type { z } from 'zod';

/** The text as JSON of this shape, or undefined. */
export function readJson<Shape extends z.ZodType>(text: string, shape: Shape): z.output<Shape> | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  const result = shape.safeParse(value);
  return result.success ? result.data : undefined;
}

/**
 * An amount as rails write it, in major units with at most the currency's fraction digits; undefined when it is not one.
 * Some write numbers where others write texts. Those are read by their shortest decimal form, which is exact for every
 * amount below 2^53 minor units.
 */
export function readAmount(
  amount: string | number,
  currency: string,
  zero: 'allow' | 'refuse' = 'refuse',
): Money | undefined {
  if (!isCurrency(currency)) return undefined;
  const parsed = parseAmount(String(amount), currency, { zero });
  return parsed.kind === 'amount' ? parsed.money : undefined;
}

/**
 * JSON in which the texts `amount` of `value` stand as numbers, digit for digit: rails that want a number get the exact
 * decimal without a detour over floating point.
 */
export function jsonWithNumericAmount(value: unknown): string {
  return JSON.stringify(value).replace(/"amount":"(\d+(?:\.\d+)?)"/g, '"amount":$1');
}

/** The currency's minor units in `Money` of nothing. */
export function nothingOf(currency: Currency): Money {
  return { amount: 0n, currency };
}
