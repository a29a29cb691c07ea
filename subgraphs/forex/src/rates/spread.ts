import { type Currency, isCurrency } from '@paygraph/money';

/** The spread in basis points for converting one currency into another, for a customer of a pricing tier or of none. */
export type SpreadTable = (from: Currency, to: Currency, tier?: string) => number;

export type ParsedSpreads =
  | { readonly kind: 'spreads'; readonly spreads: SpreadTable }
  | { readonly kind: 'fault'; readonly message: string };

const DEFAULT_SPREAD_BASIS_POINTS = 50;

const RULE = /^(\*|([A-Z]{3})\/([A-Z]{3}))(@[A-Z0-9_]{1,32})?=(\d{1,4})$/;

/**
 * Reads spreads in basis points from rules such as `*=50,USD/EUR=20,USD/EUR@GOLD=10,*@GOLD=35`. A pair is a direction,
 * from/to; `*` is every pair; what follows `@` is a pricing tier. The narrowest rule applies: pair and tier, pair, tier,
 * all. Without `*` all is {@link DEFAULT_SPREAD_BASIS_POINTS}.
 */
export function parseSpreads(text: string): ParsedSpreads {
  const rules = new Map<string, number>([['*', DEFAULT_SPREAD_BASIS_POINTS]]);
  const written = new Set<string>();
  for (const rule of text.split(',').map((part) => part.trim())) {
    if (rule === '') continue;
    const [, scope = '', from, to, tier = '', basisPoints] = RULE.exec(rule) ?? [];
    const sound = scope === '*' || (from !== undefined && to !== undefined && isCurrency(from) && isCurrency(to));
    if (!sound) return fault(`"${rule}" is not of the form USD/EUR=20, USD/EUR@GOLD=10, *@GOLD=35 or *=50`);
    if (written.has(scope + tier)) return fault(`"${scope}${tier}" is given twice`);
    written.add(scope + tier);
    rules.set(scope + tier, Number(basisPoints));
  }
  return { kind: 'spreads', spreads: tableOf(rules) };
}

function tableOf(rules: ReadonlyMap<string, number>): SpreadTable {
  return (from, to, tier) => {
    const pair = `${from}/${to}`;
    const narrowestFirst = tier === undefined ? [pair, '*'] : [`${pair}@${tier}`, pair, `*@${tier}`, '*'];
    for (const scope of narrowestFirst) {
      const spread = rules.get(scope);
      if (spread !== undefined) return spread;
    }
    return DEFAULT_SPREAD_BASIS_POINTS;
  };
}

function fault(message: string): ParsedSpreads {
  return { kind: 'fault', message };
}
