import type { Requirement } from '@paygraph/auth';
import type { RulesOf } from '@paygraph/supergraph';
import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLFormattedError,
  type GraphQLNamedType,
  type GraphQLOutputType,
  type GraphQLSchema,
  getNamedType,
  isInterfaceType,
  isListType,
  isNonNullType,
  isObjectType,
  Kind,
  type SelectionNode,
  type SelectionSetNode,
  typeFromAST,
} from 'graphql';
import { codedError, Rejection } from '../errors.ts';
import { operationIn } from '../execution/conditions.ts';
import { fragmentsIn, isIntrospection, responseName } from '../execution/keys.ts';
import { removed } from './removed.ts';

/** What is left of an operation for somebody who may not see all of it. */
export interface Authorized {
  /** The document, in which what is not planned is marked as removed. */
  readonly document: DocumentNode;
  /** An error for each path to a field that the caller may not see. In a path `@` is every item of a list. */
  readonly refusals: readonly GraphQLFormattedError[];
  /** Whether nothing is left to be asked for. */
  readonly isEmpty: boolean;
}

/** Judges valid documents with one operation by what the graph asks of whoever selects a field. */
export interface Authorization {
  /** The requirements of all that a document selects, each once, always in the same order. */
  requirementsIn(document: DocumentNode): readonly Requirement[];
  /**
   * Removes the fields that ask for something unmet, and those of which nothing is left then. The document's conditions have
   * been decided.
   *
   * @throws Rejection when there are more refusals than an answer should hold
   */
  remove(document: DocumentNode, unmet: ReadonlySet<Requirement>): Authorized;
}

/** Fragments in fragments can put more paths in a short document than anybody reads. */
const MAX_REFUSALS = 1_000;

/**
 * Authorization as Apollo's router does it: what the caller may not see is taken from an operation before it is planned, so that
 * no subgraph is asked for it.
 *
 * Source: https://www.apollographql.com/docs/graphos/routing/security/authorization
 */
export function createAuthorization(schema: GraphQLSchema, rulesOf: RulesOf): Authorization {
  return {
    requirementsIn(document) {
      const found = new Set<Requirement>();
      const visit = (set: SelectionSetNode, parent: GraphQLNamedType): void => {
        for (const selection of set.selections) {
          if (selection.kind === Kind.FRAGMENT_SPREAD || isAboutSchema(selection)) continue;
          if (selection.kind === Kind.FIELD)
            for (const requirement of rulesOf(parent, selection.name.value)) found.add(requirement);
          if (selection.selectionSet) visit(selection.selectionSet, typeBelow(schema, parent, selection));
        }
      };
      visit(operationIn(document).selectionSet, rootOf(schema, document));
      for (const fragment of fragmentsIn(document).values()) visit(fragment.selectionSet, typeOn(schema, fragment));
      return [...found];
    },
    remove(document, unmet) {
      const isRefused = (parent: GraphQLNamedType, { name }: FieldNode): boolean =>
        rulesOf(parent, name.value).some((requirement) => unmet.has(requirement));
      return remove(schema, document, isRefused);
    },
  };
}

type IsRefused = (parent: GraphQLNamedType, field: FieldNode) => boolean;

/** What is left of a part of a document. */
interface Left<Node> {
  readonly node: Node;
  /** Whether there is anything in it that is asked for. */
  readonly isLive: boolean;
  /** Paths from here to what is refused, their steps separated by dots. */
  readonly refused: readonly string[];
}

function remove(schema: GraphQLSchema, document: DocumentNode, isRefused: IsRefused): Authorized {
  const fragments = fragmentsIn(document);
  const known = new Map<string, Left<FragmentDefinitionNode>>();

  const setOf = (set: SelectionSetNode, parent: GraphQLNamedType): Left<SelectionSetNode> => {
    const parts = set.selections.map((selection) => selectionOf(selection, parent));
    const refused = new Set<string>();
    for (const part of parts) for (const path of part.refused) refused.add(path);
    if (refused.size > MAX_REFUSALS) throw tooManyRefusals();
    return {
      node: { ...set, selections: parts.map(({ node }) => node) },
      isLive: parts.some(({ isLive }) => isLive),
      refused: [...refused],
    };
  };
  const selectionOf = (selection: SelectionNode, parent: GraphQLNamedType): Left<SelectionNode> => {
    switch (selection.kind) {
      case Kind.FIELD:
        return fieldOf(selection, parent);
      case Kind.INLINE_FRAGMENT: {
        const { node, ...left } = setOf(selection.selectionSet, typeBelow(schema, parent, selection));
        return { node: { ...selection, ...deferred(selection, left), selectionSet: node }, ...left };
      }
      case Kind.FRAGMENT_SPREAD: {
        const { node: _definition, ...left } = fragmentOf(selection.name.value);
        return { node: { ...selection, ...deferred(selection, left) }, ...left };
      }
    }
  };
  const fieldOf = (field: FieldNode, parent: GraphQLNamedType): Left<FieldNode> => {
    if (isAboutSchema(field)) return { node: field, isLive: true, refused: [] };
    const name = responseName(field);
    if (isRefused(parent, field)) return { node: removed(field), isLive: false, refused: [name] };
    if (!field.selectionSet) return { node: field, isLive: true, refused: [] };
    const { node: selectionSet, isLive, refused } = setOf(field.selectionSet, typeBelow(schema, parent, field));
    const lead = [name, ...itemsOf(fieldType(parent, field))].join('.');
    const isEmpty = !isLive && refused.length > 0;
    const node = { ...field, selectionSet };
    return {
      ...{ node: isEmpty ? removed(node) : node, isLive: !isEmpty },
      refused: refused.map((path) => `${lead}.${path}`),
    };
  };
  const fragmentOf = (name: string): Left<FragmentDefinitionNode> => {
    const done = known.get(name);
    if (done) return done;
    const fragment = fragments.get(name);
    if (!fragment) throw new Error(`There is no fragment ${name}`);
    const { node: selectionSet, ...left } = setOf(fragment.selectionSet, typeOn(schema, fragment));
    const result = { node: { ...fragment, selectionSet }, ...left };
    known.set(name, result);
    return result;
  };

  const operation = operationIn(document);
  const { node: selectionSet, isLive, refused } = setOf(operation.selectionSet, rootOf(schema, document));
  const definitions = [...fragments.keys()].map((name) => fragmentOf(name).node);
  return {
    document: { ...document, definitions: [{ ...operation, selectionSet }, ...definitions] },
    refusals: refused.map((path) => refusal(path.split('.'))),
    isEmpty: !isLive,
  };
}

/** A fragment of which nothing is left has nothing to come later. */
function deferred<Fragment extends Pick<SelectionNode, 'directives'>>(
  { directives = [] }: Fragment,
  { isLive }: { readonly isLive: boolean },
): Pick<Fragment, 'directives'> {
  return { directives: isLive ? directives : [] };
}

function refusal(path: readonly string[]): GraphQLFormattedError {
  return { message: 'Unauthorized field or type', path, extensions: { code: 'UNAUTHORIZED_FIELD_OR_TYPE' } };
}

function tooManyRefusals(): Rejection {
  const message = `The operation selects more than ${MAX_REFUSALS} fields that you may not see.`;
  return new Rejection([codedError('OPERATION_TOO_COMPLEX', message)]);
}

/** The schema itself is for everybody who is shown it at all. */
function isAboutSchema(selection: SelectionNode): boolean {
  return selection.kind === Kind.FIELD && isIntrospection(selection);
}

function rootOf(schema: GraphQLSchema, document: DocumentNode): GraphQLNamedType {
  const { operation } = operationIn(document);
  const root = schema.getRootType(operation);
  if (!root) throw new Error(`The graph has no ${operation}`);
  return root;
}

/** The type that a selection's own selections are on. */
function typeBelow(
  schema: GraphQLSchema,
  parent: GraphQLNamedType,
  selection: Exclude<SelectionNode, { kind: Kind.FRAGMENT_SPREAD }>,
): GraphQLNamedType {
  if (selection.kind === Kind.FIELD) return getNamedType(fieldType(parent, selection));
  const { typeCondition } = selection;
  return typeCondition ? typeOn(schema, { typeCondition }) : parent;
}

function typeOn(
  schema: GraphQLSchema,
  { typeCondition }: Pick<FragmentDefinitionNode, 'typeCondition'>,
): GraphQLNamedType {
  const type = typeFromAST(schema, typeCondition);
  if (!type) throw new Error(`There is no type ${typeCondition.name.value}`);
  return type;
}

function fieldType(parent: GraphQLNamedType, { name }: FieldNode): GraphQLOutputType {
  const field = isObjectType(parent) || isInterfaceType(parent) ? parent.getFields()[name.value] : undefined;
  if (!field) throw new Error(`${parent.name} has no field ${name.value}`);
  return field.type;
}

/** A step for each list that a value of the type is. */
function itemsOf(type: GraphQLOutputType): readonly string[] {
  if (isNonNullType(type)) return itemsOf(type.ofType);
  return isListType(type) ? ['@', ...itemsOf(type.ofType)] : [];
}
