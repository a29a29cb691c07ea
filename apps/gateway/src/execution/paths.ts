import type { Data, Path } from './merge.ts';
import type { FieldShape, ObjectShape } from './shape.ts';

/**
 * Where a client sees what stands at a place among the data: once for each name it asked the field under. What it did not
 * ask for, because only the plan needs it, is seen as far as the client's own fields lead to it.
 */
export function clientPaths(shape: ObjectShape, data: unknown, place: Path): readonly Path[] {
  const [step, ...rest] = place;
  if (step === undefined) return [[]];
  if (typeof step === 'number') {
    const item = Array.isArray(data) ? data[step] : undefined;
    return clientPaths(shape, item, rest).map((path) => [step, ...path]);
  }
  const object = isObject(data) ? data : undefined;
  const fields = fieldsOf(shape, object).filter(({ key }) => key === step);
  if (fields.length === 0) return [[]];
  return fields.flatMap((field) => pathsBelow(field, object?.[step], rest));
}

function pathsBelow({ name, child }: FieldShape, value: unknown, rest: Path): readonly Path[] {
  const leaf = rest.every((step) => typeof step === 'number') ? [rest] : [[]];
  const below = child ? clientPaths(child, value, rest) : leaf;
  return below.map((path) => [name, ...path]);
}

function fieldsOf(shape: ObjectShape, object: Data | undefined): readonly FieldShape[] {
  const known = object && shape.fieldsOf(object.__typename);
  if (known) return known;
  const byName = new Map(shape.anyFields().map((field) => [field.name, field]));
  return [...byName.values()];
}

function isObject(value: unknown): value is Data {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
