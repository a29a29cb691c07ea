import { isCurrency, type Money, parseAmount } from '@paygraph/money';

/** An amount as it stands in a request; undefined when it is none. */
export function amountIn(text: string | number, currency: string): Money | undefined {
  if (!isCurrency(currency)) return undefined;
  const parsed = parseAmount(String(text), currency);
  return parsed.kind === 'amount' ? parsed.money : undefined;
}
