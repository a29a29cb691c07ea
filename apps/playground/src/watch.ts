import type { GraphQLFormattedError } from 'graphql';
import { CloseCode, type FormattedExecutionResult } from 'graphql-ws';
import { isRecord, type JsonObject } from './json.ts';

/** How many events before the latest stay in sight. */
const REMEMBERED = 100;

/**
 * Events as the response pane shows them: the latest, with those before it in `extensions.earlier`, newest first, because
 * the pane holds one result at a time. An error that ends the events becomes a last result that says what to do.
 *
 * Not an async generator: its `return()` would wait for the next event before it let go of this one.
 */
export function watch(events: AsyncIterator<FormattedExecutionResult>): AsyncIterableIterator<JsonObject> {
  let earlier: readonly JsonObject[] = [];

  function show(result: FormattedExecutionResult): IteratorResult<JsonObject> {
    const value = earlier.length === 0 ? result : { ...result, extensions: { ...result.extensions, earlier } };
    earlier = [{ ...result }, ...earlier].slice(0, REMEMBERED);
    return { done: false, value: { ...value } };
  }

  return {
    [Symbol.asyncIterator]() {
      return this;
    },
    async next() {
      try {
        const { done, value } = await events.next();
        return done ? { done, value: undefined } : show(value);
      } catch (error) {
        return show({ errors: errorsOf(error) });
      }
    },
    async return() {
      await events.return?.();
      return { done: true, value: undefined };
    },
  };
}

/** What graphql-ws ends a subscription with: GraphQL errors, the close event of the socket, or anything else. */
function errorsOf(error: unknown): readonly GraphQLFormattedError[] {
  if (Array.isArray(error)) return error;
  return [{ message: closingMessage(error) }];
}

function closingMessage(closing: unknown): string {
  const { code, reason } = isRecord(closing) ? closing : {};
  if (typeof code !== 'number') return 'No WebSocket connection could be made. Is the platform running?';
  const cause = typeof reason === 'string' && reason !== '' ? `${code}: ${reason}` : code;
  if (code === CloseCode.Forbidden || code === CloseCode.Unauthorized) {
    return `The access token is missing, expired or not valid (${cause}). Run the tab LogIn, then this one again.`;
  }
  return `The connection was closed (${cause}). Run the subscription again to go on.`;
}
