import type { GraphQLFormattedError } from 'graphql';
import { outcomeOf } from '../errors.ts';
import type { AnswerInParts } from './answer.ts';
import type { DeferredFragment } from './defer.ts';
import { begin, type Executable, resume, type Start } from './executable.ts';
import type { Data, Path } from './merge.ts';
import type { Run, Step } from './run.ts';
import type { ObjectShape } from './shape.ts';
import { createShaping } from './shaping.ts';

/** A deferred fragment and how it is written. */
export interface DeferredPart extends DeferredFragment {
  readonly shape: ObjectShape;
}

/** Writes the parts of an answer, as the clients of `multipart/mixed; deferSpec=20220824` expect them. */
interface IncrementalWriter {
  /** What is not deferred. */
  initial(): string;
  /** What a fragment brings, once for each object that it is on; undefined when there is none. */
  part(label: string): string | undefined;
  /** Errors that belong to none of the parts. */
  rest(): readonly GraphQLFormattedError[];
  /** All that the client has, in its own names. */
  data(): unknown;
}

/** Takes an answer in parts, each the JSON of one; no more come after the last. */
export type PartSink = (json: string, isLast: boolean) => void;

/**
 * Runs an operation that defers something. It is over when the last part has been given away.
 *
 * @param extensionsOf what goes with the last part, of all that the client has by then
 */
export function executeIncrementally(
  executable: Executable,
  start: Start,
  sink: PartSink,
  extensionsOf?: (data: unknown) => object,
): Promise<AnswerInParts> {
  return new Promise((resolve, reject) => {
    let open = 1;
    let deferred = 0;
    let state: 'waiting' | 'begun' | 'over' = 'waiting';
    const ready: string[] = [];
    const close = (): void => {
      open -= 1;
    };
    const hold = () => {
      open += 1;
      return close;
    };
    const later = (label: string, step: Step): void => {
      deferred += 1;
      step(run, () => {
        deferred -= 1;
        ready.push(label);
      });
    };
    const pause = (): void => {
      if (open > 0 || state === 'over') return;
      const isFirst = state === 'waiting';
      const isLast = deferred === 0;
      if (isFirst) sink(`{${writer.initial()},"hasNext":true}`, false);
      state = isLast ? 'over' : 'begun';
      const parts = ready.splice(0).flatMap((label) => writer.part(label) ?? []);
      const errors = isLast ? writer.rest() : [];
      if (errors.length > 0) parts.push(`{"data":{},"path":[],"errors":${JSON.stringify(errors)}}`);
      const extensions = isLast && extensionsOf ? `,"extensions":${JSON.stringify(extensionsOf(writer.data()))}` : '';
      if (parts.length > 0) sink(`{"incremental":[${parts.join()}],"hasNext":${!isLast}${extensions}}`, isLast);
      else if (isLast) sink(`{"hasNext":false${extensions}}`, true);
      if (isLast) resolve({ data: writer.data(), outcome: outcomeOf(run.errors) });
    };
    const run = begin(executable, start, { hold, later, pause, fail: reject });
    const writer = createIncrementalWriter(run, executable);
    resume(run, () => {
      if (executable.step) executable.step(run, close);
      else close();
    });
  });
}

interface Place {
  readonly object: Data;
  readonly path: Path;
}

/** Writes the answer of an operation with deferred fragments, piece by piece, from what is known of it at the time. */
function createIncrementalWriter(run: Run, executable: Executable): IncrementalWriter {
  const parts = new Map(executable.deferred.map((part) => [part.label, part]));
  /** What the client has: nothing is sent for an object that it has seen as null. */
  let seen: unknown;
  let told = 0;

  const shapingAt = (at: Path) =>
    createShaping({
      ...{ errors: run.errors, faults: run.faults, missing: run.missing, at },
      broken: (message, path) => executable.context.broken(message, path, run.scope),
    });
  const isOn = ({ __typename }: Data, guards: readonly string[] = []): boolean =>
    typeof __typename !== 'string' || guards.every((type) => executable.context.satisfies(__typename, type));
  const places = ({ parent, path, guards }: DeferredPart): readonly Place[] => {
    const base = parent === undefined ? undefined : parts.get(parent);
    const from: readonly Place[] = base ? places(base) : [{ object: run.data, path: [] }];
    const shape = base?.shape ?? executable.initial;
    return from
      .flatMap((place) => placesBelow(place, shape, { path, guards, isOn }))
      .filter((place) => isObject(valueAt(seen, place.path)));
  };
  const pending: GraphQLFormattedError[] = [];
  const takeNew = (): void => {
    pending.push(...run.errors.slice(told));
    told = run.errors.length;
  };
  /** Errors of the fields that a part brings. Others belong to parts that are still to come. */
  const errorsOf = ({ shape }: DeferredPart, { object, path }: Place): GraphQLFormattedError[] => {
    const names = new Set((shape.fieldsOf(object.__typename) ?? []).map(({ name }) => name));
    const own = pending.filter(
      ({ path: at = [] }) => path.every((step, index) => at[index] === step) && names.has(String(at[path.length])),
    );
    for (const error of own) pending.splice(pending.indexOf(error), 1);
    return own;
  };
  const write = (part: DeferredPart, place: Place): string[] => {
    const fields = part.shape.fieldsOf(place.object.__typename);
    if (!fields?.length) return [];
    const json = part.shape.write(place.object, shapingAt(place.path)) ?? 'null';
    takeNew();
    const errors = errorsOf(part, place);
    const held = valueAt(seen, place.path);
    const brought: unknown = JSON.parse(json);
    if (isObject(held) && isObject(brought)) mergeSeen(held, brought);
    const label = part.given === undefined ? '' : `,"label":${JSON.stringify(part.given)}`;
    const faults = errors.length > 0 ? `,"errors":${JSON.stringify(errors)}` : '';
    return [`{"data":${json},"path":${JSON.stringify(place.path)}${label}${faults}}`];
  };

  return {
    initial() {
      const json = executable.initial.write(run.data, shapingAt([])) ?? 'null';
      seen = JSON.parse(json);
      told = run.errors.length;
      const errors = told > 0 ? `,"errors":${JSON.stringify(run.errors)}` : '';
      return `"data":${json}${errors}`;
    },
    part(label) {
      const part = parts.get(label);
      if (!part) return undefined;
      takeNew();
      const written = places(part).flatMap((place) => write(part, place));
      return written.length > 0 ? written.join() : undefined;
    },
    rest() {
      takeNew();
      return pending;
    },
    data: () => seen,
  };
}

interface Way extends Pick<DeferredPart, 'path' | 'guards'> {
  /** Whether an object has these types. */
  readonly isOn: (object: Data, guards: readonly string[] | undefined) => boolean;
}

function placesBelow(place: Place, shape: ObjectShape, { path: [name, ...path], guards, isOn }: Way): Place[] {
  const [guard, ...more] = guards;
  if (!isOn(place.object, guard)) return [];
  if (name === undefined) return [place];
  const field = shape.fieldsOf(place.object.__typename)?.find((each) => each.name === name);
  const child = field?.child;
  if (!field || !child) return [];
  const below = (value: unknown, at: Path): Place[] => {
    if (Array.isArray(value)) return value.flatMap((item, index) => below(item, [...at, index]));
    return isObject(value) ? placesBelow({ object: value, path: at }, child, { path, guards: more, isOn }) : [];
  };
  return below(place.object[field.key], [...place.path, name]);
}

function valueAt(value: unknown, path: Path): unknown {
  let at = value;
  for (const step of path)
    at = isObject(at) || Array.isArray(at) ? (at as Record<string | number, unknown>)[step] : null;
  return at;
}

function mergeSeen(held: Data, brought: Data): void {
  for (const [key, value] of Object.entries(brought)) {
    const known = held[key];
    if (isObject(known) && isObject(value)) mergeSeen(known, value);
    else if (Array.isArray(known) && Array.isArray(value))
      known.forEach((item, index) => {
        const other: unknown = value[index];
        if (isObject(item) && isObject(other)) mergeSeen(item, other);
      });
    else if (known === undefined) Object.defineProperty(held, key, { value, enumerable: true, writable: true });
  }
}

function isObject(value: unknown): value is Data {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
