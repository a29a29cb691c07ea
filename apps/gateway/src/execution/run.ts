import type { GraphQLFormattedError } from 'graphql';
import type { Variables } from '../graph/graph.ts';
import type { RequestScope } from '../scope.ts';
import type { Subgraph } from '../subgraphs/subgraph.ts';
import type { Batch } from './batch.ts';
import type { CompileContext } from './executable.ts';
import { createFaults, type Faults } from './faults.ts';
import type { Data, Path } from './merge.ts';
import { clientPaths } from './paths.ts';
import type { ObjectShape } from './shape.ts';

/** An operation under way. */
export interface Run {
  readonly scope: RequestScope;
  /** As the client gave them. */
  readonly variables: Variables;
  readonly shape: ObjectShape;
  readonly context: CompileContext;
  /** Bodies of merged requests, by the fetches that they merge. Belongs to the operation, not to the run. */
  readonly heads: Map<string, string>;
  /** What subgraphs have answered, put together. */
  readonly data: Data;
  /** Fit for clients, at the client's paths. */
  readonly errors: GraphQLFormattedError[];
  faults: Faults | undefined;
  /** Stubs that stand for nothing; with an error those of which nobody could say. */
  missing: Map<Data, GraphQLFormattedError | undefined> | undefined;
  /** What is to be asked of subgraphs once nothing more can be done without an answer. */
  readonly batches: Map<Subgraph, Batch>;
  /** Has the answer wait for something that is no step of the plan, until what is returned is called. */
  readonly hold: () => () => void;
  /** Runs what has been deferred; its label says which fragment it is of. */
  readonly later: (label: string, step: Step) => void;
  /** Called when nothing more can be done without an answer from a subgraph. */
  readonly pause: () => void;
  /** Ends the operation: something went wrong that nobody foresaw. */
  readonly fail: (error: unknown) => void;
}

/** A step of a plan. It calls `done` once, at once or later. */
export type Step = (run: Run, done: () => void) => void;

export function sequence(steps: readonly Step[]): Step {
  return (run, done) => {
    let index = 0;
    const next = (): void => {
      const step = steps[index];
      index += 1;
      if (step) step(run, next);
      else done();
    };
    next();
  };
}

export function parallel(steps: readonly Step[]): Step {
  if (steps.length === 1) return steps[0] as Step;
  return (run, done) => {
    let open = steps.length;
    const close = (): void => {
      open -= 1;
      if (open === 0) done();
    };
    for (const step of steps) step(run, close);
  };
}

/** What comes first, and then, while the plan goes on, what is deferred. */
export function deferring(
  primary: Step | undefined,
  deferred: readonly (readonly [label: string, step: Step])[],
): Step {
  return (run, done) => {
    const next = (): void => {
      done();
      for (const [label, step] of deferred) run.later(label, step);
    };
    if (primary) primary(run, next);
    else next();
  };
}

/** The JSON of the variables of a request, each after a comma: `,"name":value`. Those that were not given are left out. */
export function variablesJson(names: readonly string[], variables: Variables): string {
  let text = '';
  for (const name of names) {
    const value = variables[name];
    if (value !== undefined) text += `,"${name}":${JSON.stringify(value)}`;
  }
  return text;
}

export function faultsOf(run: Run, error: GraphQLFormattedError): Faults {
  run.faults ??= createFaults(error);
  return run.faults;
}

/** Remembers an error of what stands at a place in some data, so that nothing is concluded from its null. */
export function taintAt(run: Run, data: unknown, place: Path, error: GraphQLFormattedError): void {
  const [step, ...rest] = place;
  if (step === undefined || data === null || typeof data !== 'object') return;
  const below: unknown = (data as Record<string | number, unknown>)[step];
  if (typeof step === 'string' && (below ?? null) === null) faultsOf(run, error).taint(data as Data, step, error);
  else taintAt(run, below, rest, error);
}

/** Reports an error of what stands at a place among the data, wherever the client sees it. */
export function reportAt(run: Run, place: Path, { path: _path, ...error }: GraphQLFormattedError): void {
  for (const path of clientPaths(run.shape, run.data, place))
    run.errors.push(path.length > 0 ? { ...error, path } : error);
}
