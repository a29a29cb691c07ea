import { afterSpread, currencies, exponentOf, formatRate, nameOf } from '@paygraph/money';
import { pageFrom, toConnection } from '@paygraph/subgraph';
import type { Context } from '../context.ts';
import type { ExchangeRate, HistoricalRate, QueryResolvers } from '../generated/graphql.ts';
import { type PairRate, pairRate, type SpotRate } from './pair-rate.ts';
import type { SpreadTable } from './spread.ts';
import type { HistoricalRate as StoredRate } from './store.ts';

const codes = currencies.map(({ code }) => code);

export const rateQueries = {
  currencies: async (_root, _args, context) => {
    const spots = await spotsOfAll(context);
    return spots.map(({ currency }) => ({
      code: currency,
      name: nameOf(currency),
      exponent: exponentOf(currency),
    }));
  },

  exchangeRate: async (_root, args, { spots, spreads }) => {
    const [base, quote] = await Promise.all([spots.load(args.base), spots.load(args.quote)]);
    return base && quote ? present(pairRate(base, quote), spreads) : null;
  },

  exchangeRates: async (_root, args, context) => {
    const [base, quotes] = await Promise.all([context.spots.load(args.base), spotsOfAll(context)]);
    if (!base) return [];
    return quotes
      .filter(({ currency }) => currency !== base.currency)
      .map((quote) => present(pairRate(base, quote), context.spreads));
  },

  exchangeRateHistory: async (_root, { base, quote, from, until, ...pageArguments }, { rates }) => {
    const page = pageFrom(pageArguments, ['time', 'text']);
    const rows = await rates.history({ base, quote, from: from ?? undefined, until: until ?? undefined }, page);
    const { edges, pageInfo } = toConnection(rows, page, ({ at, source }) => [at.toISOString(), source]);
    const shown = edges.map(({ node, cursor }) => ({ node: presentPast(node), cursor }));
    return { edges: shown, nodes: shown.map(({ node }) => node), pageInfo };
  },
} satisfies QueryResolvers<Context>;

/** Those that have a rate, in the order of their codes. */
async function spotsOfAll({ spots }: Context): Promise<SpotRate[]> {
  const found = await Promise.all(codes.map((code) => spots.load(code)));
  return found.filter((spot) => spot !== null);
}

function present(rate: PairRate, spreads: SpreadTable): ExchangeRate {
  const { base, quote, mid, observedAt, source, stale } = rate;
  const spreadBasisPoints = base === quote ? 0 : spreads(base, quote);
  return {
    base,
    quote,
    mid: formatRate(mid),
    customer: formatRate(afterSpread(mid, spreadBasisPoints), 'down'),
    spreadBasisPoints,
    observedAt,
    source,
    stale,
  };
}

function presentPast({ at, mid, source }: StoredRate): HistoricalRate {
  return { at, mid: formatRate(mid), source };
}
