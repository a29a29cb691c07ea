import type { Variables } from '../graph/graph.ts';

/** A number that may depend on variables. */
export interface Estimate {
  /** There when it depends on none. */
  readonly always?: number;
  of(variables: Variables): number;
}

export function constant(always: number): Estimate {
  return { always, of: () => always };
}

export function total(terms: readonly Estimate[]): Estimate {
  let always = 0;
  const rest: Estimate[] = [];
  for (const term of terms)
    if (term.always === undefined) rest.push(term);
    else always += term.always;
  if (rest.length === 0) return constant(always);
  return { of: (variables) => rest.reduce((sum, term) => sum + term.of(variables), always) };
}

export function product(a: Estimate, b: Estimate): Estimate {
  if (a.always !== undefined && b.always !== undefined) return constant(a.always * b.always);
  return { of: (variables) => a.of(variables) * b.of(variables) };
}
