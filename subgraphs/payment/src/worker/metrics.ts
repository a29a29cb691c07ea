import { inFlight } from '@paygraph/service';
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { Database } from '../database.ts';
import type { PaymentState } from '../payment/lifecycle.ts';
import type { Payment } from '../payment/payment.ts';

/** What workers tell of what they do. */
export interface WorkObserver {
  /** Payments taken up, by the state each was in. */
  claimed(states: readonly PaymentState[]): void;
  /** Steps taken, each as the payment it led to. */
  moved(payments: readonly Payment[]): void;
  /** A worker has looked for work and done what it found. */
  round(worker: string, outcome: 'worked' | 'idle' | 'failed', seconds: number): void;
}

/** Measures the workers of this process, and, whenever somebody asks, what waits for those of all processes. */
export function measureWork(registry: Registry, database: Database): WorkObserver {
  const claimed = new Counter({
    name: 'paygraph_payment_claimed_total',
    help: 'Payments that workers took up, by the state they were in.',
    labelNames: ['state'],
    registers: [registry],
  });
  const steps = new Counter({
    name: 'paygraph_payment_steps_total',
    help: 'Steps that payments took, by the state they led to.',
    labelNames: ['kind', 'state'],
    registers: [registry],
  });
  const failures = new Counter({
    name: 'paygraph_payment_failures_total',
    help: 'Payments that failed, by why.',
    labelNames: ['code'],
    registers: [registry],
  });
  const rounds = new Histogram({
    name: 'paygraph_payment_round_duration_seconds',
    help: 'Time of a worker’s round: to look for work and to do what was found.',
    labelNames: ['worker', 'outcome'],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers: [registry],
  });
  measureQueues(registry, database);
  return {
    claimed(states) {
      for (const state of states) claimed.inc({ state });
    },
    moved(payments) {
      for (const { kind, state, failureCode } of payments) {
        steps.inc({ kind, state });
        if (state === 'FAILED' && failureCode) failures.inc({ code: failureCode });
      }
    },
    round: (worker, outcome, seconds) => rounds.observe({ worker, outcome }, seconds),
  };
}

interface Queue {
  readonly work: string;
  readonly waiting: number;
  readonly due: number;
  /** How long the first of them has been due, in seconds. */
  readonly overdue: number;
  /** How old the oldest of them is, in seconds. */
  readonly age: number;
}

/** What there may be in a queue; none is reported as 0. */
const queues = [
  ...['INITIATED', 'VALIDATING', 'IN_REVIEW', 'PENDING', 'PROCESSING'],
  ...['attempts', 'charges', 'compensations', 'refunds', 'settlements', 'suspense', 'webhooks'],
];

function measureQueues(registry: Registry, database: Database): void {
  const read = inFlight(() => readQueues(database));
  const measure = (name: string, help: string, valueIn: (queue: Queue) => number) =>
    new Gauge({
      name: `paygraph_payment_queue_${name}`,
      help,
      labelNames: ['work'],
      registers: [registry],
      async collect() {
        const found = await read();
        this.reset();
        if (!found) return;
        for (const work of queues) {
          const queue = found.find((one) => one.work === work);
          this.set({ work }, queue ? valueIn(queue) : 0);
        }
      },
    });
  measure('depth', 'What has not ended, whether it is due or waits. Counts to 100,000.', ({ waiting }) => waiting);
  measure('due', 'What is due and in nobody’s hands.', ({ due }) => due);
  measure('overdue_seconds', 'How long the first that is due has been due.', ({ overdue }) => overdue);
  measure('oldest_seconds', 'How old the oldest that has not ended is.', ({ age }) => age);
}

/** Relies on the indexes of what is due: each has what has not ended, and nothing else. */
function readQueues(database: Database): Promise<Queue[]> {
  return database.$queryRaw<Queue[]>`
    WITH waiting (work, next_attempt_at, lease_until, created_at) AS (
      (SELECT state::text, next_attempt_at, lease_until, created_at FROM payment
        WHERE state IN ('INITIATED', 'VALIDATING', 'IN_REVIEW', 'PENDING', 'PROCESSING')
        ORDER BY next_attempt_at LIMIT 100000)
      UNION ALL
      (SELECT 'attempts', next_attempt_at, lease_until, created_at FROM payment_attempt
        WHERE state IN ('CREATED', 'SUBMITTED', 'ACCEPTED') ORDER BY next_attempt_at LIMIT 100000)
      UNION ALL
      (SELECT 'charges', charge_due_at, NULL, charge_due_at FROM payment_attempt
        WHERE charge_due_at IS NOT NULL ORDER BY charge_due_at LIMIT 100000)
      UNION ALL
      (SELECT 'refunds', next_attempt_at, lease_until, created_at FROM payment_refund
        WHERE state IN ('PENDING', 'PROCESSING') ORDER BY next_attempt_at LIMIT 100000)
      UNION ALL
      (SELECT 'suspense', next_attempt_at, lease_until, created_at FROM suspense_item
        WHERE state IN ('INCOMING', 'RELEASING', 'RETURNING') ORDER BY next_attempt_at LIMIT 100000)
      UNION ALL
      (SELECT 'compensations', next_attempt_at, NULL, created_at FROM payment_compensation
        WHERE acknowledged_at IS NULL ORDER BY next_attempt_at LIMIT 100000)
      UNION ALL
      (SELECT 'settlements', next_attempt_at, NULL, created_at FROM rail_settlement
        WHERE booked_at IS NULL ORDER BY next_attempt_at LIMIT 100000)
      UNION ALL
      (SELECT 'webhooks', next_attempt_at, NULL, received_at FROM rail_webhook
        WHERE processed_at IS NULL ORDER BY next_attempt_at LIMIT 100000)
    ),
    judged AS (
      SELECT *, next_attempt_at <= now() AND (lease_until IS NULL OR lease_until <= now()) AS is_due FROM waiting
    )
    SELECT work, count(*)::float8 AS waiting, (count(*) FILTER (WHERE is_due))::float8 AS due,
      COALESCE(extract(epoch FROM now() - min(next_attempt_at) FILTER (WHERE is_due)), 0)::float8 AS overdue,
      GREATEST(extract(epoch FROM now() - min(created_at)), 0)::float8 AS age
    FROM judged
    GROUP BY work`;
}
