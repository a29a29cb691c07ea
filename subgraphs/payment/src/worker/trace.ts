import type { Tracing } from '@paygraph/service';
import { type Span, within } from '@paygraph/tracing';

/**
 * Runs a piece of work for several payments, with a span in the trace of each. What is asked of peers and the database for
 * all of them together stands below the first of these spans, to which the others point.
 */
export async function tracedStage<Result>(
  tracing: Tracing | undefined,
  name: string,
  payments: readonly { readonly id: string; readonly traceparent: string | null }[],
  run: () => Promise<Result>,
): Promise<Result> {
  const spans: Span[] = [];
  for (const { id, traceparent } of tracing ? payments : []) {
    if (traceparent === null) continue;
    const links = spans.slice(0, 1).map((first) => first.traceparent);
    const span = tracing?.begin(name, {
      kind: 'consumer',
      parent: traceparent,
      links,
      attributes: { 'paygraph.payment.id': id },
    });
    if (span) spans.push(span);
  }
  try {
    return await within(spans[0], run);
  } catch (error) {
    for (const span of spans) span.fail(error);
    throw error;
  } finally {
    for (const span of spans) span.end();
  }
}
