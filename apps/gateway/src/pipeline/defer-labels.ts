import { type ASTVisitor, GraphQLError, Kind, type ValidationContext } from 'graphql';

/** The labels of `@defer` are texts, and each is there once: a client tells by them which part has come. */
export function DeferLabelsRule(context: ValidationContext): ASTVisitor {
  const known = new Set<string>();
  return {
    Directive(directive) {
      if (directive.name.value !== 'defer') return;
      const label = directive.arguments?.find(({ name }) => name.value === 'label')?.value;
      if (!label || label.kind === Kind.NULL) return;
      if (label.kind !== Kind.STRING)
        context.reportError(new GraphQLError('The label of @defer must be a text in the document.', { nodes: label }));
      else if (known.has(label.value))
        context.reportError(new GraphQLError(`The label "${label.value}" of @defer is there twice.`, { nodes: label }));
      else known.add(label.value);
    },
  };
}
