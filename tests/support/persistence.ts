import { setTimeout as delay } from 'node:timers/promises';
import { GraphRequestError, type Person, type Step } from '@paygraph/standalone/client';
import { type Outcome, standingOf } from './payments.ts';

/** Something to be done once, however often it is asked for. */
export interface Order {
  readonly watcher: Person;
  /** Answers the payment's id. */
  readonly place: () => Promise<string>;
  readonly expected: Outcome;
}

export interface Result {
  readonly order: Order;
  readonly id: string;
  /** The numbers of the steps as they were seen. */
  readonly sequences: readonly number[];
  readonly outcome: Outcome;
}

const steps = `subscription ($id: ID!, $after: Int!) {
  paymentStateChanged(paymentId: $id, afterSequence: $after) { sequence settled }
}`;

/**
 * Asks until it is answered, watches until it is settled, and goes on after every outage where it stood, as a client does
 * that does not give up.
 */
export async function carryThrough(order: Order): Promise<Result> {
  const { watcher } = order;
  const id = await persist(order.place);
  const sequences: number[] = [];
  await persist(async () => {
    const variables = { id, after: sequences.at(-1) ?? 0 };
    for await (const { data, errors } of watcher.live.iterate<{ paymentStateChanged: Step }>({
      query: steps,
      variables,
    })) {
      if (!data) throw new GraphRequestError(errors ?? []);
      sequences.push(data.paymentStateChanged.sequence);
      if (data.paymentStateChanged.settled) return;
    }
  });
  return { order, id, sequences, outcome: await persist(() => standingOf(watcher, id)) };
}

/** Repeats what the absence of a service kept from being done. */
async function persist<Value>(attempt: () => Promise<Value>): Promise<Value> {
  const deadline = Date.now() + 60_000;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (!isOutage(error) || Date.now() > deadline) throw error;
    }
    await delay(200);
  }
}

const outageCodes: readonly unknown[] = ['SUBGRAPH_UNAVAILABLE', 'SUBSCRIPTION_INTERRUPTED'];

function isOutage(error: unknown): boolean {
  return (
    error instanceof GraphRequestError && error.errors.every(({ extensions }) => outageCodes.includes(extensions?.code))
  );
}
