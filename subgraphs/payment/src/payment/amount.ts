import { type AmountFault, type Currency, isCurrency, type Money, parseAmount } from '@paygraph/money';
import { type Refused, refused } from './refusal.ts';

type AmountRefused = Refused<'AMOUNT_INVALID' | 'AMOUNT_TOO_SMALL'>;

/** Reads a client's amount: nothing is rounded, what the currency cannot express is refused. */
export function amountFrom(input: { readonly amount: string; readonly currency: string }): Money | AmountRefused {
  if (!isCurrency(input.currency)) return refused('AMOUNT_INVALID', 'That is not a currency.');
  const parsed = parseAmount(input.amount, input.currency);
  return parsed.kind === 'amount' ? parsed.money : refusalOf(parsed.fault, input.currency);
}

/** What is above the range of amounts once a fee is added to it. */
export const amountTooLarge = refused('AMOUNT_INVALID', 'The amount is too large.');

function refusalOf(fault: AmountFault, currency: Currency): AmountRefused {
  switch (fault) {
    case 'ZERO':
      return refused('AMOUNT_TOO_SMALL', 'The amount must be more than zero.');
    case 'TOO_LARGE':
      return amountTooLarge;
    case 'TOO_MANY_FRACTION_DIGITS':
      return refused('AMOUNT_INVALID', `${currency} has no amounts that small.`);
    case 'NOT_A_DECIMAL':
    case 'SIGNED':
    case 'EXPONENT':
      return refused('AMOUNT_INVALID', 'An amount is written in digits with at most one point, such as 12.30.');
  }
}
