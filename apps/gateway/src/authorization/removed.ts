import { type DirectiveNode, type FieldNode, Kind } from 'graphql';

/** It is known by its identity: whatever a client may write is another. */
const mark: DirectiveNode = { kind: Kind.DIRECTIVE, name: { kind: Kind.NAME, value: 'unauthorized' } };

/** A field that stays in the document for its place in the answer, which is null. It is not planned, nor what is below it. */
export function removed(field: FieldNode): FieldNode {
  return { ...field, directives: [mark] };
}

export function isRemoved({ directives }: FieldNode): boolean {
  return directives?.includes(mark) ?? false;
}
