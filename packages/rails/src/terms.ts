import {
  type Currency,
  type FeeTerms,
  feeOn,
  isCurrency,
  type Money,
  parseAmount,
  parseDecimal,
} from '@paygraph/money';
import { z } from 'zod';
import type { RailDirection } from './instruction.ts';
import type { RailCapabilities } from './rail.ts';

/** What we have agreed with one rail: which amounts it carries, and what it charges us. */
export interface RailTerms {
  readonly limits: RailCapabilities['currencies'];
  /** Where nothing is said it charges nothing. */
  readonly prices: ReadonlyMap<Currency, Partial<Record<Priced, FeeTerms>>>;
}

/** What has a price of its own; `PAYOUT_ELSEWHERE` is one to another network's customer. */
export type Priced = RailDirection | 'PAYOUT_ELSEWHERE';

const price = z.strictObject({
  fixed: z.string().optional(),
  percentage: z.string().optional(),
  min: z.string().optional(),
  max: z.string().optional(),
});
const currencyTerms = z.strictObject({
  min: z.string(),
  max: z.string(),
  COLLECTION: price.optional(),
  PAYOUT: price.optional(),
  PAYOUT_ELSEWHERE: price.optional(),
});
const railTerms = z.record(z.string(), z.record(z.string(), currencyTerms));

/**
 * Reads terms as `data/terms.json` has them: rail → currency → `min`, `max` and the prices of each direction, all amounts
 * in major units.
 * @throws {TypeError} naming what cannot be read
 */
export function readTerms(text: string): ReadonlyMap<string, RailTerms> {
  const rails = railTerms.safeParse(JSON.parse(text));
  if (!rails.success) throw new TypeError(z.prettifyError(rails.error));
  return new Map(Object.entries(rails.data).map(([rail, byCurrency]) => [rail, termsOfRail(rail, byCurrency)]));
}

function termsOfRail(rail: string, byCurrency: Record<string, z.output<typeof currencyTerms>>): RailTerms {
  const limits = new Map<Currency, { min: bigint; max: bigint }>();
  const prices = new Map<Currency, Partial<Record<Priced, FeeTerms>>>();
  for (const [currency, { min, max, COLLECTION, PAYOUT, PAYOUT_ELSEWHERE }] of Object.entries(byCurrency)) {
    if (!isCurrency(currency)) throw new TypeError(`${rail}: ${currency} is no currency`);
    const where = `${rail} in ${currency}`;
    limits.set(currency, { min: minorUnits(where, min, currency), max: minorUnits(where, max, currency) });
    prices.set(currency, {
      ...(COLLECTION && { COLLECTION: priceOfTerms(where, currency, COLLECTION) }),
      ...(PAYOUT && { PAYOUT: priceOfTerms(where, currency, PAYOUT) }),
      ...(PAYOUT_ELSEWHERE && { PAYOUT_ELSEWHERE: priceOfTerms(where, currency, PAYOUT_ELSEWHERE) }),
    });
  }
  return { limits, prices };
}

function priceOfTerms(where: string, currency: Currency, given: z.output<typeof price>): FeeTerms {
  const percentage = parseDecimal(given.percentage ?? '0');
  if (!percentage || percentage.coefficient < 0n) throw new TypeError(`${where}: ${given.percentage} is no percentage`);
  return {
    fixed: minorUnits(where, given.fixed ?? '0', currency),
    percentage,
    ...(given.min !== undefined && { min: minorUnits(where, given.min, currency) }),
    ...(given.max !== undefined && { max: minorUnits(where, given.max, currency) }),
  };
}

function minorUnits(where: string, text: string, currency: Currency): bigint {
  const parsed = parseAmount(text, currency, { zero: 'allow' });
  if (parsed.kind === 'fault') throw new TypeError(`${where}: ${text} is no amount (${parsed.fault})`);
  return parsed.money.amount;
}

/** What the rail charges by its prices, in the currency of the amount. */
export function priceOf({ prices }: RailTerms, what: Priced, { amount, currency }: Money): Money {
  const found = prices.get(currency)?.[what];
  return { amount: found ? feeOn(amount, found) : 0n, currency };
}
