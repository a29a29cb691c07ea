export type Data = Record<string, unknown>;

/** Adds what another fetch has found out about an object. The object keeps what it has. */
export function mergeInto(target: Data, source: Data, isObjectType: (name: unknown) => boolean): void {
  for (const key in source) {
    const known = target[key];
    if (known === undefined) {
      if (key !== '__proto__') target[key] = source[key];
    } else if (key === '__typename') {
      // A subgraph may know of an object no more than an interface that it implements.
      if (!isObjectType(known)) target[key] = source[key];
    } else {
      target[key] = merged(known, source[key], isObjectType);
    }
  }
}

function merged(known: unknown, found: unknown, isObjectType: (name: unknown) => boolean): unknown {
  if (known === null || typeof known !== 'object') return known ?? found;
  if (found === null || typeof found !== 'object' || known === found) return known;
  if (!Array.isArray(known)) {
    mergeInto(known as Data, found as Data, isObjectType);
    return known;
  }
  if (!Array.isArray(found)) return known;
  found.forEach((item, index) => {
    known[index] = merged(known[index], item, isObjectType);
  });
  return known;
}

/** All objects at a path; lists on the way and at its end are gone through. */
export function collect(value: unknown, path: readonly string[], into: Data[], at = 0): void {
  if (value === null || typeof value !== 'object') return;
  if (Array.isArray(value)) {
    for (const item of value) collect(item, path, into, at);
    return;
  }
  const key = path[at];
  if (key === undefined) into.push(value as Data);
  else collect((value as Data)[key], path, into, at + 1);
}

export type Path = readonly (string | number)[];

/** Where an object stands below a path: once for each place, because one object may stand at several. */
export function placesOf(root: unknown, path: readonly string[]): Map<Data, Path[]> {
  const places = new Map<Data, Path[]>();
  const walk = (value: unknown, at: number, place: Path): void => {
    if (value === null || typeof value !== 'object') return;
    if (Array.isArray(value)) {
      value.forEach((item, index) => {
        walk(item, at, [...place, index]);
      });
      return;
    }
    const key = path[at];
    const object = value as Data;
    if (key !== undefined) {
      walk(object[key], at + 1, [...place, key]);
      return;
    }
    const known = places.get(object);
    if (known) known.push(place);
    else places.set(object, [place]);
  };
  walk(root, 0, []);
  return places;
}
