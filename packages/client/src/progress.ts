import type { FormattedExecutionResult, SubscribePayload } from 'graphql-ws';
import type { ResumableField } from './fields.ts';

type Result = FormattedExecutionResult<unknown, unknown>;

/** How far one subscription has come. */
export interface Progress {
  /**
   * The operation with the variables to ask it with now. A client that connects again by itself sends this object again:
   * by then its variables have moved on.
   */
  readonly payload: SubscribePayload;
  /** Notes an event. False for one that was there before. */
  accept(result: Result): boolean;
}

/** The codes with which the gateway ends a subscription, or does not begin it, that may be had a little later. */
const passing: ReadonlySet<unknown> = new Set([
  'RESUME',
  'SUBSCRIPTION_INTERRUPTED',
  'SUBGRAPH_UNAVAILABLE',
  'SERVICE_UNAVAILABLE',
]);

/** Whether an answer is no event, but the end of a subscription that can be taken up again. */
export function asksToResume({ data, errors = [] }: Result): boolean {
  return data == null && errors.some(({ extensions }) => passing.has(extensions?.code));
}

/** Follows an operation, or undefined when it cannot be taken up again: it has none of the variables. */
export function progressOf(payload: SubscribePayload, fields: readonly ResumableField[]): Progress | undefined {
  const used = fields.filter(({ variable }) => new RegExp(`\\$${variable}\\b`).test(payload.query));
  if (used.length === 0) return undefined;
  let cursor: unknown;
  let variables = payload.variables ?? {};
  return {
    payload: {
      ...payload,
      get variables() {
        return variables;
      },
    },
    accept(result) {
      const found = used.map((each) => ({ ...each, value: cursorIn(result, each) })).find(({ value }) => value != null);
      if (!found) return true;
      if (!isAfter(found.value, cursor)) return false;
      cursor = found.value;
      variables = { ...variables, [found.variable]: cursor };
      return true;
    },
  };
}

function cursorIn({ data }: Result, { field, cursor }: ResumableField): unknown {
  const event = isRecord(data) ? data[field] : undefined;
  return isRecord(event) ? event[cursor] : undefined;
}

/** Sequences are in order; of other cursors it is only known whether they are the same. */
function isAfter(cursor: unknown, last: unknown): boolean {
  return typeof cursor === 'number' && typeof last === 'number' ? cursor > last : cursor !== last;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
