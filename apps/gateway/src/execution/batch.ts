import type { GraphQLFormattedError } from 'graphql';
import type { SubgraphAnswer } from '../subgraphs/exchange.ts';
import type { Subgraph } from '../subgraphs/subgraph.ts';
import { type EntityFetch, entitiesHead, entitiesKey, listName } from './fetch.ts';
import { collect, type Data, mergeInto, placesOf } from './merge.ts';
import { applyRewrites } from './representation.ts';
import { faultsOf, type Run, reportAt, type Step, taintAt, variablesJson } from './run.ts';

/** What is asked of a subgraph in one request, by the number of the fetches. */
export type Batch = Map<number, Group>;

/** Fetches that ask the same of entities, at whatever paths. Each entity is asked for once. */
interface Group {
  readonly fetch: EntityFetch;
  /** Those who ask, and what goes on afterwards. */
  readonly members: { readonly fetch: EntityFetch; readonly done: () => void }[];
  readonly indexes: Map<string, number>;
  /** By index: the objects that an entity's fields go into. */
  readonly targets: Data[][];
  /** Stubs, which are nothing when their entity is null. */
  readonly isProbe: boolean;
}

/** A fetch of entities, as a step. Nothing is asked when there is none, or when all lack something that is required. */
export function entityStep(fetch: EntityFetch): Step {
  return (run, done) => {
    const objects: Data[] = [];
    collect(run.data, fetch.path, objects);
    let group: Group | undefined;
    for (const object of objects) {
      if (object.__typename === undefined) continue;
      const representation = fetch.represent(object, run.faults);
      if (representation) {
        group ??= groupFor(run, fetch, false);
        add(group, representation, object);
      } else if (representation === null && run.faults) {
        run.faults.blame(object, fetch.selected, run.faults.cause(object));
      }
    }
    if (group) group.members.push({ fetch, done });
    else done();
  };
}

/** Asks whether the entity that a stub stands for is there. */
export function probe(run: Run, fetch: EntityFetch, representation: string, stub: Data): void {
  const group = groupFor(run, fetch, true);
  add(group, representation, stub);
  group.members.push({ fetch, done: run.hold() });
}

function groupFor(run: Run, fetch: EntityFetch, isProbe: boolean): Group {
  const batch = run.batches.get(fetch.subgraph) ?? new Map();
  run.batches.set(fetch.subgraph, batch);
  const group: Group = batch.get(fetch.number) ?? { fetch, members: [], indexes: new Map(), targets: [], isProbe };
  batch.set(fetch.number, group);
  return group;
}

function add({ indexes, targets }: Group, representation: string, object: Data): void {
  const index = indexes.get(representation);
  if (index !== undefined) {
    targets[index]?.push(object);
    return;
  }
  indexes.set(representation, indexes.size);
  targets.push([object]);
}

/** Sends what has come together, one request for each subgraph. `resume` runs what an answer makes possible. */
export function flush(run: Run, resume: (work: () => void) => void): void {
  if (run.batches.size === 0) return;
  const batches = [...run.batches];
  run.batches.clear();
  for (const [subgraph, batch] of batches) send(run, subgraph, [...batch.values()], resume);
}

function send(run: Run, subgraph: Subgraph, groups: readonly Group[], resume: (work: () => void) => void): void {
  subgraph.ask({ kind: 'entities', body: bodyOf(run, groups) }, run.scope, (answer) =>
    resume(() => {
      // One list of entities that fails takes the others with it, which are not to blame.
      if (groups.length > 1 && answer.data === null && !answer.unavailable) {
        for (const group of groups) send(run, subgraph, [group], resume);
        return;
      }
      groups.forEach((group, index) => {
        settle(run, group, entitiesKey(index, groups.length), answer);
      });
      for (const { members } of groups) for (const { done } of members) done();
    }),
  );
}

function bodyOf(run: Run, groups: readonly Group[]): string {
  const [first] = groups as [Group];
  const isSingle = groups.length === 1;
  const head = isSingle ? first.fetch.head : mergedHead(run, groups);
  let body = `${head},"variables":{`;
  groups.forEach(({ indexes }, index) => {
    body += `${index === 0 ? '' : ','}"${listName(index, groups.length)}":[${[...indexes.keys()].join()}]`;
  });
  const used = isSingle ? first.fetch.variables : [...new Set(groups.flatMap(({ fetch: { variables } }) => variables))];
  return `${body}${variablesJson(used, run.variables)}}}`;
}

function mergedHead({ heads }: Run, groups: readonly Group[]): string {
  const key = groups.map(({ fetch: { number } }) => number).join();
  const known = heads.get(key) ?? entitiesHead(groups.map(({ fetch }) => fetch));
  heads.set(key, known);
  return known;
}

function settle(run: Run, group: Group, key: string, answer: SubgraphAnswer): void {
  const { targets, fetch, isProbe } = group;
  const entities = answer.data?.[key];
  if (Array.isArray(entities)) {
    targets.forEach((objects, index) => {
      const entity: unknown = entities[index];
      if (isProbe && (entity ?? null) === null) for (const object of objects) missing(run, object);
      if (entity === null || typeof entity !== 'object') return;
      if (fetch.rewrites.length > 0) applyRewrites(entity, fetch.rewrites, run.context.satisfies);
      for (const object of objects) mergeInto(object, entity as Data, run.context.isObjectType);
    });
  }
  if (answer.errors) settleErrors(run, group, key, answer.errors);
}

function missing(run: Run, stub: Data, error?: GraphQLFormattedError): void {
  run.missing ??= new Map();
  if (error || !run.missing.has(stub)) run.missing.set(stub, error);
}

/** Errors of one entity go where its fields go; an error of all together is that of everything that has no value. */
function settleErrors(run: Run, group: Group, key: string, errors: readonly GraphQLFormattedError[]): void {
  const ofOthers = (error: GraphQLFormattedError): boolean =>
    typeof error.path?.[0] === 'string' && error.path[0] !== key && error.path[0].startsWith('_');
  const ofAll: GraphQLFormattedError[] = [];
  let places: Map<Data, (readonly (string | number)[])[]>[] | undefined;
  for (const error of errors) {
    const [list, index, ...rest] = error.path ?? [];
    if (list !== key || typeof index !== 'number') {
      if (!ofOthers(error)) ofAll.push(error);
      continue;
    }
    places ??= group.members.map(({ fetch }) => placesOf(run.data, fetch.path));
    for (const object of group.targets[index] ?? []) {
      if (group.isProbe) missing(run, object, error);
      taintAt(run, object, rest, error);
      for (const known of places)
        for (const place of known.get(object) ?? []) reportAt(run, [...place, ...rest], error);
    }
  }
  const [first] = ofAll;
  if (first) blameAll(run, group, first);
}

function blameAll(run: Run, group: Group, error: GraphQLFormattedError): void {
  const faults = faultsOf(run, error);
  let isSeen = false;
  for (const objects of group.targets)
    for (const object of objects) {
      if (group.isProbe) missing(run, object, error);
      isSeen = faults.blame(object, group.fetch.selected, error) || group.isProbe || isSeen;
    }
  if (isSeen) return;
  const { path: _path, ...rest } = error;
  run.errors.push(rest);
}
