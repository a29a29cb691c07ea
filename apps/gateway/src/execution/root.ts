import type { GraphQLFormattedError } from 'graphql';
import type { SubgraphAnswer } from '../subgraphs/exchange.ts';
import type { RootFetch } from './fetch.ts';
import { mergeInto } from './merge.ts';
import { applyRewrites } from './representation.ts';
import { faultsOf, type Run, reportAt, type Step, taintAt, variablesJson } from './run.ts';

/** A fetch of fields of a root type, as a step. `resume` runs what the answer makes possible. */
export function rootStep(fetch: RootFetch, resume: (run: Run, work: () => void) => void): Step {
  return (run, done) => {
    const variables = variablesJson(fetch.variables, run.variables);
    const body = `${fetch.head},"variables":{${variables.slice(1)}}}`;
    fetch.subgraph.ask({ kind: fetch.kind, body }, run.scope, (answer) =>
      resume(run, () => {
        settleRoot(run, fetch, answer);
        done();
      }),
    );
  };
}

/** Puts what a subgraph has answered of root fields among the data. */
export function settleRoot(
  run: Run,
  fetch: Pick<RootFetch, 'rewrites' | 'selected'>,
  { data, errors }: SubgraphAnswer,
): void {
  if (data) {
    applyRewrites(data, fetch.rewrites, run.context.satisfies);
    mergeInto(run.data, data, run.context.isObjectType);
  }
  if (!errors) return;
  const ofAll: GraphQLFormattedError[] = [];
  for (const error of errors) {
    const { path = [] } = error;
    if (path.length === 0) ofAll.push(error);
    else {
      taintAt(run, run.data, path, error);
      reportAt(run, path, error);
    }
  }
  const [first] = ofAll;
  if (!first) return;
  if (faultsOf(run, first).blame(run.data, fetch.selected, first)) return;
  const { path: _path, ...rest } = first;
  run.errors.push(rest);
}
