import type { QueryPlan } from '@apollo/query-planner';
import { type DocumentNode, type GraphQLSchema, Kind, visit } from 'graphql';
import { codedError, Rejection } from '../errors.ts';
import { operationIn } from '../execution/conditions.ts';
import { concrete } from './concrete.ts';

/** The planner failed on an operation that is valid. */
export class Unplannable extends Rejection {}

/** The planner's only way to tell its limits from its faults. */
const TOO_COMPLEX = /^(?:Exceeded maximum recursive selections|Number of non-local selections exceeds)/;

/**
 * Apollo's planner, for all valid operations. It fails on fragments on an interface that a subgraph does not know, below one
 * that the subgraph knows as an object (`@interfaceObject`): such are planned as fragments on object types, which is the same.
 * What still fails is refused.
 *
 * @throws Rejection (from what is returned) with `OPERATION_TOO_COMPLEX`, or `Unplannable` with `OPERATION_NOT_SUPPORTED`
 */
export function createPlan(
  schema: GraphQLSchema,
  plan: (document: DocumentNode) => QueryPlan,
): (document: DocumentNode) => QueryPlan {
  const attempt = (document: DocumentNode): QueryPlan | undefined => {
    try {
      return plan(document);
    } catch (error) {
      if (error instanceof Error && TOO_COMPLEX.test(error.message))
        throw new Rejection([codedError('OPERATION_TOO_COMPLEX', 'The operation is too complex to be planned.')]);
      return undefined;
    }
  };
  return (document) => {
    const planned = attempt(document);
    if (planned) return planned;
    const other = concrete(document, schema);
    const replanned = other && attempt(other);
    if (!replanned) throw unplannable(document);
    return replanned;
  };
}

function unplannable(document: DocumentNode): Unplannable {
  const { operation, name } = operationIn(document);
  const what = name ? `The ${operation} "${name.value}"` : `This ${operation}`;
  const on = [...conditionsIn(document)].map((type) => `"${type}"`).join(', ');
  const hint = on && ` Ask without its fragments on ${on}, or with fragments on object types in their place.`;
  return new Unplannable([
    codedError('OPERATION_NOT_SUPPORTED', `${what} is valid but cannot be planned over the subgraphs.${hint}`),
  ]);
}

/** Types that its fragments are on. */
function conditionsIn(document: DocumentNode): ReadonlySet<string> {
  const types = new Set<string>();
  visit(document, {
    enter(node) {
      if (node.kind !== Kind.INLINE_FRAGMENT && node.kind !== Kind.FRAGMENT_DEFINITION) return;
      if (node.typeCondition) types.add(node.typeCondition.name.value);
    },
  });
  return types;
}
