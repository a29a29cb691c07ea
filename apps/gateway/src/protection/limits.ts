import {
  type DocumentNode,
  type FragmentDefinitionNode,
  Kind,
  type OperationDefinitionNode,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql';
import { codedError, Rejection } from '../errors.ts';

/** How large an operation may be, each of its fragments counted wherever it is spread. */
export interface Limits {
  /** Fields inside of fields. What asks about the schema has a rule of its own. */
  readonly depth: number;
  readonly aliases: number;
  /** Fields of the root type: each may be a mutation, or the beginning of a fetch. */
  readonly rootFields: number;
  readonly directives: number;
  /** Fields and fragments in all: what it costs to look at the operation at all. */
  readonly selections: number;
  /** How often a field of a type may stand on the way from the root to a field. */
  readonly recursion: number;
  /** Characters of a document, comments among them: those are no tokens. */
  readonly characters: number;
  /** Lexical tokens of a document. */
  readonly tokens: number;
  /** Operations in one HTTP request. */
  readonly batch: number;
  /** Bytes of an HTTP request's body, or of a message on a WebSocket. */
  readonly bodyBytes: number;
}

export const defaultLimits: Limits = {
  depth: 15,
  aliases: 50,
  rootFields: 20,
  directives: 50,
  selections: 2_000,
  recursion: 3,
  characters: 100_000,
  tokens: 10_000,
  batch: 10,
  bodyBytes: 1024 * 1024,
};

/** An operation goes beyond a limit, which its extensions name. */
export function tooComplex(limit: keyof typeof names, { [limit]: maximum }: Limits): Rejection {
  const message = `The operation is too complex: at most ${maximum} ${names[limit]} are allowed.`;
  return new Rejection([codedError('OPERATION_TOO_COMPLEX', message, { limit, maximum })]);
}

const names = {
  depth: 'levels of fields',
  aliases: 'aliases',
  rootFields: 'root fields',
  directives: 'directives',
  selections: 'fields and fragments',
  recursion: 'occurrences of a field inside of itself',
  characters: 'characters',
  tokens: 'tokens',
} as const;

interface Size {
  readonly depth: number;
  readonly aliases: number;
  readonly directives: number;
  readonly selections: number;
  /** Fields that are not inside of others. */
  readonly fields: number;
}

const nothing: Size = { depth: 0, aliases: 0, directives: 0, selections: 0, fields: 0 };

/**
 * Measures every operation of a document before anything is done whose cost grows faster than the document. Each fragment
 * is measured once, however often it is spread; one that contains itself is left to validation.
 *
 * @throws Rejection with `OPERATION_TOO_COMPLEX`
 */
export function checkSize(document: DocumentNode, limits: Limits): void {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of document.definitions)
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);
  const known = new Map<string, Size>();

  const ofFragment = (name: string): Size => {
    const measured = known.get(name);
    if (measured) return measured;
    const fragment = fragments.get(name);
    if (!fragment) return nothing;
    known.set(name, nothing);
    const size = withDirectives(ofSet(fragment.selectionSet), fragment);
    known.set(name, size);
    return size;
  };
  const ofSelection = (selection: SelectionNode): Size => {
    if (selection.kind === Kind.FRAGMENT_SPREAD)
      return withDirectives(counted(ofFragment(selection.name.value)), selection);
    if (selection.kind === Kind.INLINE_FRAGMENT)
      return withDirectives(counted(ofSet(selection.selectionSet)), selection);
    const inner = selection.selectionSet ? ofSet(selection.selectionSet) : nothing;
    return withDirectives(
      {
        ...counted(inner),
        depth: isAboutSchema(selection.name.value) ? 1 : inner.depth + 1,
        aliases: inner.aliases + (selection.alias ? 1 : 0),
        fields: 1,
      },
      selection,
    );
  };
  const ofSet = ({ selections }: SelectionSetNode): Size => selections.map(ofSelection).reduce(sum, nothing);

  for (const definition of document.definitions)
    if (definition.kind === Kind.OPERATION_DEFINITION) check(withVariables(ofSet(definition.selectionSet), definition));
    else if (definition.kind === Kind.FRAGMENT_DEFINITION) check({ ...ofFragment(definition.name.value), fields: 0 });

  function check({ depth, aliases, directives, selections, fields }: Size): void {
    if (depth > limits.depth) throw tooComplex('depth', limits);
    if (aliases > limits.aliases) throw tooComplex('aliases', limits);
    if (fields > limits.rootFields) throw tooComplex('rootFields', limits);
    if (directives > limits.directives) throw tooComplex('directives', limits);
    if (selections > limits.selections) throw tooComplex('selections', limits);
  }
}

function sum(a: Size, b: Size): Size {
  return {
    depth: Math.max(a.depth, b.depth),
    aliases: a.aliases + b.aliases,
    directives: a.directives + b.directives,
    selections: a.selections + b.selections,
    fields: a.fields + b.fields,
  };
}

function counted(size: Size): Size {
  return { ...size, selections: size.selections + 1 };
}

function withDirectives(
  size: Size,
  { directives = [] }: { readonly directives?: readonly unknown[] | undefined },
): Size {
  return directives.length === 0 ? size : { ...size, directives: size.directives + directives.length };
}

function withVariables(size: Size, operation: OperationDefinitionNode): Size {
  const all = [operation, ...(operation.variableDefinitions ?? [])];
  return all.reduce(withDirectives, size);
}

function isAboutSchema(field: string): boolean {
  return field === '__schema' || field === '__type';
}
