import type { FetchDataRewrite, QueryPlanSelectionNode } from '@apollo/query-planner';
import type { Faults } from './faults.ts';
import type { Data } from './merge.ts';
import { jsonOf, quote } from './quote.ts';

/**
 * The JSON of what a subgraph must know of an object to find it. Undefined when the object is of a type that the fetch is
 * not for, null when something that the subgraph needs is missing.
 */
export type Represent = (object: Data, faults: Faults | undefined) => string | null | undefined;

/** Whether objects of the named type satisfy a type condition. */
export type Satisfies = (typename: string, condition: string) => boolean;

interface Part {
  readonly key: string;
  readonly lead: string;
  /** A value that takes the place of the object's own. */
  readonly fixed: string | undefined;
  readonly nested: Represent | undefined;
}

/** Compiles what a fetch requires. Its parts are worked out for each type once. */
export function compileRepresentation(
  selections: readonly QueryPlanSelectionNode[],
  rewrites: readonly FetchDataRewrite[],
  satisfies: Satisfies,
): Represent {
  const known = new Map<unknown, readonly Part[]>();
  const partsOf = (typename: unknown): readonly Part[] => {
    let parts = known.get(typename);
    if (!parts) {
      parts = partsFor(typename, selections, rewrites, satisfies);
      known.set(typename, parts);
    }
    return parts;
  };
  return (object, faults) => {
    const parts = partsOf(object.__typename);
    if (parts.length === 0) return undefined;
    let text = '{';
    for (let index = 0; index < parts.length; index += 1) {
      const part = parts[index] as Part;
      const value = part.fixed ?? partJson(part, object, faults);
      if (value === null) return null;
      text += index === 0 ? part.lead + value : `,${part.lead}${value}`;
    }
    return `${text}}`;
  };
}

function partJson({ key, nested }: Part, object: Data, faults: Faults | undefined): string | null {
  const value = object[key];
  if (value === undefined) return null;
  // Null for want of the true value would make the subgraph answer wrongly.
  if (value === null) return faults?.isTainted(object, key) ? null : 'null';
  return nested ? nestedJson(value, nested, faults) : jsonOf(value);
}

function nestedJson(value: unknown, nested: Represent, faults: Faults | undefined): string | null {
  if (value === null || value === undefined) return 'null';
  if (!Array.isArray(value)) return typeof value === 'object' ? (nested(value as Data, faults) ?? null) : null;
  const items: string[] = [];
  for (const item of value) {
    const text = nestedJson(item, nested, faults);
    if (text === null) return null;
    items.push(text);
  }
  return `[${items.join()}]`;
}

function partsFor(
  typename: unknown,
  selections: readonly QueryPlanSelectionNode[],
  rewrites: readonly FetchDataRewrite[],
  satisfies: Satisfies,
): Part[] {
  const applies = (condition: string): boolean => typeof typename !== 'string' || satisfies(typename, condition);
  const fields = new Map<string, QueryPlanSelectionNode[]>();
  const visit = (nodes: readonly QueryPlanSelectionNode[]): void => {
    for (const node of nodes) {
      if (node.kind === 'InlineFragment') {
        if (node.typeCondition === undefined || applies(node.typeCondition)) visit(node.selections);
      } else {
        const key = node.alias ?? node.name;
        fields.set(key, [...(fields.get(key) ?? []), ...(node.selections ?? [])]);
      }
    }
  };
  visit(selections);
  const here = rewrites.flatMap((rewrite) => withoutConditions(rewrite, applies));
  return [...fields].map(([key, nested]) => {
    const own = here.filter(({ path }) => path[0] === key);
    const [rewrite] = own.filter(({ path }) => path.length === 1);
    const below = own.filter(({ path }) => path.length > 1).map((each) => ({ ...each, path: each.path.slice(1) }));
    return {
      key,
      lead: `${quote(rewrite?.kind === 'KeyRenamer' ? rewrite.renameKeyTo : key)}:`,
      fixed: rewrite?.kind === 'ValueSetter' ? jsonOf(rewrite.setValueTo) : undefined,
      nested: nested.length > 0 ? compileRepresentation(nested, below, satisfies) : undefined,
    };
  });
}

const CONDITION = '... on ';

/** The rewrite with the conditions at its beginning decided; nothing when one does not hold. */
function withoutConditions(rewrite: FetchDataRewrite, applies: (condition: string) => boolean): FetchDataRewrite[] {
  let path = rewrite.path;
  for (let first = path[0]; first?.startsWith(CONDITION); first = path[0]) {
    if (!applies(first.slice(CONDITION.length))) return [];
    path = path.slice(1);
  }
  return [{ ...rewrite, path }];
}

/** Undoes, in what a subgraph has answered, what the planner had to rename in its request. */
export function applyRewrites(value: unknown, rewrites: readonly FetchDataRewrite[], satisfies: Satisfies): void {
  for (const rewrite of rewrites) applyRewrite(value, rewrite, satisfies);
}

function applyRewrite(value: unknown, rewrite: FetchDataRewrite, satisfies: Satisfies): void {
  if (value === null || typeof value !== 'object') return;
  if (Array.isArray(value)) {
    for (const item of value) applyRewrite(item, rewrite, satisfies);
    return;
  }
  const object = value as Data;
  const { __typename: typename } = object;
  const applies = (condition: string): boolean => typeof typename !== 'string' || satisfies(typename, condition);
  for (const { path, ...rest } of withoutConditions(rewrite, applies)) {
    const [key, ...below] = path;
    if (key === undefined || object[key] === undefined) continue;
    if (below.length > 0) applyRewrite(object[key], { ...rest, path: below } as FetchDataRewrite, satisfies);
    else rewriteField(object, key, rewrite);
  }
}

function rewriteField(object: Data, key: string, rewrite: FetchDataRewrite): void {
  if (rewrite.kind === 'ValueSetter') {
    object[key] = rewrite.setValueTo;
    return;
  }
  object[rewrite.renameKeyTo] = object[key];
  delete object[key];
}
