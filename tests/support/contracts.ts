import { readFileSync } from 'node:fs';
import { type DatabaseName, databaseNames } from '@paygraph/database';
import {
  type ConstDirectiveNode,
  type FieldDefinitionNode,
  Kind,
  type ObjectTypeDefinitionNode,
  parse,
  type TypeNode,
} from 'graphql';

/*
 * What the subgraphs' contracts say, so that tests can be about all fields of a kind and none can be forgotten.
 */

/** An object type as one subgraph declares it. */
interface Declared {
  readonly subgraph: DatabaseName;
  readonly type: ObjectTypeDefinitionNode;
}

const declared: readonly Declared[] = databaseNames.flatMap((subgraph) => {
  const contract = readFileSync(new URL(`../../subgraphs/${subgraph}/schema.graphql`, import.meta.url), 'utf8');
  const { definitions } = parse(contract, { noLocation: true });
  return definitions.flatMap((type) => (type.kind === Kind.OBJECT_TYPE_DEFINITION ? [{ subgraph, type }] : []));
});

const directive = (directives: readonly ConstDirectiveNode[] = [], wanted: string) =>
  directives.find(({ name }) => name.value === wanted);

/** A root field that is for services only, and an operation that would call it. */
export interface Command {
  readonly subgraph: DatabaseName;
  readonly name: string;
  readonly operation: string;
}

export const commands: readonly Command[] = declared.flatMap(({ subgraph, type }) => {
  if (!['Query', 'Mutation'].includes(type.name.value)) return [];
  const hidden = (type.fields ?? []).filter(({ directives }) => directive(directives, 'inaccessible'));
  return hidden.map((field) => commandFrom(subgraph, type.name.value.toLowerCase(), field));
});

/** Every command takes lists: empty ones ask for nothing. */
function commandFrom(subgraph: DatabaseName, kind: string, field: FieldDefinitionNode): Command {
  const name = field.name.value;
  const given = (field.arguments ?? []).map((argument) => `${argument.name.value}: []`).join(', ');
  return { subgraph, name, operation: `${kind} { ${name}(${given}) { __typename } }` };
}

/** An entity as one subgraph knows it, with a selection for each of its fields beside the key. */
export interface Entity {
  readonly subgraph: DatabaseName;
  readonly type: string;
  readonly selections: readonly string[];
}

export const entities: readonly Entity[] = declared.flatMap(({ subgraph, type }) => {
  const key = directive(type.directives, 'key');
  // With `resolvable: false` it is only referred to.
  if (!key || key.arguments?.some(({ name }) => name.value === 'resolvable')) return [];
  const fields = (type.fields ?? []).filter(({ name }) => name.value !== 'id');
  return [{ subgraph, type: type.name.value, selections: fields.map(selectionOf) }];
});

function selectionOf(field: FieldDefinitionNode): string {
  const named = nameOf(field.type);
  const asked = `${field.name.value}${neededBy(field)}`;
  if (named.endsWith('Connection')) return `${asked} { nodes { __typename } }`;
  const isObject = declared.some((one) => one.type.name.value === named);
  return isObject ? `${asked} { __typename }` : asked;
}

/** A value for each argument that a field cannot do without. */
function neededBy({ arguments: declaredArguments = [] }: FieldDefinitionNode): string {
  const needed = declaredArguments.filter(
    ({ type, defaultValue }) => type.kind === Kind.NON_NULL_TYPE && !defaultValue,
  );
  if (needed.length === 0) return '';
  return `(${needed.map(({ name, type }) => `${name.value}: ${exampleOf(nameOf(type))}`).join(', ')})`;
}

function exampleOf(type: string): string {
  if (type === 'DateTime') return '"2026-01-01T00:00:00Z"';
  throw new Error(`There is no example of a ${type} yet`);
}

function nameOf(type: TypeNode): string {
  return type.kind === Kind.NAMED_TYPE ? type.name.value : nameOf(type.type);
}
