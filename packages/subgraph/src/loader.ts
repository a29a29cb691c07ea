import DataLoader from 'dataloader';

/**
 * Loads objects by id, those asked for in one tick with one call of `batch`, which may answer in any order and leave
 * out what does not exist: that is null. Make one per request, so that nobody sees another's answers or old ones.
 */
export function createLoader<Value extends { readonly id: string }>(
  batch: (ids: readonly string[]) => Promise<readonly Value[]>,
): DataLoader<string, Value | null>;
export function createLoader<Value>(
  batch: (ids: readonly string[]) => Promise<readonly Value[]>,
  idOf: (value: Value) => string,
): DataLoader<string, Value | null>;
export function createLoader<Value extends { readonly id: string }>(
  batch: (ids: readonly string[]) => Promise<readonly Value[]>,
  idOf: (value: Value) => string = (value) => value.id,
): DataLoader<string, Value | null> {
  const load = async (ids: readonly string[]) => {
    const found = new Map((await batch(ids)).map((value) => [idOf(value), value]));
    return ids.map((id) => found.get(id) ?? null);
  };
  return new DataLoader<string, Value | null>(load, { maxBatchSize: 500 });
}

/**
 * Loads lists by the id they belong to, as {@link createLoader} loads objects: items in the order in which `batch` answers
 * them, an empty list for an id without any.
 */
export function createGroupLoader<Value>(
  batch: (ids: readonly string[]) => Promise<readonly Value[]>,
  groupOf: (value: Value) => string,
): DataLoader<string, readonly Value[]> {
  const load = async (ids: readonly string[]) => {
    const groups = new Map<string, Value[]>(ids.map((id) => [id, []]));
    for (const value of await batch(ids)) groups.get(groupOf(value))?.push(value);
    return ids.map((id) => groups.get(id) ?? []);
  };
  return new DataLoader<string, readonly Value[]>(load, { maxBatchSize: 500 });
}
