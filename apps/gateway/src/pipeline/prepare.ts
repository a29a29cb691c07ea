import { anonymous, meets, type Policies, type Principal, type Requirement } from '@paygraph/auth';
import { createLru } from '@paygraph/service';
import {
  type DocumentNode,
  GraphQLError,
  type GraphQLFormattedError,
  getOperationAST,
  getVariableValues,
  type OperationDefinitionNode,
  separateOperations,
} from 'graphql';
import type { Authorized } from '../authorization/authorize.ts';
import { codedError, Rejection, withCode } from '../errors.ts';
import { conditionVariables, decided } from '../execution/conditions.ts';
import { hasDefer } from '../execution/defer.ts';
import type { Executable } from '../execution/executable.ts';
import type { Compiler } from '../execution/operation.ts';
import type { Graph, Variables } from '../graph/graph.ts';
import { budgetOf, checkBudget } from '../protection/budgets.ts';
import { createEstimator } from '../protection/cost.ts';
import type { Protection } from '../protection/protection.ts';
import type { Usage } from '../protection/rate-limits.ts';
import type { Estimate } from '../protection/terms.ts';
import type { RequestScope } from '../scope.ts';
import { planSubscription, type SubscriptionPlan } from '../subscriptions/plan.ts';
import { createDocuments, type KnownDocument, MAX_ERRORS } from './documents.ts';

/** An operation as a client sends it, over whatever transport. */
export interface OperationRequest {
  /** Its text; left out when a hash stands for it. */
  readonly source?: string | undefined;
  readonly operationName?: string | null | undefined;
  readonly variables?: Variables | null | undefined;
  /** What else it says: the hash that stands for the operation's text, if it gives one. */
  readonly extensions?: unknown;
  /** Whether the answer may come in parts: what is in fragments with `@defer`, later. */
  readonly deferring?: boolean | undefined;
}

/** What has been found out about an operation that may run. */
interface Judged {
  /** At most, by the weights of the schema. */
  readonly cost: number;
  /** What is left of the caller's rate limit. */
  readonly usage: Usage | undefined;
}

/** A query or mutation that may run. */
export interface PreparedOperation extends Judged {
  readonly kind: 'operation';
  readonly type: 'query' | 'mutation';
  /** The operation with the fragments it uses, and nothing else. */
  readonly document: DocumentNode;
  readonly executable: Executable;
  /** As the client gave them. */
  readonly variables: Variables;
}

/** A subscription that may run. */
export interface PreparedSubscription extends SubscriptionPlan, Judged {
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
  | { readonly kind: 'rejected'; readonly errors: readonly GraphQLError[]; readonly usage?: Usage | undefined };

/** What every operation goes through before it runs. */
export type Prepare = (request: OperationRequest, caller: RequestScope) => Promise<Prepared>;

export interface PrepareOptions {
  readonly graph: Graph;
  readonly compiler: Compiler;
  /** Hides the schema from anonymous callers: no introspection, no suggestions in validation errors. */
  readonly production: boolean;
  /** What the names in `@policy` stand for. */
  readonly policies: Policies;
  readonly protection: Protection;
}

/** Characters of the operations that are remembered, some 150 MB of memory when none is simple. */
const REMEMBERED = 1_000_000;
/** Callers of one operation who may see different parts of it, and whose plans are remembered with it. */
const MAX_OUTCOMES = 16;

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
interface Variant {
  readonly estimate: Estimate;
  /** Plans and compiles when it is first called. @throws Rejection */
  plan(): Planned;
}

type Planned =
  | { readonly kind: 'operation'; readonly executable: Executable }
  | { readonly kind: 'subscription'; readonly plan: SubscriptionPlan };

/**
 * What every operation goes through before it runs, over whatever transport it comes: found by its hash, parsed, measured,
 * validated, its variables coerced, its conditions decided, what its caller may not see removed, the cost of what is left
 * estimated and charged, planned, compiled. All of it but the variables and the charge is done once per operation, values of
 * its conditions and outcome of its requirements, and remembered. An operation that is refused is charged as the cheapest.
 */
export function createPrepare(options: PrepareOptions): Prepare {
  const { graph, compiler, production, policies, protection } = options;
  const { limits, budgets, sourceOf, rateLimiter } = protection;
  const documentOf = createDocuments<KnownOperation>({ graph, limits, production, remembered: REMEMBERED });
  const variants = createLru<Variant>(REMEMBERED);
  const estimator = createEstimator({ schema: graph.schema, weights: graph.weights, limits });

  const operationOf = (
    { document, operations }: KnownDocument<KnownOperation>,
    name: string | null,
  ): KnownOperation => {
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
    const planned = (): Planned => {
      if (known.operation.operation === 'subscription') {
        if (isEmpty) throw new Rejection(refusals.map(asError));
        return { kind: 'subscription', plan: planSubscription(graph, compiler, document, refusals) };
      }
      const inParts = deferring ? authorized(decided(known.document, variables, true), known, outcome) : undefined;
      const executable = inParts && compiler.compileDeferring(inParts.document, refusals);
      return { kind: 'operation', executable: executable ?? compiler.compile(document, refusals) };
    };
    let plan: Planned | undefined;
    return {
      estimate: estimator(document),
      plan() {
        plan ??= planned();
        return plan;
      },
    };
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

  const judge = (request: OperationRequest, principal: Principal) => {
    const source = sourceOf(request);
    const isAnonymous = principal.kind === 'anonymous';
    const known = operationOf(documentOf(source, isAnonymous), request.operationName ?? null);
    const variables = request.variables ?? {};
    const coerced = coercedVariables(graph, known.operation, variables, production && isAnonymous);
    const variant = variantOf(known, source, {
      variables: coerced,
      deferring: Boolean(request.deferring) && known.hasDefer,
      outcome: outcomeOf(known.requirements, principal, policies),
    });
    const cost = variant.estimate.of(coerced);
    checkBudget(cost, budgetOf(budgets, principal));
    return { known, variables, coerced, variant, cost };
  };
  const prepare: Prepare = async (request, caller) => {
    // Of whom nothing is known is anonymous, whatever the types promise.
    const { known, variables, coerced, variant, cost } = judge(request, caller.principal ?? anonymous);
    const charged = rateLimiter && (await rateLimiter.charge(caller, cost));
    const usage = charged?.usage;
    if (charged?.refusal) return { kind: 'rejected', errors: charged.refusal.errors, usage };
    const { document, operation } = known;
    const judged = { document, variables, cost, usage };
    const planned = variant.plan();
    if (planned.kind === 'subscription')
      return { kind: 'subscription', ...planned.plan, ...judged, begin: planned.plan.cursor?.initial(coerced) };
    const type = operation.operation === 'mutation' ? 'mutation' : 'query';
    return { kind: 'operation', type, ...judged, executable: planned.executable };
  };
  const refused = async (errors: readonly GraphQLError[], caller: RequestScope): Promise<Prepared> => {
    const charged = rateLimiter && (await rateLimiter.charge(caller, 0));
    return { kind: 'rejected', errors: charged?.refusal?.errors ?? errors, usage: charged?.usage };
  };

  return async (request, caller) => {
    try {
      return await prepare(request, caller);
    } catch (error) {
      if (error instanceof Rejection) return refused(error.errors, caller);
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

function coercedVariables(
  { schema }: Graph,
  operation: OperationDefinitionNode,
  variables: Variables,
  hideSuggestions: boolean,
): Variables {
  const definitions = operation.variableDefinitions ?? [];
  const { errors, coerced } = getVariableValues(schema, definitions, variables, {
    maxErrors: MAX_ERRORS,
    hideSuggestions,
  });
  if (errors) throw new Rejection(errors.map((error) => withCode(error, 'BAD_USER_INPUT')));
  return coerced;
}
