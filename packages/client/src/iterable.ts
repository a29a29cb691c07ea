import type { Sink } from 'graphql-ws';

/** Makes an iterable of what a sink is given. It begins at once, waits for a slow reader, and ends when it is left. */
export function iterableOf<T>(subscribe: (sink: Sink<T>) => () => void): AsyncIterableIterator<T> {
  const waiting: T[] = [];
  let end: { readonly error?: unknown } | undefined;
  let wake = (): void => undefined;
  const leave = subscribe({
    next(value) {
      waiting.push(value);
      wake();
    },
    error(error) {
      end ??= { error };
      wake();
    },
    complete() {
      end ??= {};
      wake();
    },
  });
  const something = () =>
    new Promise<void>((resolve) => {
      wake = resolve;
    });

  return {
    [Symbol.asyncIterator]() {
      return this;
    },
    async next() {
      while (waiting.length === 0 && !end) await something();
      const [value] = waiting.splice(0, 1);
      if (value !== undefined) return { done: false, value };
      if (end && 'error' in end) {
        const { error } = end;
        end = {};
        throw error;
      }
      return { done: true, value: undefined };
    },
    async return() {
      waiting.length = 0;
      end = {};
      leave();
      wake();
      return { done: true, value: undefined };
    },
  };
}
