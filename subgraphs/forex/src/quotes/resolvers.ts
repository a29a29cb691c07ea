import { isId } from '@paygraph/ids';
import { afterSpread, currencyOf, formatAmount, formatRate, type Money, midBetweenMinorUnits } from '@paygraph/money';
import { badUserInput } from '@paygraph/subgraph';
import type { Context } from '../context.ts';
import type {
  ForexQuote,
  ForexQuoteInput,
  ForexQuoteLockInput,
  ForexQuoteResult,
  MutationResolvers,
} from '../generated/graphql.ts';
import type { Lock } from './lock.ts';
import { type Pricing, priceQuote, type Quote, type QuoteResult } from './quote.ts';

const MAX_LIST = 1_000;

export const quoteMutations = {
  createForexQuotes: async (_root, { requests }, context) => {
    requireShortList('requests', requests);
    const pricings = await Promise.all(requests.map((request) => price(request, context)));
    const results = await context.quotes.create(pricings);
    return results.map(present);
  },

  lockForexQuotes: async (_root, { locks }, { quotes }) => {
    requireShortList('locks', locks);
    const results = await quotes.lock(locks.map(lockFrom));
    return results.map(present);
  },
} satisfies MutationResolvers<Context>;

async function price(request: ForexQuoteInput, { spots, spreads }: Context): Promise<Pricing> {
  const { sourceCurrency, targetCurrency, sourceAmount, targetAmount, tier } = request;
  const [from, to] = await Promise.all([spots.load(sourceCurrency), spots.load(targetCurrency)]);
  const wish = {
    from: currencyOf(sourceCurrency),
    to: currencyOf(targetCurrency),
    sourceAmount: sourceAmount ?? undefined,
    targetAmount: targetAmount ?? undefined,
    tier: tier ?? undefined,
  };
  return priceQuote(wish, { from, to, spreads });
}

function lockFrom({ quoteId, paymentId }: ForexQuoteLockInput, index: number): Lock {
  if (isId('pay', paymentId)) return { quoteId, paymentId };
  throw badUserInput('paymentId must be the id of a payment', ['locks', String(index), 'paymentId']);
}

function requireShortList(argument: string, list: readonly unknown[]): void {
  if (list.length > MAX_LIST) throw badUserInput(`${argument} can hold at most ${MAX_LIST}`, [argument]);
}

function present(result: QuoteResult): ForexQuoteResult {
  if (result.kind === 'refused') return { quote: null, code: result.code };
  return { quote: presentQuote(result.quote), code: null };
}

function presentQuote({ id, conversion, price, expiresAt, paymentId }: Quote): ForexQuote {
  const mid = midBetweenMinorUnits(price);
  return {
    id,
    source: presentMoney(conversion.debit),
    target: presentMoney(conversion.credit),
    targetAtMid: presentMoney(conversion.position),
    mid: { numerator: mid.numerator.toString(), denominator: mid.denominator.toString() },
    midRate: formatRate(price.mid),
    customerRate: formatRate(afterSpread(price.mid, price.spreadBasisPoints), 'down'),
    spreadBasisPoints: price.spreadBasisPoints,
    expiresAt,
    paymentId,
  };
}

function presentMoney(money: Money): { amount: string; currency: string } {
  return { amount: formatAmount(money), currency: money.currency };
}
