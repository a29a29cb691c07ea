import type { Schema } from '@apollo/federation-internals';
import type { GraphQLNamedType } from 'graphql';
import { isCompositeType } from 'graphql';

/** What `@listSize` says of a field. */
export interface ListSize {
  readonly assumedSize: number | undefined;
  /** Arguments that say how long the list is at most. */
  readonly slicingArguments: readonly string[];
  /** Fields of what it returns that are the list; itself without any. */
  readonly sizedFields: readonly string[];
}

/**
 * What an operation's parts cost, by their schema coordinates.
 *
 * Source: IBM's GraphQL cost specification, https://ibm.github.io/graphql-specs/cost-spec.html, with the defaults of Apollo
 * Router: 1 for an object, 0 for a leaf.
 */
export interface Weights {
  /** Of one value of a field. */
  field(coordinate: string, type: GraphQLNamedType): number;
  /** Of giving an argument or an input field; 0 unless told. */
  input(coordinate: string): number;
  listSize(coordinate: string): ListSize | undefined;
}

const SPECIFICATION = 'https://specs.apollo.dev/cost';

/** Reads `@cost` and `@listSize` of a supergraph, under whatever names they were imported. */
export function weightsOf(supergraph: Schema): Weights {
  const feature = supergraph.coreFeatures?.getByIdentity(SPECIFICATION);
  const applicationsOf = (name: string) => {
    const directive = feature && supergraph.directive(feature.directiveNameInSchema(name));
    return [...(directive?.applications() ?? [])].map((each) => {
      const { coordinate } = each.parent as { readonly coordinate?: unknown };
      return [String(coordinate), each.arguments()] as const;
    });
  };
  const weights = new Map(applicationsOf('cost').map(([at, { weight }]) => [at, Number(weight)]));
  const sizes = new Map(applicationsOf('listSize').map(([at, given]) => [at, listSizeOf(given)]));
  return {
    field: (coordinate, type) => weights.get(coordinate) ?? weights.get(type.name) ?? (isCompositeType(type) ? 1 : 0),
    input: (coordinate) => weights.get(coordinate) ?? 0,
    listSize: (coordinate) => sizes.get(coordinate),
  };
}

function listSizeOf({ assumedSize, slicingArguments, sizedFields }: Readonly<Record<string, unknown>>): ListSize {
  const names = (given: unknown): string[] => (Array.isArray(given) ? given.map(String) : []);
  return {
    assumedSize: typeof assumedSize === 'number' ? assumedSize : undefined,
    slicingArguments: names(slicingArguments),
    sizedFields: names(sizedFields),
  };
}
