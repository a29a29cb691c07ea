import {
  type DirectiveNode,
  type DocumentNode,
  Kind,
  type OperationDefinitionNode,
  type SelectionNode,
  type SelectionSetNode,
  type ValueNode,
  visit,
} from 'graphql';
import type { Variables } from '../graph/graph.ts';

/** `@skip` and `@include` decide by `if`; so does `@defer`, which is on without it. */
const conditional: ReadonlySet<string> = new Set(['skip', 'include', 'defer']);

/** The variables that decide what an operation selects: with the same values of these it is the same operation. */
export function conditionVariables(document: DocumentNode): readonly string[] {
  const found = new Set<string>();
  visit(document, {
    Directive(directive) {
      const condition = conditional.has(directive.name.value) ? conditionOf(directive) : undefined;
      if (condition?.kind === Kind.VARIABLE) found.add(condition.name.value);
    },
  });
  return [...found].sort();
}

/**
 * The document with its conditions decided: without `@skip` and `@include`, and without what they leave out. Whatever
 * plans or shapes the operation never meets a condition. `@defer` stays, without `if`, where it is on and `deferring`.
 */
export function decided(document: DocumentNode, variables: Variables, deferring: boolean): DocumentNode {
  const isTrue = (condition: ValueNode | undefined, otherwise: boolean): boolean => {
    if (condition?.kind === Kind.VARIABLE) return variables[condition.name.value] === true;
    return condition?.kind === Kind.BOOLEAN ? condition.value : otherwise;
  };
  const isSelected = ({ directives = [] }: SelectionNode): boolean =>
    directives.every((directive) => {
      if (directive.name.value === 'skip') return !isTrue(conditionOf(directive), false);
      if (directive.name.value === 'include') return isTrue(conditionOf(directive), true);
      return true;
    });
  const directivesOf = ({ directives = [] }: SelectionNode): readonly DirectiveNode[] =>
    directives.flatMap((directive) => {
      if (directive.name.value === 'skip' || directive.name.value === 'include') return [];
      if (directive.name.value !== 'defer') return [directive];
      return deferring && isTrue(conditionOf(directive), true) ? [withoutCondition(directive)] : [];
    });
  const selectionOf = (selection: SelectionNode): SelectionNode => {
    const directives = directivesOf(selection);
    if (selection.kind === Kind.FRAGMENT_SPREAD || !selection.selectionSet) return { ...selection, directives };
    return { ...selection, directives, selectionSet: setOf(selection.selectionSet) };
  };
  const setOf = (set: SelectionSetNode): SelectionSetNode => ({
    ...set,
    selections: set.selections.filter(isSelected).map(selectionOf),
  });
  return {
    ...document,
    definitions: document.definitions.map((definition) =>
      'selectionSet' in definition ? { ...definition, selectionSet: setOf(definition.selectionSet) } : definition,
    ),
  };
}

/** The one operation of a document. */
export function operationIn(document: DocumentNode): OperationDefinitionNode {
  for (const definition of document.definitions) if (definition.kind === Kind.OPERATION_DEFINITION) return definition;
  throw new Error('The document has no operation');
}

function conditionOf({ arguments: given = [] }: DirectiveNode): ValueNode | undefined {
  return given.find(({ name }) => name.value === 'if')?.value;
}

function withoutCondition(directive: DirectiveNode): DirectiveNode {
  return { ...directive, arguments: directive.arguments?.filter(({ name }) => name.value !== 'if') ?? [] };
}
