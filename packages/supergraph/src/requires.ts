import { FieldDefinition, type Subgraph } from '@apollo/federation-internals';
import { type ASTNode, type FieldNode, parse, visit } from 'graphql';

/** A rule of Paygraph's own that a subgraph breaks, at one field. */
export type LintProblem = {
  readonly subgraph: string;
  readonly type: string;
  readonly field: string;
  readonly message: string;
};

/**
 * Finds arguments inside the field sets of `@requires`, at any depth and under whatever local name the directive has.
 *
 * Composition allows them, but the gateway looks the required value up by the field's name alone: when the
 * client selects the same field with other arguments, the subgraph silently gets the client's value. Refusing them
 * here is the only place where nobody can be surprised.
 */
export const lintRequires = (subgraph: Subgraph): LintProblem[] =>
  [...subgraph.metadata().requiresDirective().applications()].flatMap((application) => {
    const { parent: field } = application;
    const fieldSet: unknown = application.arguments().fields;
    if (!(field instanceof FieldDefinition) || typeof fieldSet !== 'string') return [];

    return fieldsWithArguments(fieldSet).map((required) => ({
      subgraph: subgraph.name,
      type: field.parent.name,
      field: field.name,
      message:
        `[${subgraph.name}] ${field.coordinate}: @${application.name}(fields: "${fieldSet}") passes arguments to ` +
        `"${required}". The gateway does not tell apart one field with different arguments, so it could hand over a ` +
        'value the client asked for. Require a field that takes no arguments.',
    }));
  });

const fieldsWithArguments = (fieldSet: string): string[] => {
  const found: string[] = [];
  visit(parseFieldSet(fieldSet), {
    Field: (field: FieldNode) => {
      if (field.arguments?.length) found.push(field.name.value);
    },
  });
  return found;
};

const parseFieldSet = (fieldSet: string): ASTNode =>
  parse(fieldSet.trimStart().startsWith('{') ? fieldSet : `{${fieldSet}}`, { noLocation: true });
