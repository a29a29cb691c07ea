import { anonymous, meets, type Policies, type Principal, type Requirement } from '@paygraph/auth';
import {
  type DocumentNode,
  GraphQLError,
  type GraphQLFormattedError,
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
import type { Authorized } from '../authorization/authorize.ts';
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
  /** What the names in `@policy` stand for. */
  readonly policies: Policies;
}

/** Longest operation in lexical tokens. */
export const MAX_TOKENS = 10_000;
/** Characters of the operations that are remembered, some 150 MB of memory when none is simple. */
const REMEMBERED = 1_000_000;
const MAX_ERRORS = 50;
/** Callers of one operation who may see different parts of it, and whose plans are remembered with it. */
const MAX_OUTCOMES = 16;

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
  /** What the graph asks of whoever is to see all of it. */
  readonly requirements: readonly Requirement[];
  /** Its variants by outcome, when nothing but its caller decides what it selects. */
  readonly variants: Map<Outcome, Variant>;
}

/** Which of an operation's requirements a caller meets, a `1` or a `0` for each: who get the same may see the same of it. */
type Outcome = string;

/** An operation whose conditions are decided and of which is left what its caller may see, with everything made of it that does not depend on other variables. */
type Variant =
  | { readonly kind: 'operation'; readonly executable: Executable }
  | { readonly kind: 'subscription'; readonly plan: SubscriptionPlan };

/**
 * What every operation goes through before it runs, over whatever transport it comes: parsed, validated, its variables
 * coerced, its conditions decided, what its caller may not see removed, planned, compiled. All of it but the variables is done
 * once per operation, values of its conditions and outcome of its requirements, and remembered.
 */
export function createPrepare({
  graph,
  compiler,
  production,
  policies,
}: PrepareOptions): (request: OperationRequest, principal: Principal | undefined) => Prepared {
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
  const operationOf = ({ document, operations }: KnownDocument, name: string | null): KnownOperation => {
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
      requirements: graph.authorization.requirementsIn(separate),
      variants: new Map(),
    };
    operations.set(name, learnt);
    return learnt;
  };
  const authorized = (document: DocumentNode, { requirements }: KnownOperation, outcome: Outcome): Authorized => {
    const unmet = new Set(requirements.filter((_, index) => outcome[index] !== '1'));
    return unmet.size > 0 ? graph.authorization.remove(document, unmet) : { document, refusals: [], isEmpty: false };
  };
  const variantFor = (known: KnownOperation, { variables, deferring, outcome }: Wanted): Variant => {
    const { document, refusals, isEmpty } = authorized(decided(known.document, variables, false), known, outcome);
    if (known.operation.operation === 'subscription') {
      if (isEmpty) throw new Rejection(refusals.map(asError));
      return { kind: 'subscription', plan: planSubscription(graph, compiler, document, refusals) };
    }
    const inParts = deferring ? authorized(decided(known.document, variables, true), known, outcome) : undefined;
    const executable = inParts && compiler.compileDeferring(inParts.document, refusals);
    return { kind: 'operation', executable: executable ?? compiler.compile(document, refusals) };
  };
  const variantOf = (known: KnownOperation, source: string, wanted: Wanted): Variant => {
    const { variables, deferring, outcome } = wanted;
    if (known.conditions.length === 0 && !deferring) {
      const variant = known.variants.get(outcome) ?? variantFor(known, wanted);
      if (known.variants.size >= MAX_OUTCOMES && !known.variants.has(outcome)) known.variants.clear();
      known.variants.set(outcome, variant);
      return variant;
    }
    const values = known.conditions.map((name) => (variables[name] === true ? '1' : '0')).join('');
    const key = `${values} ${outcome} ${deferring} ${known.operation.name?.value ?? ''} ${source}`;
    const variant = variants.get(key) ?? variantFor(known, wanted);
    variants.set(key, variant);
    return variant;
  };

  const prepare = (request: OperationRequest, principal: Principal): Prepared => {
    const { source, operationName, variables: given, deferring = false } = request;
    const known = operationOf(documentOf(source), operationName ?? null);
    const { document, operation, requirements } = known;
    const variables = given ?? {};
    const coerced = coercedVariables(graph, operation, variables);
    const variant = variantOf(known, source, {
      variables: coerced,
      deferring: deferring && known.hasDefer,
      outcome: outcomeOf(requirements, principal, policies),
    });
    if (variant.kind === 'subscription') {
      const { plan } = variant;
      return { kind: 'subscription', document, ...plan, variables, begin: plan.cursor?.initial(coerced) };
    }
    const type = operation.operation === 'mutation' ? 'mutation' : 'query';
    return { kind: 'operation', type, document, executable: variant.executable, variables };
  };

  return (request, principal = anonymous) => {
    try {
      return prepare(request, principal);
    } catch (error) {
      if (error instanceof Rejection) return { kind: 'rejected', errors: error.errors };
      throw error;
    }
  };
}

/** What decides which variant of an operation somebody gets. */
interface Wanted {
  readonly variables: Variables;
  readonly deferring: boolean;
  readonly outcome: Outcome;
}

function outcomeOf(requirements: readonly Requirement[], principal: Principal, policies: Policies): Outcome {
  let outcome = '';
  for (const requirement of requirements) outcome += meets(principal, requirement, policies) ? '1' : '0';
  return outcome;
}

function asError({ message, path, extensions }: GraphQLFormattedError): GraphQLError {
  return new GraphQLError(message, { path, extensions });
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
