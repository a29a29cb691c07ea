import { createLru, type LruOptions } from '@paygraph/service';
import {
  type DocumentNode,
  GraphQLError,
  NoSchemaIntrospectionCustomRule,
  parse,
  SingleFieldSubscriptionsRule,
  specifiedRules,
  type ValidationRule,
  validate,
} from 'graphql';
import { Rejection, withCode } from '../errors.ts';
import type { Graph } from '../graph/graph.ts';
import { checkSize, type Limits, tooComplex } from '../protection/limits.ts';
import { DeferLabelsRule } from './defer-labels.ts';

/** A valid document, and what is known of it beyond that. */
export interface KnownDocument<Known> {
  readonly document: DocumentNode;
  /** Its operations that have been asked for, by the name they were asked for with. */
  readonly operations: Map<string | null, Known>;
}

export interface Documents<Known> {
  /** The document of a text. @throws Rejection when it is none, too large or not valid */
  of(source: string, isAnonymous: boolean): KnownDocument<Known>;
  /** Whether a text's document is remembered. */
  has(source: string): boolean;
  /** All that are remembered. */
  known(): Iterable<KnownDocument<Known>>;
}

export interface DocumentsOptions {
  readonly graph: Graph;
  readonly limits: Limits;
  /** Hides the schema from anonymous callers: no introspection, no suggestions in validation errors. */
  readonly production: boolean;
  /** Texts that clients are known to send: they are never forgotten. */
  readonly registered: ReadonlySet<string>;
  /** Characters of all other documents that are remembered, in all and of one. */
  readonly remembered: LruOptions<unknown>;
}

export const MAX_ERRORS = 50;

/** Parses, measures and validates documents, once each as long as they are remembered. */
export function createDocuments<Known>(options: DocumentsOptions): Documents<Known> {
  const { graph, limits, production, registered } = options;
  type Learnt = KnownDocument<Known> & { readonly indiscretions: readonly GraphQLError[] };
  const lasting = new Map<string, Learnt>();
  const passing = createLru<Learnt>(options.remembered);
  // A subscription's root is judged by `planSubscription`: the rule of graphql-js throws on `@include(if: $variable)`.
  const rules = [...specifiedRules.filter((rule) => rule !== SingleFieldSubscriptionsRule), DeferLabelsRule];

  const errorsIn = (document: DocumentNode, which: readonly ValidationRule[], hideSuggestions: boolean) =>
    validate(graph.schema, document, which, { maxErrors: MAX_ERRORS, hideSuggestions }).map((error) =>
      withCode(error, 'GRAPHQL_VALIDATION_FAILED'),
    );
  const learn = (source: string, isHidden: boolean) => {
    const document = parsed(source, limits);
    const errors = errorsIn(document, rules, isHidden);
    if (errors.length > 0) throw new Rejection(errors);
    // What is wrong with it for those who may not ask about the schema.
    const indiscretions = production ? errorsIn(document, [NoSchemaIntrospectionCustomRule], true) : [];
    const learnt = { document, operations: new Map<string | null, Known>(), indiscretions };
    (registered.has(source) ? lasting : passing).set(source, learnt);
    return learnt;
  };
  return {
    of(source, isAnonymous) {
      const isHidden = production && isAnonymous;
      const known = lasting.get(source) ?? passing.get(source) ?? learn(source, isHidden);
      if (isHidden && known.indiscretions.length > 0) throw new Rejection(known.indiscretions);
      return known;
    },
    has: (source) => lasting.has(source) || passing.has(source),
    *known() {
      yield* lasting.values();
      yield* passing.values();
    },
  };
}

/** Of what is nested very deep the parser's own stack overflows. */
function parsed(source: string, limits: Limits): DocumentNode {
  try {
    const document = parse(source, { maxTokens: limits.tokens });
    checkSize(document, limits);
    return document;
  } catch (error) {
    if (error instanceof RangeError) throw tooComplex('depth', limits);
    if (!(error instanceof GraphQLError)) throw error;
    if (TOO_LONG.test(error.message)) throw tooComplex('tokens', limits);
    throw new Rejection([withCode(error, 'GRAPHQL_PARSE_FAILED')]);
  }
}

/** The parser's only way to tell this from its other errors. */
const TOO_LONG = /^Syntax Error: Document contains more tha[nt] \d+ tokens\./;
