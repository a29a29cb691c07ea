import type { DocumentNode, GraphQLError, GraphQLSchema } from 'graphql';
import { codedError, presentError } from './errors.ts';
import type { Answer } from './execution/answer.ts';
import type { Generations } from './generations.ts';
import type { GatewayMetrics, Transport } from './metrics/metrics.ts';
import type { OperationRequest } from './pipeline/prepare.ts';
import type { Usage } from './protection/rate-limits.ts';
import type { RequestScope } from './scope.ts';
import type { Exceeded, Quota } from './subscriptions/quota.ts';
import type { Subscription } from './subscriptions/subscribe.ts';

/** An operation that has been let in, and that must be run or, if it is a subscription, returned from. */
export type Begun =
  | { readonly kind: 'rejected'; readonly errors: readonly GraphQLError[]; readonly usage?: Usage | undefined }
  | (Valid & { readonly kind: 'operation'; run(): Promise<Answer> })
  | (Valid & { readonly kind: 'subscription'; readonly answers: Subscription });

interface Valid {
  readonly document: DocumentNode;
  /** The schema it was validated on. */
  readonly schema: GraphQLSchema;
  /** What is left of the caller's rate limit. */
  readonly usage: Usage | undefined;
}

/** Begins an operation for a transport that can carry subscriptions. Everything they have in common is here. */
export type BeginOperation = (request: OperationRequest, scope: RequestScope, transport: Transport) => Promise<Begun>;

/**
 * An operation is prepared and run in the generation that is current when it begins, and stays in it: a subscription
 * outlives a reload of the supergraph. Subscriptions need a signed-in caller and are counted against the caps.
 */
export function createBeginOperation(
  generations: Generations,
  subscriptions: Quota,
  measure?: Pick<GatewayMetrics, 'subscribed' | 'refused'>,
): BeginOperation {
  const refuse = (code: string, message: string): Begun => {
    measure?.refused(code);
    return rejected(codedError(code, message));
  };
  const begin: BeginOperation = async (request, scope, transport) => {
    const { graph, pipeline } = generations.current();
    const prepared = await pipeline.prepare(request, scope);
    if (prepared.kind === 'rejected') return prepared;
    const valid = { document: prepared.document, schema: graph.schema, usage: prepared.usage };
    if (prepared.kind === 'operation')
      return { kind: 'operation', ...valid, run: () => pipeline.execute(prepared, scope) };
    if (scope.principal.kind === 'anonymous') return refuse('UNAUTHENTICATED', 'Subscriptions need an access token.');
    const admitted = subscriptions.admit(scope.principal);
    if (typeof admitted === 'string') return refuse(...tooMany(admitted, subscriptions));
    const ended = measure?.subscribed(transport);
    const done = () => {
      admitted();
      ended?.();
    };
    return { kind: 'subscription', ...valid, answers: pipeline.subscribe(prepared, scope, done) };
  };
  return async (request, scope, transport) => {
    try {
      return await begin(request, scope, transport);
    } catch (error) {
      return rejected(presentError(error, scope));
    }
  };
}

function rejected(error: GraphQLError): Begun {
  return { kind: 'rejected', errors: [error] };
}

function tooMany(exceeded: Exceeded, { caps }: Quota): [code: string, message: string] {
  switch (exceeded) {
    case 'total':
      return ['SERVICE_UNAVAILABLE', 'The gateway holds as many subscriptions as it can: try again later.'];
    case 'perPrincipal':
      return ['RATE_LIMITED', `At most ${caps.perPrincipal} subscriptions of one caller may be open at once.`];
  }
}
