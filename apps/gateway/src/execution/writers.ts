import { type GraphQLLeafType, isEnumType } from 'graphql';
import { jsonOf, quote } from './quote.ts';
import type { Shaping } from './shaping.ts';

/** Writes a value as JSON. Undefined when it is null where null is not allowed, so that what holds it becomes null. */
export type Writer = (value: unknown, shaping: Shaping) => string | undefined;

export function nullable(write: Writer): Writer {
  return (value, shaping) => (value === null ? 'null' : (write(value, shaping) ?? 'null'));
}

export function required(write: Writer): Writer {
  return (value, shaping) => {
    const text = value === null ? undefined : write(value, shaping);
    return text ?? shaping.violation();
  };
}

export function listOf(write: Writer): Writer {
  return (value, shaping) => {
    if (!Array.isArray(value)) return shaping.invalid('a list');
    let text = '[';
    for (let index = 0; index < value.length; index += 1) {
      shaping.enter(index);
      const item = write(value[index] ?? null, shaping);
      shaping.leave();
      if (item === undefined) return undefined;
      text += index === 0 ? item : `,${item}`;
    }
    return `${text}]`;
  };
}

/** Values come from subgraphs, which have serialized them: only what no client could read is refused. */
export function leafWriter(type: GraphQLLeafType): Writer {
  if (isEnumType(type)) {
    const names = new Map(type.getValues().map(({ name }) => [name, quote(name)]));
    return (value, shaping) => names.get(value as string) ?? shaping.invalid(`a value of ${type.name}`);
  }
  switch (type.name) {
    case 'String':
      return (value, shaping) => (typeof value === 'string' ? quote(value) : shaping.invalid('a text'));
    case 'ID':
      return (value, shaping) =>
        typeof value === 'string'
          ? quote(value)
          : typeof value === 'number'
            ? `"${value}"`
            : shaping.invalid('an identifier');
    case 'Int':
    case 'Float':
      return (value, shaping) => (Number.isFinite(value) ? `${value}` : shaping.invalid('a number'));
    case 'Boolean':
      return (value, shaping) =>
        value === true ? 'true' : value === false ? 'false' : shaping.invalid('true or false');
    default:
      return jsonOf;
  }
}
