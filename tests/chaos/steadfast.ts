import { setTimeout as delay } from 'node:timers/promises';
import { resuming } from '@paygraph/client';
import { GraphRequestError, type Person, personWith, type Step } from '@paygraph/standalone/client';
import { createClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import type { TestPlatform } from '../support/platform.ts';
import { tokenWithLeft } from '../support/tokens.ts';

type Role = Parameters<typeof tokenWithLeft>[3];

/**
 * The same person with a client that does not give up until the test is over: what an outage kept from being answered is
 * asked again, and what is watched goes on after what was seen. Their token lasts as long as the test.
 */
export async function steadfast<Somebody extends Person>(
  platform: TestPlatform,
  over: AbortSignal,
  person: Somebody,
  role?: Role,
): Promise<Somebody> {
  const accessToken = await tokenWithLeft(platform, person, 3 * 60 * 60, role);
  const { graph } = personWith(platform.url, person.name, accessToken);
  const live = createClient({
    url: platform.url.replace(/^http/, 'ws'),
    webSocketImpl: WebSocket,
    connectionParams: { authorization: `Bearer ${accessToken}` },
    retryAttempts: Number.POSITIVE_INFINITY,
    shouldRetry: () => true,
    retryWait: () => delay(200),
  });
  return {
    ...person,
    accessToken,
    graph: (query, variables) => persist(over, () => graph(query, variables)),
    live: resuming(live, { attempts: Number.POSITIVE_INFINITY, delayMs: 100, longestDelayMs: 2_000 }),
  };
}

/** Repeats what the absence of a service kept from being done. */
async function persist<Value>(over: AbortSignal, attempt: () => Promise<Value>): Promise<Value> {
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (!isOutage(error) || over.aborted) throw error;
    }
    await delay(100 + Math.random() * 200);
  }
}

const outageCodes: readonly unknown[] = ['SUBGRAPH_UNAVAILABLE', 'SUBGRAPH_OVERLOADED', 'SERVICE_UNAVAILABLE'];

function isOutage(error: unknown): boolean {
  // The gateway itself is away: nothing was answered.
  if (error instanceof TypeError) return error.message === 'fetch failed' || error.message === 'terminated';
  return (
    error instanceof GraphRequestError && error.errors.every(({ extensions }) => outageCodes.includes(extensions?.code))
  );
}

/** The steps of a payment as somebody sees them. One at a time may wait for them. */
export interface Watch {
  /** Their numbers, in the order in which they came. */
  readonly sequences: readonly number[];
  /** Resolves, with the first of these states that was seen, as soon as one was. */
  reached(...states: readonly string[]): Promise<string>;
  /** Resolves when as many steps have been seen. */
  saw(count: number): Promise<void>;
  stop(): Promise<void>;
}

const steps = `subscription ($id: ID!, $afterSequence: Int! = 0) {
  paymentStateChanged(paymentId: $id, afterSequence: $afterSequence) { sequence state }
}`;

/**
 * @param until told of what is waited for
 * @param seen told of every step
 */
export function watch(
  { live }: Person,
  id: string,
  until: (what: string, it: Promise<void>) => Promise<void>,
  seen: () => void,
): Watch {
  const sequences: number[] = [];
  const states: string[] = [];
  let wake = () => {};
  let failure: { readonly error: unknown } | undefined;
  const results = live.iterate<{ paymentStateChanged: Step }>({ query: steps, variables: { id, afterSequence: 0 } });
  const watching = (async () => {
    for await (const { data, errors } of results) {
      if (!data) throw new GraphRequestError(errors ?? []);
      sequences.push(data.paymentStateChanged.sequence);
      states.push(data.paymentStateChanged.state);
      seen();
      wake();
    }
  })().catch((error: unknown) => {
    failure = { error };
    wake();
  });
  const when = async (holds: () => boolean) => {
    while (!holds()) {
      if (failure) throw failure.error;
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  };
  return {
    sequences,
    async reached(...wanted) {
      await until(
        wanted.join(' or '),
        when(() => states.some((state) => wanted.includes(state))),
      );
      return states.find((state) => wanted.includes(state)) ?? '';
    },
    saw: (count) =>
      until(
        `step ${count}`,
        when(() => sequences.length >= count),
      ),
    async stop() {
      await results.return?.();
      await watching;
      if (failure) throw failure.error;
    },
  };
}
