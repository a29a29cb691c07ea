import { createLru } from '@paygraph/service';
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
  /** All that are remembered. */
  known(): Iterable<KnownDocument<Known>>;
}

export interface DocumentsOptions {
  readonly graph: Graph;
  readonly limits: Limits;
  /** Hides the schema from anonymous callers: no introspection, no suggestions in validation errors. */
  readonly production: boolean;
  /** Characters of documents that are remembered. */
  readonly remembered: number;
}

export const MAX_ERRORS = 50;

/** Parses, measures and validates documents, once each as long as they are remembered. */
export function createDocuments<Known>(options: DocumentsOptions): Documents<Known> {
  const { graph, limits, production, remembered } = options;
  const documents = createLru<KnownDocument<Known> & { readonly indiscretions: readonly GraphQLError[] }>(remembered);
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
    documents.set(source, learnt);
    return learnt;
  };
  return {
    of(source, isAnonymous) {
      const isHidden = production && isAnonymous;
      const known = documents.get(source) ?? learn(source, isHidden);
      if (isHidden && known.indiscretions.length > 0) throw new Rejection(known.indiscretions);
      return known;
    },
    known: documents.values,
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
