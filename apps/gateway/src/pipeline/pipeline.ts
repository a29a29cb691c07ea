import type { Policies } from '@paygraph/auth';
import { NODES } from '@paygraph/supergraph';
import type { Tracing } from '@paygraph/tracing';
import { keyOf } from '../caching/caching.ts';
import type { ResponseCache } from '../caching/response-cache.ts';
import { outcomeOf, presentError } from '../errors.ts';
import { type Answer, type AnswerInParts, answerOf } from '../execution/answer.ts';
import { execute, executeEvent } from '../execution/executable.ts';
import { executeIncrementally, type PartSink } from '../execution/incremental.ts';
import { createCompiler } from '../execution/operation.ts';
import type { Graph } from '../graph/graph.ts';
import { createMeasure, extensionsOf, isOperator, withCost } from '../protection/actual-cost.ts';
import { createProtection, type Protection } from '../protection/protection.ts';
import { forEverybody, forOperation, type RequestScope } from '../scope.ts';
import type { SubgraphAnswer } from '../subgraphs/exchange.ts';
import { createNodes } from '../subgraphs/nodes.ts';
import type { Subgraph } from '../subgraphs/subgraph.ts';
import { patient, type ReopenPolicy } from '../subscriptions/feed.ts';
import { createHub } from '../subscriptions/hub.ts';
import { type Subscription, subscribe } from '../subscriptions/subscribe.ts';
import { createKnownOperations, type KnownOperations } from './known-operations.ts';
import type { CostOf, OperationObserver } from './observer.ts';
import { createPrepare, type Prepare, type PreparedOperation, type PreparedSubscription } from './prepare.ts';
import { traceEvent, traceOperation } from './trace.ts';

/** The one way that operations go, whatever transport brings them. */
export interface Pipeline {
  /** Parses, validates, checks limits, removes what the principal may not see, charges and plans. Nothing has run yet. */
  readonly prepare: Prepare;
  /** What has been found out about operations that were prepared before, and can be found out beforehand. */
  readonly known: KnownOperations;
  /** Runs a query or mutation. Its errors are fit for clients. */
  execute(prepared: PreparedOperation, scope: RequestScope): Promise<Answer>;
  /** Runs an operation of which something is deferred, and gives its answer away in parts. */
  executeInParts(prepared: PreparedOperation, scope: RequestScope, sink: PartSink): Promise<AnswerInParts>;
  /**
   * Runs what a subscription's plan does after an event, which is what the owner of its root field sent: the answer that
   * the client gets for this event. The event is only read, so that one may be handed to any number of calls.
   */
  executeRest(prepared: PreparedSubscription, event: SubgraphAnswer, scope: RequestScope): Promise<Answer>;
  /**
   * Runs a subscription; every answer is shaped and every error fit for clients, as those of a query. `onDone` is called
   * once, when it is over for whatever reason.
   */
  subscribe(prepared: PreparedSubscription, scope: RequestScope, onDone?: () => void): Subscription;
}

export interface PipelineOptions {
  readonly graph: Graph;
  readonly subgraphs: ReadonlyMap<string, Subgraph>;
  /** Hides the schema from anonymous callers: no introspection, no suggestions in validation errors. */
  readonly production: boolean;
  /** What the names in `@policy` stand for. */
  readonly policies?: Policies;
  /** The default limits if left out. */
  readonly protection?: Protection;
  /** How a subscription that lost its subgraph is opened again. */
  readonly reopen?: ReopenPolicy;
  readonly tracing?: Tracing | undefined;
  /** Where answers are kept that are for everybody; nowhere if left out. */
  readonly responseCache?: ResponseCache | undefined;
  /** Stands for the supergraph and where its subgraphs are. */
  readonly generation?: string;
  /** Texts that clients are known to send. */
  readonly registered?: ReadonlySet<string>;
  readonly observe?: OperationObserver | undefined;
}

export function createPipeline(options: PipelineOptions): Pipeline {
  const { graph, subgraphs, production, policies = {}, protection = createProtection(), reopen = patient } = options;
  const { tracing, responseCache, generation = '', registered = new Set(), observe } = options;
  const all = new Map([...subgraphs, [NODES, createNodes(NODES, graph.nodeTypes)] as const]);
  const { limits } = protection;
  const compiler = createCompiler(graph, all);
  const known = createKnownOperations({ graph, compiler, production, policies, limits, registered, generation });
  const measure = createMeasure(graph);
  const failed = (error: unknown, scope: RequestScope): Answer =>
    answerOf({ data: null, errors: [presentError(error, scope)] });
  const executeRest: Pipeline['executeRest'] = (prepared, answer, given) =>
    traceEvent(tracing, prepared, answer, given, (scope) => {
      const { rest, event } = prepared.executable;
      const { variables } = prepared;
      const answered = executeEvent(rest, event, answer, { variables, scope }).catch((error) => failed(error, scope));
      if (!isOperator(scope.principal)) return answered;
      return answered.then((each) => withCost(each, prepared, measure));
    });
  const run = ({ executable, variables }: PreparedOperation, scope: RequestScope): Promise<Answer> =>
    execute(executable, { variables, scope }).catch((error) => failed(error, scope));
  const answered = (prepared: PreparedOperation, scope: RequestScope): Promise<Answer> => {
    const { caching, variables } = prepared;
    if (!caching || !responseCache) return run(prepared, scope);
    // Nobody's token goes along, so that no subgraph can answer with what is somebody's.
    return responseCache.answer(keyOf(caching, variables), caching.maxAge, () => run(prepared, forEverybody(scope)));
  };
  const inParts = async (prepared: PreparedOperation, scope: RequestScope, sink: PartSink): Promise<AnswerInParts> => {
    const { executable, variables } = prepared;
    const shown = isOperator(scope.principal) ? (data: unknown) => extensionsOf(prepared, data, measure) : undefined;
    try {
      return await executeIncrementally(executable, { variables, scope }, sink, shown);
    } catch (error) {
      const errors = [presentError(error, scope)];
      sink(JSON.stringify({ errors, hasNext: false }), true);
      return { data: null, outcome: outcomeOf(errors) };
    }
  };
  const costOf: CostOf = ({ document }, answer) =>
    measure(document, 'json' in answer ? JSON.parse(answer.json).data : answer.data);
  const hub = createHub({ execute: executeRest, reopen });
  return {
    prepare: createPrepare({ graph, known, production, protection, observe }),
    known,
    execute: (prepared, given) =>
      traceOperation(tracing, prepared, forOperation(given, prepared), async (scope) => {
        const begun = observe ? performance.now() : 0;
        const answer = await answered(prepared, scope);
        observe?.ran(prepared, performance.now() - begun, answer, costOf);
        return isOperator(scope.principal) ? withCost(answer, prepared, measure) : answer;
      }),
    executeInParts: (prepared, given, sink) =>
      traceOperation(tracing, prepared, forOperation(given, prepared), async (scope) => {
        const begun = observe ? performance.now() : 0;
        const answer = await inParts(prepared, scope, sink);
        observe?.ran(prepared, performance.now() - begun, answer, costOf);
        return answer;
      }),
    executeRest,
    subscribe(prepared, scope, onDone) {
      const owner = subgraphs.get(prepared.source.subgraph);
      if (!owner) throw new Error(`No subgraph is called ${prepared.source.subgraph}`);
      return subscribe({ prepared, owner, scope: forOperation(scope, prepared), hub, onDone });
    },
  };
}
