import type { Money } from '@paygraph/money';
import { z } from 'zod';
import { readAmount } from '../http/json.ts';

/** An amount with its currency, as every message writes it. */
export const statedAmount = z.object({ '#text': z.string(), '@Ccy': z.string() });

/** A charge of a notification (with a total where there is tax) or of a status report. */
export const statedCharge = z.object({ Amt: statedAmount.optional(), TtlChrgsAndTaxAmt: statedAmount.optional() });

/** All charges of a transaction, when there are any and they are in one currency; null otherwise. */
export function chargeOf(stated: readonly z.output<typeof statedCharge>[]): Money | null {
  const charges = stated.flatMap(({ TtlChrgsAndTaxAmt, Amt }) => {
    const given = TtlChrgsAndTaxAmt ?? Amt;
    const money = given && readAmount(given['#text'], given['@Ccy'], 'allow');
    return money ? [money] : [];
  });
  const [first, ...others] = charges;
  if (!first || others.some(({ currency }) => currency !== first.currency)) return null;
  return { amount: charges.reduce((sum, { amount }) => sum + amount, 0n), currency: first.currency };
}
