import { anonymous, type Principal } from '@paygraph/auth';
import { type DocumentNode, type GraphQLError, getVariableValues, type OperationDefinitionNode } from 'graphql';
import type { Caching } from '../caching/caching.ts';
import { Rejection, withCode } from '../errors.ts';
import type { Executable } from '../execution/executable.ts';
import type { Graph, Variables } from '../graph/graph.ts';
import { budgetOf, checkBudget } from '../protection/budgets.ts';
import { tooComplex } from '../protection/limits.ts';
import type { Protection } from '../protection/protection.ts';
import type { Charged, Usage } from '../protection/rate-limits.ts';
import type { RequestScope } from '../scope.ts';
import type { SubscriptionPlan } from '../subscriptions/plan.ts';
import { MAX_ERRORS } from './documents.ts';
import type { KnownOperations } from './known-operations.ts';
import type { OperationObserver } from './observer.ts';

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
  /** Whether clients are known to send its text. */
  readonly isRegistered: boolean;
  /** The operation with the fragments it uses, and nothing else. */
  readonly document: DocumentNode;
  readonly executable: Executable;
  /** How its answer may be kept for everybody; it may not if left out. */
  readonly caching?: Caching | undefined;
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
  readonly known: KnownOperations;
  /** Hides the schema from anonymous callers: no introspection, no suggestions in validation errors. */
  readonly production: boolean;
  readonly protection: Protection;
  readonly observe?: Pick<OperationObserver, 'planned' | 'rejected'> | undefined;
}

/**
 * What every operation goes through before it runs, over whatever transport it comes: found by its hash, parsed, measured,
 * validated, its variables coerced, its conditions decided, what its caller may not see removed, the cost of what is left
 * estimated and charged, planned, compiled. All of it but the variables and the charge is done once per operation, values of
 * its conditions and outcome of its requirements, and remembered. A text that is not remembered is charged for before it is
 * parsed. An operation that is refused is charged as the cheapest.
 */
export function createPrepare({ graph, known: operations, production, protection, observe }: PrepareOptions): Prepare {
  const { limits, budgets, persisted, rateLimiter } = protection;
  const rejected = (errors: readonly GraphQLError[], usage: Usage | undefined): Prepared => {
    observe?.rejected(errors);
    return { kind: 'rejected', errors, usage };
  };
  const sourceOf = (request: OperationRequest): string => {
    if (request.source && request.source.length > limits.characters) throw tooComplex('characters', limits);
    return persisted.sourceOf(request);
  };
  const judge = (request: OperationRequest, source: string, principal: Principal) => {
    const isAnonymous = principal.kind === 'anonymous';
    const operationName = request.operationName ?? null;
    const known = operations.operation(source, operationName, isAnonymous);
    if (request.extensions) persisted.remember(request);
    const variables = request.variables ?? {};
    const coerced = coercedVariables(graph, known.operation, variables, production && isAnonymous);
    const deferring = Boolean(request.deferring) && known.hasDefer;
    const variant = operations.variant(known, { source, operationName, principal, variables: coerced, deferring });
    variant.uses += 1;
    const cost = variant.estimate.of(coerced);
    checkBudget(cost, budgetOf(budgets, principal));
    return { known, variables, coerced, variant, cost };
  };
  const prepare = async (
    request: OperationRequest,
    caller: RequestScope,
    source: string,
    paid: Charged | undefined,
  ): Promise<Prepared> => {
    // Of whom nothing is known is anonymous, whatever the types promise.
    const { known, variables, coerced, variant, cost } = judge(request, source, caller.principal ?? anonymous);
    const before = paid ? priceOf(source) : 0;
    const charging = paid && cost <= before ? paid : rateLimiter?.charge(caller, cost, before);
    const charged = charging instanceof Promise ? await charging : charging;
    const usage = charged?.usage;
    if (charged?.refusal) return rejected(charged.refusal.errors, usage);
    const { document, operation, isRegistered } = known;
    const judged = { document, variables, cost, usage };
    if (!variant.isPlanned) observe?.planned();
    const planned = variant.plan();
    if (planned.kind === 'subscription')
      return { kind: 'subscription', ...planned.plan, ...judged, begin: planned.plan.cursor?.initial(coerced) };
    const type = operation.operation === 'mutation' ? 'mutation' : 'query';
    const { executable, caching } = planned;
    return { kind: 'operation', type, isRegistered, ...judged, executable, caching };
  };

  return async (request, caller) => {
    let paid: Charged | undefined;
    try {
      const source = sourceOf(request);
      if (!operations.has(source)) paid = await rateLimiter?.charge(caller, priceOf(source));
      if (paid?.refusal) return rejected(paid.refusal.errors, paid.usage);
      return await prepare(request, caller, source, paid);
    } catch (error) {
      if (!(error instanceof Rejection)) throw error;
      const charged = paid ?? (await rateLimiter?.charge(caller, 0));
      return rejected(charged?.refusal?.errors ?? error.errors, charged?.usage);
    }
  };
}

/** What it costs at least to parse and validate a text: 1 for each 1,000 characters that it has begun. */
function priceOf(source: string): number {
  return Math.ceil(source.length / 1_000);
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
