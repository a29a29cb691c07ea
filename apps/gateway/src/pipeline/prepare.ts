import {
  type DocumentNode,
  GraphQLError,
  getOperationAST,
  getVariableValues,
  NoSchemaIntrospectionCustomRule,
  type OperationDefinitionNode,
  parse,
  SingleFieldSubscriptionsRule,
  separateOperations,
  specifiedRules,
  validate,
} from 'graphql';
import { codedError, Rejection, withCode } from '../errors.ts';
import { conditionVariables, decided } from '../execution/conditions.ts';
import { hasDefer } from '../execution/defer.ts';
import type { Executable } from '../execution/executable.ts';
import type { Compiler } from '../execution/operation.ts';
import type { Graph, Variables } from '../graph/graph.ts';
import { createLru } from '../lru.ts';
import { planSubscription, type SubscriptionPlan } from '../subscriptions/plan.ts';
import { DeferLabelsRule } from './defer-labels.ts';

/** An operation as a client sends it, over whatever transport. */
export interface OperationRequest {
  readonly source: string;
  readonly operationName?: string | null | undefined;
  readonly variables?: Variables | null | undefined;
  /** Whether the answer may come in parts: what is in fragments with `@defer`, later. */
  readonly deferring?: boolean | undefined;
}

/** A query or mutation that may run. */
export interface PreparedOperation {
  readonly kind: 'operation';
  readonly type: 'query' | 'mutation';
  /** The operation with the fragments it uses, and nothing else. */
  readonly document: DocumentNode;
  readonly executable: Executable;
  /** As the client gave them. */
  readonly variables: Variables;
}

/** A subscription that may run. */
export interface PreparedSubscription extends SubscriptionPlan {
  readonly kind: 'subscription';
  readonly document: DocumentNode;
  /** As the client gave them. */
  readonly variables: Variables;
  /** The cursor that the client begins after, when the subscription is resumable and the client or a default says. */
  readonly begin: unknown;
}

/** An operation that may run, or the reasons why not. */
export type Prepared =
  | PreparedOperation
  | PreparedSubscription
  | { readonly kind: 'rejected'; readonly errors: readonly GraphQLError[] };

export interface PrepareOptions {
  readonly graph: Graph;
  readonly compiler: Compiler;
  /** Hides the schema: no introspection, no suggestions in validation errors. */
  readonly production: boolean;
}

/** Longest operation in lexical tokens. */
export const MAX_TOKENS = 10_000;
/** Characters of the operations that are remembered, some 150 MB of memory when none is simple. */
const REMEMBERED = 1_000_000;
const MAX_ERRORS = 50;

/** A valid document, and those of its operations that have been asked for, by the name they were asked for with. */
interface KnownDocument {
  readonly document: DocumentNode;
  readonly operations: Map<string | null, KnownOperation>;
}

interface KnownOperation {
  readonly operation: OperationDefinitionNode;
  /** The operation with the fragments it uses, and nothing else. */
  readonly document: DocumentNode;
  readonly hasDefer: boolean;
  /** Variables that decide what it selects. Without any, there is one variant of the operation. */
  readonly conditions: readonly string[];
  only?: Variant;
}

/** An operation whose conditions are decided, with everything made of it that does not depend on other variables. */
type Variant =
  | { readonly kind: 'operation'; readonly executable: Executable }
  | { readonly kind: 'subscription'; readonly plan: SubscriptionPlan };

/**
 * What every operation goes through before it runs, over whatever transport it comes: parsed, validated, its variables
 * coerced, its conditions decided, planned, compiled. All of it but the variables is done once per operation and values of its
 * conditions, and remembered.
 */
export function createPrepare({
  graph,
  compiler,
  production,
}: PrepareOptions): (request: OperationRequest) => Prepared {
  const documents = createLru<KnownDocument>(REMEMBERED);
  const variants = createLru<Variant>(REMEMBERED);
  // A subscription's root is judged by `planSubscription`: the rule of graphql-js throws on `@include(if: $variable)`.
  const rules = [...specifiedRules.filter((rule) => rule !== SingleFieldSubscriptionsRule), DeferLabelsRule];
  if (production) rules.push(NoSchemaIntrospectionCustomRule);

  const documentOf = (source: string): KnownDocument => {
    const known = documents.get(source);
    if (known) return known;
    const document = parsed(source);
    const errors = validate(graph.schema, document, rules, { maxErrors: MAX_ERRORS, hideSuggestions: production });
    if (errors.length > 0) throw new Rejection(errors.map((error) => withCode(error, 'GRAPHQL_VALIDATION_FAILED')));
    const learnt = { document, operations: new Map() };
    documents.set(source, learnt);
    return learnt;
  };
  const variantFor = ({ document, operation }: KnownOperation, variables: Variables, deferring: boolean): Variant => {
    const one = decided(document, variables, false);
    if (operation.operation === 'subscription')
      return { kind: 'subscription', plan: planSubscription(graph, compiler, one) };
    const inParts = deferring ? compiler.compileDeferring(decided(document, variables, true)) : undefined;
    return { kind: 'operation', executable: inParts ?? compiler.compile(one) };
  };
  const variantOf = (known: KnownOperation, source: string, variables: Variables, wanted: boolean): Variant => {
    const deferring = wanted && known.hasDefer;
    if (known.conditions.length === 0 && !deferring) {
      known.only ??= variantFor(known, variables, false);
      return known.only;
    }
    const values = known.conditions.map((name) => (variables[name] === true ? '1' : '0')).join('');
    const key = `${values} ${deferring} ${known.operation.name?.value ?? ''} ${source}`;
    const variant = variants.get(key) ?? variantFor(known, variables, deferring);
    variants.set(key, variant);
    return variant;
  };

  const prepare = ({ source, operationName, variables: given, deferring = false }: OperationRequest): Prepared => {
    const known = operationOf(documentOf(source), operationName ?? null);
    const { document } = known;
    const variables = given ?? {};
    const coerced = coercedVariables(graph, known.operation, variables);
    const variant = variantOf(known, source, coerced, deferring);
    if (variant.kind === 'subscription') {
      const { plan } = variant;
      return { kind: 'subscription', document, ...plan, variables, begin: plan.cursor?.initial(coerced) };
    }
    const type = known.operation.operation === 'mutation' ? 'mutation' : 'query';
    return { kind: 'operation', type, document, executable: variant.executable, variables };
  };

  return (request) => {
    try {
      return prepare(request);
    } catch (error) {
      if (error instanceof Rejection) return { kind: 'rejected', errors: error.errors };
      throw error;
    }
  };
}

function operationOf({ document, operations }: KnownDocument, name: string | null): KnownOperation {
  const known = operations.get(name);
  if (known) return known;
  const operation = getOperationAST(document, name);
  const separate = operation && separateOperations(document)[operation.name?.value ?? ''];
  if (!separate) throw new Rejection([unresolved(name)]);
  const learnt = {
    operation,
    document: separate,
    conditions: conditionVariables(separate),
    hasDefer: hasDefer(separate),
  };
  operations.set(name, learnt);
  return learnt;
}

function unresolved(name: string | null): GraphQLError {
  const message =
    name === null ? 'operationName must name one operation of the document.' : `Unknown operation named "${name}".`;
  return codedError('OPERATION_RESOLUTION_FAILURE', message);
}

function parsed(source: string): DocumentNode {
  try {
    return parse(source, { maxTokens: MAX_TOKENS });
  } catch (error) {
    if (error instanceof GraphQLError) throw new Rejection([withCode(error, 'GRAPHQL_PARSE_FAILED')]);
    throw error;
  }
}

function coercedVariables({ schema }: Graph, operation: OperationDefinitionNode, variables: Variables): Variables {
  const definitions = operation.variableDefinitions ?? [];
  const { errors, coerced } = getVariableValues(schema, definitions, variables, { maxErrors: MAX_ERRORS });
  if (errors) throw new Rejection(errors.map((error) => withCode(error, 'BAD_USER_INPUT')));
  return coerced;
}
