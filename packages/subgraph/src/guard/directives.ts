import {
  type ConstDirectiveNode,
  type ConstValueNode,
  type DocumentNode,
  Kind,
  type SchemaDefinitionNode,
  type SchemaExtensionNode,
  valueFromASTUntyped,
} from 'graphql';

const names = ['authenticated', 'requiresScopes', 'policy', 'inaccessible', 'key', 'external'] as const;
type DirectiveName = (typeof names)[number];

/** Under which names a schema uses federation's directives. */
export type DirectiveNames = Readonly<Record<DirectiveName, string>>;

/** Anything that carries directives: a type or field with its definition and extensions. */
export interface Annotated {
  readonly astNode?: { readonly directives?: readonly ConstDirectiveNode[] | undefined } | null | undefined;
  readonly extensionASTNodes?:
    | readonly { readonly directives?: readonly ConstDirectiveNode[] | undefined }[]
    | undefined;
}

/**
 * Reads from the schema's `@link` to federation 2 what its directives are called: as imported, as renamed with `as`, or
 * with the namespace (`@federation__key`) when not imported.
 *
 * @throws TypeError when the schema does not link to federation 2.
 */
export function directiveNames(document: DocumentNode): DirectiveNames {
  const link = document.definitions
    .filter(isSchemaNode)
    .flatMap((node) => node.directives ?? [])
    .filter((directive) => directive.name.value === 'link')
    .map(argumentsOf)
    .find(({ url }) => typeof url === 'string' && /\/federation\/v2\.\d+$/.test(url));
  if (!link) throw new TypeError('The schema needs an @link to federation 2');
  const namespace = typeof link.as === 'string' ? link.as : 'federation';
  const imports = new Map((Array.isArray(link.import) ? link.import : []).map(importedName));
  const nameOf = (name: DirectiveName) => imports.get(`@${name}`) ?? `${namespace}__${name}`;
  return {
    authenticated: nameOf('authenticated'),
    requiresScopes: nameOf('requiresScopes'),
    policy: nameOf('policy'),
    inaccessible: nameOf('inaccessible'),
    key: nameOf('key'),
    external: nameOf('external'),
  };
}

/** All uses of a directive on something, with their arguments. */
export function usesOf(annotated: Annotated, name: string): Record<string, unknown>[] {
  const nodes = [annotated.astNode, ...(annotated.extensionASTNodes ?? [])];
  return nodes
    .flatMap((node) => node?.directives ?? [])
    .filter((directive) => directive.name.value === name)
    .map(argumentsOf);
}

function argumentsOf(directive: ConstDirectiveNode): Record<string, unknown> {
  const entries = (directive.arguments ?? []).map(({ name, value }) => [name.value, plainValue(value)] as const);
  return Object.fromEntries(entries);
}

function plainValue(value: ConstValueNode): unknown {
  return valueFromASTUntyped(value);
}

function importedName(item: unknown): [string, string] {
  if (typeof item === 'string') return [item, item.slice(1)];
  if (typeof item === 'object' && item !== null && 'name' in item && typeof item.name === 'string') {
    const local = 'as' in item && typeof item.as === 'string' ? item.as : item.name;
    return [item.name, local.slice(1)];
  }
  throw new TypeError('An import of @link must be a name or { name, as }');
}

function isSchemaNode(node: { kind: Kind }): node is SchemaDefinitionNode | SchemaExtensionNode {
  return node.kind === Kind.SCHEMA_DEFINITION || node.kind === Kind.SCHEMA_EXTENSION;
}
