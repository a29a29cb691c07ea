import type { NamedType, Schema } from '@apollo/federation-internals';
import { ID_PREFIXES } from '@paygraph/ids';

/** A type that `node(id:)` finds: its ids begin with `prefix_`, and `owner` is the subgraph that knows whether it exists. */
export interface NodeType {
  readonly name: string;
  readonly prefix: string;
  readonly owner: string;
}

/**
 * The types that a supergraph's own subgraph for `node(id:)` has stubs of. Each is owned by the one other subgraph in which it
 * implements `Node`.
 *
 * @throws Error naming a type of which no prefix is known, or not one owner
 */
export function nodeTypesOf(supergraph: Schema, nodes: string): readonly NodeType[] {
  const names = graphNames(supergraph);
  const prefixes = new Map(Object.entries(ID_PREFIXES).map(([prefix, kind]) => [pascalCase(kind), prefix]));
  return [...supergraph.objectTypes()].flatMap((type) => {
    const implementing = graphsIn(type).map((graph) => names.get(graph) ?? graph);
    if (!implementing.includes(nodes)) return [];
    const [owner, ...others] = implementing.filter((name) => name !== nodes);
    const prefix = prefixes.get(type.name);
    if (owner === undefined || others.length > 0)
      throw new Error(`${type.name} must implement Node in one subgraph, which owns it; found: ${[owner, ...others]}`);
    if (prefix === undefined) throw new Error(`No prefix of ids is declared for ${type.name}, which implements Node`);
    return [{ name: type.name, prefix, owner }];
  });
}

/** The names of subgraphs by the values that stand for them in a supergraph. */
function graphNames(supergraph: Schema): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  for (const application of supergraph.directive('join__graph')?.applications() ?? []) {
    const { name } = application.arguments();
    const value: { readonly name?: unknown } = application.parent as object;
    if (typeof value.name === 'string') names.set(value.name, String(name));
  }
  return names;
}

/** In which of them the type implements `Node`. */
function graphsIn(type: NamedType): string[] {
  return type.appliedDirectives
    .filter(({ name }) => name === 'join__implements')
    .map((application) => application.arguments())
    .filter((given) => given.interface === 'Node')
    .map(({ graph }) => String(graph));
}

function pascalCase(words: string): string {
  return words.replace(/(?:^| )(\w)/g, (_match, letter: string) => letter.toUpperCase());
}
