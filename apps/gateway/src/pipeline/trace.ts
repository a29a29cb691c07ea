import type { Tracing } from '@paygraph/tracing';
import { type DocumentNode, getOperationAST } from 'graphql';
import { type RequestScope, withSpan } from '../scope.ts';

/** Runs an operation in the span of its request, which says then what it was, or in one of its own if it came otherwise. */
export function traceOperation<Result>(
  tracing: Tracing | undefined,
  { document }: { readonly document: DocumentNode },
  scope: RequestScope,
  run: (scope: RequestScope) => Promise<Result>,
): Promise<Result> {
  if (scope.span) {
    if (scope.span.recording) scope.span.set(attributesOf(document));
    return run(scope);
  }
  const span = tracing?.begin('operation', { kind: 'server', attributes: attributesOf(document) });
  if (!span) return run(scope);
  return run(withSpan(scope, span)).finally(() => span.end());
}

/** Runs what follows an event in the trace that it belongs to. */
export function traceEvent<Result>(
  tracing: Tracing | undefined,
  { document }: { readonly document: DocumentNode },
  { traceparent: parent }: { readonly traceparent?: string },
  scope: RequestScope,
  run: (scope: RequestScope) => Promise<Result>,
): Promise<Result> {
  if (!tracing || parent === undefined) return run(scope);
  const span = tracing.begin('event', { kind: 'consumer', parent, attributes: attributesOf(document) });
  return run(withSpan(scope, span)).finally(() => span.end());
}

function attributesOf(document: DocumentNode) {
  const operation = getOperationAST(document);
  const name = operation?.name?.value;
  return {
    ...(operation && { 'graphql.operation.type': operation.operation }),
    ...(name !== undefined && { 'graphql.operation.name': name }),
  };
}
