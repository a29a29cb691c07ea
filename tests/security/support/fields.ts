import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { type Role, scopesOf } from '@paygraph/auth';
import { ID_PREFIXES, type IdPrefix, newId } from '@paygraph/ids';
import {
  buildASTSchema,
  type ConstDirectiveNode,
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLInputField,
  type GraphQLInputType,
  type GraphQLNamedType,
  getNamedType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
  parse,
  valueFromASTUntyped,
} from 'graphql';

/*
 * The fields of the graph that take ids, as the supergraph has them, with an operation that gives such a field an id and a
 * valid value for whatever else it needs: so that tests can be about all of them and none can be forgotten.
 */

export const schema = buildASTSchema(
  parse(readFileSync(new URL('../../../supergraph.graphql', import.meta.url), 'utf8')),
  {
    assumeValid: true,
  },
);

type Kind = 'query' | 'mutation' | 'subscription';
type Field = GraphQLField<unknown, unknown>;

/** A place for an id among the arguments of a root field. */
export interface IdField {
  readonly kind: Kind;
  readonly name: string;
  /** The argument and the fields of input objects on the way, and at the end that of the id. */
  readonly path: readonly string[];
  /** What the id is of. */
  readonly prefix: IdPrefix;
  /** The operation. Its variables are the field's arguments. */
  readonly query: string;
  /** The variables with the id in its place; `own` are ids of the caller's own, for the other places. */
  variables(id: string, own: Readonly<Partial<Record<IdPrefix, readonly string[]>>>): Record<string, unknown>;
  /** What the directives let a role ask about. */
  reachOf(role: Role): 'nothing' | 'own' | 'all';
}

const roots: readonly [Kind, GraphQLNamedType | null | undefined][] = [
  ['query', schema.getQueryType()],
  ['mutation', schema.getMutationType()],
  ['subscription', schema.getSubscriptionType()],
];

/** The kinds of things that `node(id:)` finds. */
const nodeNames: ReadonlyMap<IdPrefix, string> = new Map(
  (Object.entries(ID_PREFIXES) as [IdPrefix, string][]).flatMap(([prefix, words]) => {
    const name = words.replace(/(?:^| )(\w)/g, (_match, letter: string) => letter.toUpperCase());
    const type = schema.getType(name);
    const isNode = isObjectType(type) && type.getInterfaces().some((one) => one.name === 'Node');
    return isNode ? [[prefix, name] as const] : [];
  }),
);

export const idFields: readonly IdField[] = roots.flatMap(([kind, type]) =>
  fieldsOf(type).flatMap((field) =>
    placesIn(field).flatMap(({ path, description }) =>
      prefixesIn(`${field.name}(${path.join('.')})`, description).map((prefix) => idField(kind, field, path, prefix)),
    ),
  ),
);

/** Places for ids of fields that stand deeper in the graph. */
export const deepIdFields: readonly string[] = Object.values(schema.getTypeMap())
  .filter((type) => !roots.some(([, root]) => root === type))
  .flatMap((type) =>
    fieldsOf(type).flatMap((field) =>
      placesIn(field).map(({ path }) => `${type.name}.${field.name}(${path.join('.')})`),
    ),
  );

function idField(kind: Kind, field: Field, path: readonly string[], prefix: IdPrefix): IdField {
  const given = field.args.filter(
    (argument) => argument.name === path[0] || isNeeded(argument) || isCursor(kind, argument),
  );
  const declared = given.map(({ name, type }) => `$${name}: ${type}`).join(', ');
  const passed = given.map(({ name }) => `${name}: $${name}`).join(', ');
  const found = isInterfaceType(getNamedType(field.type)) ? `id ... on ${nodeNames.get(prefix)}` : '';
  const type = found ? schema.getType(nodeNames.get(prefix) ?? '') : getNamedType(field.type);
  const selection = selectionOn(type, kind === 'mutation' ? 2 : 1);
  return {
    ...{ kind, name: field.name, path, prefix },
    query: `${kind} (${declared}) { ${field.name}(${passed}) ${found ? `{ ${found} ${selection} }` : selection} }`,
    variables(id, own) {
      const mine = new Map(Object.entries(own).map(([of, ids]) => [of, [...ids]]));
      const place = { kind, path, id, mine };
      return Object.fromEntries(given.map((argument) => [argument.name, valueFor(argument, [argument.name], place)]));
    },
    reachOf(role) {
      const held = new Set(scopesOf([role]));
      const alternatives = requiredScopes(field);
      const open = alternatives.filter((scopes) => scopes.every((scope) => held.has(scope)));
      const isOpenToAll = open.some((scopes) => scopes.every((scope) => scope.endsWith(':any')));
      if (alternatives.length === 0 || isOpenToAll) return 'all';
      return open.length > 0 ? 'own' : 'nothing';
    },
  };
}

/** Descriptions say what an id is of: `pay_…`. @throws when one does not. */
function prefixesIn(where: string, description: string): readonly IdPrefix[] {
  if (/implements? `Node`/.test(description)) return [...nodeNames.keys()];
  const prefix = /`([a-z]{3})_…`/.exec(description)?.[1];
  if (prefix === undefined || !(prefix in ID_PREFIXES)) throw new Error(`${where} does not say what its id is of`);
  return [prefix as IdPrefix];
}

interface Place {
  readonly path: readonly string[];
  readonly description: string;
}

function placesIn({ args }: Field): Place[] {
  return args.flatMap((argument) => placesBelow(argument, [argument.name]));
}

function placesBelow({ type, description }: GraphQLArgument | GraphQLInputField, path: readonly string[]): Place[] {
  const named = getNamedType(type);
  if (named.name === 'ID') return [{ path, description: description ?? '' }];
  if (!isInputObjectType(named) || path.length > 4) return [];
  const fields = Object.values(named.getFields()).filter(isShown);
  return fields.flatMap((field) => placesBelow(field, [...path, field.name]));
}

export function fieldsOf(type: GraphQLNamedType | null | undefined): readonly Field[] {
  return isObjectType(type) ? Object.values(type.getFields()).filter(isShown) : [];
}

interface Annotated {
  readonly astNode?: { readonly directives?: readonly ConstDirectiveNode[] | undefined } | null | undefined;
}

export function isShown({ astNode }: Annotated): boolean {
  return !astNode?.directives?.some(({ name }) => name.value === 'inaccessible');
}

function requiredScopes({ astNode }: Annotated): readonly (readonly string[])[] {
  const use = astNode?.directives?.find(({ name }) => name.value === 'requiresScopes');
  const scopes = use?.arguments?.find(({ name }) => name.value === 'scopes')?.value;
  return scopes ? (valueFromASTUntyped(scopes) as string[][]) : [];
}

export function isNeeded({ type, defaultValue }: GraphQLArgument | GraphQLInputField): boolean {
  return isNonNullType(type) && defaultValue === undefined;
}

/** Subscriptions are asked for their whole past. */
function isCursor(kind: Kind, { name }: GraphQLArgument): boolean {
  return kind === 'subscription' && name === 'after';
}

interface Giving {
  readonly kind: Kind;
  readonly path: readonly string[];
  readonly id: string;
  /** What is left of the caller's own ids. */
  readonly mine: Map<string, string[]>;
}

function valueFor(place: GraphQLArgument | GraphQLInputField, at: readonly string[], giving: Giving): unknown {
  const { type, name } = place;
  if (at.join() === giving.path.join()) return isListType(bare(type)) ? [giving.id] : giving.id;
  const named = getNamedType(type);
  if (named.name === 'ID') return ownId(place, giving);
  if (isInputObjectType(named)) {
    const isOnTheWay = at.every((step, index) => giving.path[index] === step);
    const fields = Object.values(named.getFields()).filter(isShown);
    const next = isOnTheWay ? fields.find((field) => field.name === giving.path[at.length]) : undefined;
    const wanted = fields.filter(
      (field) => isNeeded(field) || field === next || (next && giving.kind === 'mutation' && isBeside(field, next)),
    );
    return Object.fromEntries(wanted.map((field) => [field.name, valueFor(field, [...at, field.name], giving)]));
  }
  if (isEnumType(named)) return named.getValues()[0]?.name;
  return exampleOf(named.name, name);
}

/** Whether another id may be given at the same time: descriptions name those of which one is enough. */
function isBeside(field: GraphQLInputField, next: GraphQLInputField): boolean {
  const isNamed = field.description?.includes(`\`${next.name}\``) || next.description?.includes(`\`${field.name}\``);
  return getNamedType(field.type).name === 'ID' && !isNamed;
}

function ownId(place: GraphQLArgument | GraphQLInputField, { mine }: Giving): string | undefined {
  const prefix = /`([a-z]{3})_…`/.exec(place.description ?? '')?.[1] as IdPrefix;
  return mine.get(prefix)?.shift() ?? (isNeeded(place) ? newId(prefix) : undefined);
}

function bare(type: GraphQLInputType): GraphQLInputType {
  return isNonNullType(type) ? type.ofType : type;
}

const examples: Readonly<Record<string, unknown>> = {
  ...{ Int: 1, Boolean: true, Decimal: '1.00', CurrencyCode: 'USD', DateTime: '2026-01-01T00:00:00Z' },
};

function exampleOf(type: string, name: string): unknown {
  if (name === 'idempotencyKey') return randomUUID();
  if (name === 'after') return '0';
  if (type === 'String') return 'Example';
  const example = examples[type];
  if (example === undefined) throw new Error(`There is no example of a ${type} yet`);
  return example;
}

/** All leaves that need no arguments, and those of objects in it. */
function selectionOn(type: GraphQLNamedType | undefined, depth: number): string {
  const parts = fieldsOf(type).flatMap((field) => {
    const named = getNamedType(field.type);
    if (field.args.some(isNeeded)) return [];
    if (isLeafType(named)) return [field.name];
    return depth > 0 && isObjectType(named) ? [`${field.name} ${selectionOn(named, depth - 1)}`] : [];
  });
  return `{ ${['__typename', ...parts].join(' ')} }`;
}
