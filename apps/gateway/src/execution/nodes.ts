import { OperationTypeNode } from 'graphql';
import type { NodeType } from '../graph/nodes.ts';
import { probe } from './batch.ts';
import { compileEntityFetch, type EntityFetch, type FetchContext, type RootFetch } from './fetch.ts';
import type { Data } from './merge.ts';
import type { Run, Step } from './run.ts';

/** Fetches that ask the owner of a type whether an entity exists, by the type's name. */
export type Probes = ReadonlyMap<unknown, EntityFetch>;

export function compileProbes(types: readonly NodeType[], context: FetchContext): Probes {
  return new Map(types.map((type) => [type.name, compileProbe(type, context)]));
}

function compileProbe({ name, owner }: NodeType, context: FetchContext): EntityFetch {
  const selections = ['__typename', 'id'].map((field) => ({ kind: 'Field', name: field }) as const);
  return compileEntityFetch(
    {
      kind: 'Fetch',
      serviceName: owner,
      requires: [{ kind: 'InlineFragment', typeCondition: name, selections }],
      operation: `query($representations:[_Any!]!){_entities(representations:$representations){...on ${name}{__typename}}}`,
      operationKind: OperationTypeNode.QUERY,
      operationName: undefined,
    },
    [],
    context,
  );
}

/**
 * After the stubs of `node` and `nodes` have come: asks the owners whether there are such things, in the same requests as what
 * comes next in the plan asks of them. An answer waits for it.
 */
export function probing(fetch: RootFetch, step: Step, probes: Probes): Step {
  return (run, done) =>
    step(run, () => {
      for (const key of fetch.selected.keys()) probeAll(run, run.data[key], probes);
      done();
    });
}

function probeAll(run: Run, value: unknown, probes: Probes): void {
  if (Array.isArray(value)) {
    for (const item of value) probeAll(run, item, probes);
    return;
  }
  if (value === null || typeof value !== 'object') return;
  const stub = value as Data;
  const fetch = probes.get(stub.__typename);
  const representation = fetch?.represent(stub, undefined);
  if (fetch && representation) probe(run, fetch, representation, stub);
}
