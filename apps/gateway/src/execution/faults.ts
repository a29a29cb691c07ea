import type { GraphQLFormattedError } from 'graphql';
import type { Data } from './merge.ts';

/** The keys that a fetch selects, aliases and fragments resolved. */
export type Selected = ReadonlyMap<string, Selected | undefined>;

/**
 * Why data that should be there are not: by object and key. A field that has no value when the answer is shaped gets
 * the error from here at its own place, once for each place and name the client asked it under.
 */
export interface Faults {
  /** Why a field has no value, for whoever asked it: nothing has been reported yet. */
  of(object: Data, key: string): GraphQLFormattedError | undefined;
  /** Whether null or nothing stands in place of the true value of a field. */
  isTainted(object: Data, key: string): boolean;
  /** Any fault of the object, or of anything at all: for what could not be asked because something was missing. */
  cause(object: Data): GraphQLFormattedError;
  /** Blames everything selected that has no value. Returns whether there was any such thing. */
  blame(object: Data, selected: Selected, error: GraphQLFormattedError): boolean;
  /** Remembers an error of a field that has been reported at its place already. */
  taint(object: Data, key: string, error: GraphQLFormattedError): void;
}

type ByKey = Map<string, GraphQLFormattedError>;

export function createFaults(first: GraphQLFormattedError): Faults {
  const unreported = new Map<Data, ByKey>();
  const reported = new Map<Data, ByKey>();
  const note = (faults: Map<Data, ByKey>, object: Data, key: string, error: GraphQLFormattedError): void => {
    const known = faults.get(object) ?? new Map();
    faults.set(object, known);
    if (!known.has(key)) known.set(key, error);
  };
  const blame = (value: unknown, selected: Selected, error: GraphQLFormattedError): boolean => {
    if (Array.isArray(value)) return value.map((item) => blame(item, selected, error)).includes(true);
    if (value === null || typeof value !== 'object') return false;
    const object = value as Data;
    let found = false;
    for (const [key, nested] of selected) {
      if (object[key] === undefined) {
        if (!reported.get(object)?.has(key)) note(unreported, object, key, error);
        found = true;
      } else if (nested && blame(object[key], nested, error)) found = true;
    }
    return found;
  };
  return {
    of: (object, key) => unreported.get(object)?.get(key),
    isTainted: (object, key) => Boolean(unreported.get(object)?.has(key) || reported.get(object)?.has(key)),
    cause: (object) =>
      unreported.get(object)?.values().next().value ?? reported.get(object)?.values().next().value ?? first,
    blame,
    taint: (object, key, error) => note(reported, object, key, error),
  };
}
