import type { DeferredNode, FetchNode, PlanNode } from '@apollo/query-planner';
import { NODES } from '@paygraph/supergraph';
import type { GraphQLFormattedError } from 'graphql';
import { outcomeOf } from '../errors.ts';
import type { Variables } from '../graph/graph.ts';
import type { NodeType } from '../graph/nodes.ts';
import type { RequestScope } from '../scope.ts';
import type { SubgraphAnswer } from '../subgraphs/exchange.ts';
import type { Answer } from './answer.ts';
import { entityStep, flush } from './batch.ts';
import { compileEntityFetch, compileRootFetch, type FetchContext } from './fetch.ts';
import type { DeferredPart } from './incremental.ts';
import type { Data, Path } from './merge.ts';
import { compileProbes, probing } from './nodes.ts';
import { rootStep, settleRoot } from './root.ts';
import { deferring, parallel, type Run, type Step, sequence } from './run.ts';
import type { ObjectShape } from './shape.ts';
import { createShaping } from './shaping.ts';

/** An operation of which everything is known that does not depend on variables' values or on who asks. */
export interface Executable {
  /** All that the client asked for. */
  readonly shape: ObjectShape;
  /** What comes first, when something is deferred. */
  readonly initial: ObjectShape;
  readonly deferred: readonly DeferredPart[];
  readonly step: Step | undefined;
  /** What is asked about the schema, by the keys of its data. */
  readonly introspect: ((variables: Variables) => Data) | undefined;
  /** What the caller may not see of it. */
  readonly refusals: readonly GraphQLFormattedError[];
  readonly context: CompileContext;
  /** Bodies of merged requests, by the fetches that they merge. */
  readonly heads: Map<string, string>;
}

export interface CompileContext extends FetchContext {
  /** What the subgraph of `node(id:)` has stubs of. */
  readonly nodeTypes: readonly NodeType[];
  readonly isObjectType: (name: unknown) => boolean;
  /** Logs what a subgraph did against its schema and makes an error of it that is fit for clients. */
  readonly broken: (message: string, path: Path, scope: RequestScope) => GraphQLFormattedError;
}

export interface Start {
  readonly variables: Variables;
  readonly scope: RequestScope;
}

export function compileStep(node: PlanNode, context: CompileContext, path: readonly string[] = []): Step {
  switch (node.kind) {
    case 'Sequence':
      return sequence(node.nodes.map((each) => compileStep(each, context, path)));
    case 'Parallel':
      return parallel(node.nodes.map((each) => compileStep(each, context, path)));
    case 'Flatten':
      return compileStep(node.node, context, [...path, ...node.path.map(String)]);
    case 'Fetch':
      return compileFetch(node, context, path);
    case 'Defer':
      return deferring(
        node.primary.node && compileStep(node.primary.node, context, path),
        node.deferred.map((each) => compileDeferred(each, context)),
      );
    default:
      throw new Error(`The planner has planned a ${node.kind}`);
  }
}

/** Paths in what is deferred begin at the root. */
function compileDeferred({ label, node }: DeferredNode, context: CompileContext): readonly [string, Step] {
  if (label === undefined) throw new Error('The planner has lost a label');
  return [label, node ? compileStep(node, context) : (_run, done) => done()];
}

function compileFetch(node: FetchNode, context: CompileContext, path: readonly string[]): Step {
  if (node.contextRewrites?.length) throw new Error('Contexts are not supported');
  if (node.requires?.length) return entityStep(compileEntityFetch(node, path, context));
  const fetch = compileRootFetch(node, context);
  const step = rootStep(fetch, resume);
  return node.serviceName === NODES ? probing(fetch, step, compileProbes(context.nodeTypes, context)) : step;
}

/** Runs an operation to its end. */
export function execute(executable: Executable, start: Start): Promise<Answer> {
  return complete(executable, start, () => undefined);
}

/** Runs what follows an event, which is only read. */
export function executeEvent(
  executable: Executable,
  primary: Parameters<typeof settleRoot>[1],
  event: SubgraphAnswer,
  start: Start,
): Promise<Answer> {
  const own = executable.step || primary.rewrites.length > 0 ? structuredClone(event) : event;
  return complete(executable, start, (run) => settleRoot(run, primary, own));
}

function complete(executable: Executable, start: Start, prepare: (run: Run) => void): Promise<Answer> {
  return new Promise((resolve, reject) => {
    let open = 1;
    const close = (): void => {
      open -= 1;
      if (open === 0) resolve(answerOf(run, executable));
    };
    const hold = () => {
      open += 1;
      return close;
    };
    const later = (): void => reject(new Error('Something was deferred in an answer that comes at once'));
    const run = begin(executable, start, { hold, later, pause: () => undefined, fail: reject });
    resume(run, () => {
      prepare(run);
      if (executable.step) executable.step(run, close);
      else close();
    });
  });
}

export type RunHooks = Pick<Run, 'hold' | 'later' | 'pause' | 'fail'>;

export function begin({ shape, refusals, heads, context, introspect }: Executable, start: Start, hooks: RunHooks): Run {
  const { variables, scope } = start;
  const data = introspect?.(variables) ?? {};
  const faults = undefined;
  return {
    context,
    scope,
    variables,
    shape,
    heads,
    data,
    errors: [...refusals],
    faults,
    missing: undefined,
    batches: new Map(),
    ...hooks,
  };
}

/** Goes on with an operation, then asks what can be asked together. What goes wrong ends the operation. */
export function resume(run: Run, work: () => void): void {
  try {
    work();
    flush(run, (next) => resume(run, next));
    run.pause();
  } catch (error) {
    run.fail(error);
  }
}

/** The answer to the client, from what is known now. */
export function answerOf(run: Run, { shape, context }: Executable): Answer {
  const { data, errors, faults, missing, scope } = run;
  const broken = (message: string, path: Path) => context.broken(message, path, scope);
  const json = shape.write(data, createShaping({ errors, faults, missing, broken })) ?? 'null';
  if (errors.length === 0) return { json: `{"data":${json}}` };
  return { json: `{"data":${json},"errors":${JSON.stringify(errors)}}`, outcome: outcomeOf(errors) };
}
