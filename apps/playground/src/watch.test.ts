import type { FormattedExecutionResult } from 'graphql-ws';
import { describe, expect, it } from 'vitest';
import { watch } from './watch.ts';

const step = (sequence: number): FormattedExecutionResult => ({ data: { sequence } });

function failing(
  error: unknown,
  ...events: readonly FormattedExecutionResult[]
): AsyncIterator<FormattedExecutionResult> {
  const left = [...events];
  return {
    async next() {
      const value = left.shift();
      if (value === undefined) throw error;
      return { done: false, value };
    },
  };
}

async function allOf(events: AsyncIterable<unknown>): Promise<readonly unknown[]> {
  const all: unknown[] = [];
  for await (const event of events) all.push(event);
  return all;
}

async function lastOf(error: unknown, ...events: readonly FormattedExecutionResult[]): Promise<unknown> {
  const shown = watch(failing(error, ...events));
  for (const _ of events) await shown.next();
  return (await shown.next()).value;
}

describe('a watched subscription', () => {
  it('shows the latest event with those before it, newest first', async () => {
    async function* events() {
      yield step(1);
      yield step(2);
      yield { ...step(3), extensions: { cost: 7 } };
    }
    const shown = await allOf(watch(events()));
    expect(shown).toEqual([
      step(1),
      { ...step(2), extensions: { earlier: [step(1)] } },
      { ...step(3), extensions: { cost: 7, earlier: [step(2), step(1)] } },
    ]);
  });

  it('keeps the last hundred events in sight', async () => {
    async function* events() {
      for (let sequence = 1; sequence <= 150; sequence += 1) yield step(sequence);
    }
    const shown = await allOf(watch(events()));
    const earlier = Array.from({ length: 100 }, (_, index) => step(149 - index));
    expect(shown.at(-1)).toEqual({ ...step(150), extensions: { earlier } });
  });

  it('lets go of the events at once when it is stopped while waiting for one', async () => {
    let released = false;
    const silent: AsyncIterator<FormattedExecutionResult> = {
      next: () => new Promise(() => {}),
      return: async () => {
        released = true;
        return { done: true, value: undefined };
      },
    };
    const shown = watch(silent);
    void shown.next();
    await shown.return?.();
    expect(released).toBe(true);
  });

  it('says to log in when the access token is refused', async () => {
    const message =
      'The access token is missing, expired or not valid (4403: Forbidden). Run the tab LogIn, then this one again.';
    expect(await lastOf({ code: 4403, reason: 'Forbidden' })).toEqual({ errors: [{ message }] });
  });

  it('says that the connection was lost, and keeps the events', async () => {
    const message = 'The connection was closed (1006). Run the subscription again to go on.';
    expect(await lastOf({ code: 1006, reason: '' }, step(1))).toEqual({
      errors: [{ message }],
      extensions: { earlier: [step(1)] },
    });
  });

  it('says that nobody answers', async () => {
    const message = 'No WebSocket connection could be made. Is the platform running?';
    expect(await lastOf(new Error('refused'))).toEqual({ errors: [{ message }] });
  });

  it('shows the GraphQL errors that refuse an operation', async () => {
    const errors = [{ message: 'Payment not found.', extensions: { code: 'NOT_FOUND' } }];
    expect(await lastOf(errors)).toEqual({ errors });
  });
});
