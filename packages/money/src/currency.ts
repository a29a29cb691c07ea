import { ISO_4217 } from './iso-4217.ts';

declare const checked: unique symbol;

/** An ISO 4217 alphabetic code with a minor unit, such as `USD`. Made only by {@link currencyOf} and {@link isCurrency}. */
export type Currency = string & { readonly [checked]: 'Currency' };

/** What the standard says of a currency. */
export type CurrencyFacts = {
  readonly code: Currency;
  /** Decimal digits of the minor unit: JPY 0, USD 2, KWD 3. Never assume 2. */
  readonly exponent: number;
  readonly name: string;
};

const facts: ReadonlyMap<string, CurrencyFacts> = new Map(
  ISO_4217.map(([code, exponent, name]) => [code, { code: code as string as Currency, exponent, name }]),
);

/** Every currency an amount can be stated in, in the order of their codes. */
export const currencies: readonly CurrencyFacts[] = [...facts.values()];

/** Whether the text is the code of a currency: three upper-case letters of the standard's table. */
export function isCurrency(text: string): text is Currency {
  return facts.has(text);
}

/**
 * The currency of a code known to be one, such as a stored row's.
 * @throws {RangeError} for anything else. For a client's text use {@link isCurrency} and answer with a typed error.
 */
export function currencyOf(code: string): Currency {
  if (isCurrency(code)) return code;
  throw new RangeError(`Not an ISO 4217 currency with a minor unit: ${JSON.stringify(code)}`);
}

/** The decimal digits of the currency's minor unit (0 to 4). */
export function exponentOf(currency: Currency): number {
  return factsOf(currency).exponent;
}

/** The currency's name in English, as the standard gives it. */
export function nameOf(currency: Currency): string {
  return factsOf(currency).name;
}

function factsOf(currency: Currency): CurrencyFacts {
  const found = facts.get(currency);
  if (!found) throw new RangeError(`Not an ISO 4217 currency with a minor unit: ${JSON.stringify(currency)}`);
  return found;
}
