import { type EventBus, listenSoon } from '@paygraph/events';
import type { Logger } from '@paygraph/service';
import type { Payment } from '../payment/payment.ts';

/** Says that there is something new to read. Losing a hint costs time, never an event. */
export interface Hints {
  /** These payments have taken a step. */
  moved(payments: readonly Payment[]): void;
  /** There is work of a kind that another process may take up at once. */
  workWaiting(kind: string): void;
  /** Calls `listener` with the number of each new step of the payment, until the returned function is called. */
  onMoved(paymentId: string, listener: (sequence: number) => void): Promise<() => void>;
  /**
   * Calls `listener` when another process has made work, with its kind, until the returned function is called; without a
   * kind when something may have been missed.
   */
  onWork(listener: (kind?: string) => void): Promise<() => void>;
}

const workTopic = 'payment.work';
const topicOf = (paymentId: string) => `payment.moved.${paymentId}`;

/**
 * @param sender tells this process's own hints about work from others'
 * @param patienceMs how long to wait for the bus: without it there are no hints, and the tables are read all the same
 */
export function createHints(bus: EventBus, sender: string, logger: Logger, patienceMs = 1_000): Hints {
  const listen = (topic: string, onMessage: (message: string) => void, onLate: () => void) =>
    listenSoon(bus, topic, onMessage, { onLate, logger, patienceMs });

  return {
    moved(payments) {
      for (const { id, sequence } of payments) void bus.publish(topicOf(id), String(sequence));
    },
    workWaiting(kind) {
      void bus.publish(workTopic, `${sender} ${kind}`);
    },
    onMoved: (paymentId, listener) =>
      listen(
        topicOf(paymentId),
        (message) => listener(Number(message)),
        () => listener(0),
      ),
    onWork: (listener) =>
      listen(
        workTopic,
        (message) => {
          const [from, kind] = message.split(' ');
          if (from !== sender) listener(kind);
        },
        () => listener(),
      ),
  };
}
