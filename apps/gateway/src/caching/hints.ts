import type { Schema } from '@apollo/federation-internals';

/** What `@cacheControl` says of a field, or of all that have a type. */
export interface CacheHint {
  /** Seconds for which it may be kept; not said if left out. */
  readonly maxAge: number | undefined;
  /** Whether it is somebody's, and nobody else's. */
  readonly isPrivate: boolean;
  /** Whether it may be kept as long as what it is in. */
  readonly inherits: boolean;
}

/** Hints by the schema coordinates of fields and types. */
export type CacheHints = ReadonlyMap<string, CacheHint>;

const SPECIFICATION = 'https://paygraph.dev/cacheControl';

/**
 * Reads `@cacheControl` of a supergraph, under whatever name it was imported. Where subgraphs say different things of one place,
 * the strictest holds.
 */
export function cacheHintsOf(supergraph: Schema): CacheHints {
  const name = supergraph.coreFeatures?.getByIdentity(SPECIFICATION)?.directiveNameInSchema('cacheControl');
  const hints = new Map<string, CacheHint>();
  for (const application of (name !== undefined && supergraph.directive(name)?.applications()) || []) {
    const { coordinate } = application.parent as { readonly coordinate?: unknown };
    const { maxAge, scope, inheritMaxAge } = application.arguments();
    const hint: CacheHint = {
      maxAge: typeof maxAge === 'number' ? Math.max(0, maxAge) : undefined,
      isPrivate: scope === 'PRIVATE',
      inherits: inheritMaxAge === true,
    };
    const known = hints.get(String(coordinate));
    hints.set(String(coordinate), known ? strictest(known, hint) : hint);
  }
  return hints;
}

function strictest(one: CacheHint, other: CacheHint): CacheHint {
  const ages = [one.maxAge, other.maxAge].filter((age) => age !== undefined);
  return {
    maxAge: ages.length > 0 ? Math.min(...ages) : undefined,
    isPrivate: one.isPrivate || other.isPrivate,
    inherits: one.inherits && other.inherits,
  };
}
