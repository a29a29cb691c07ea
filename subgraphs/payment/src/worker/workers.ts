import type { Logger, Tracing } from '@paygraph/service';
import type { Database } from '../database.ts';
import { compensations } from '../payment/compensation.ts';
import type { Endings } from '../payment/ending.ts';
import type { Moves } from '../payment/move.ts';
import type { Payment } from '../payment/payment.ts';
import type { Payments } from '../payment/store.ts';
import type { Peers } from '../peers/peers.ts';
import type { Quotes } from '../quote/quote.ts';
import type { Attempts } from '../rails/attempt-store.ts';
import { createAttemptWork } from '../rails/attempt-work.ts';
import { createCaller } from '../rails/call.ts';
import { createChargeWork } from '../rails/charge-work.ts';
import type { LiveRail } from '../rails/live-rail.ts';
import { createRides } from '../rails/ride.ts';
import type { Router } from '../rails/router.ts';
import { createStatementWork } from '../rails/statement-work.ts';
import { purgeWebhooks } from '../rails/webhook-purge.ts';
import { createWebhookWork } from '../rails/webhook-work.ts';
import type { Refunds } from '../refund/store.ts';
import { createRefundWork } from '../refund/work.ts';
import type { Settlements } from '../settlement/store.ts';
import { createSettlementWork } from '../settlement/work.ts';
import type { SuspenseItems } from '../suspense/store.ts';
import { createSuspenseWork } from '../suspense/work.ts';
import type { Hints } from '../timeline/hints.ts';
import type { Tuning } from '../tuning.ts';
import { createAtOnce } from './at-once.ts';
import { createBooks } from './books.ts';
import { createCarrier } from './carrier.ts';
import { createChecks } from './checks.ts';
import { createCompensator } from './compensate.ts';
import { createExtender } from './extend.ts';
import { type Claim, createLeases, type Lease } from './lease.ts';
import { createLoop, type Loop, type LoopOptions } from './loop.ts';
import type { WorkObserver } from './metrics.ts';
import { createRailStages } from './rail-stages.ts';
import { createReturns } from './returns.ts';
import { createStages } from './stages.ts';

export interface WorkerDependencies {
  readonly database: Database;
  readonly peers: Peers;
  readonly moves: Moves;
  readonly endings: Endings;
  readonly payments: Payments;
  readonly quotes: Quotes;
  readonly attempts: Attempts;
  readonly refunds: Refunds;
  readonly items: SuspenseItems;
  readonly settlements: Settlements;
  readonly rails: ReadonlyMap<string, LiveRail>;
  readonly router: Router;
  readonly hints: Hints;
  /** Names this process in the leases it takes. */
  readonly owner: string;
  readonly tuning: Tuning;
  readonly logger: Logger;
  readonly observe?: WorkObserver | undefined;
  readonly tracing?: Tracing | undefined;
}

export interface Workers {
  /** Before payments are made: lets more come along while others are carried on, though never for long. */
  gather(): Promise<void>;
  /** Before payments are made: who is to carry them on. */
  expect(): Expectation;
  /** Tells the world of steps taken, and the workers of what follows from them. */
  moved(payments: readonly Payment[]): void;
  /** There is something new to do: here and in other processes somebody takes it up. */
  made(...kinds: Work[]): void;
  start(): Promise<void>;
  /** Takes up nothing more and finishes what is under way. */
  stop(): Promise<void>;
}

/** Payments that are about to be made. One of the two is called, once. */
export interface Expectation {
  /**
   * With it they are made as this process's already, their checks begun, and need not be looked for. None while as much is
   * under way as may be, or while there are no workers here.
   */
  readonly lease?: Lease;
  made(payments: readonly Payment[]): void;
  /** They came to nothing. */
  dropped(): void;
}

/** Everything that goes on beside requests: carrying payments on, ending those out of time, settling what peers are owed. */
export function createWorkers(dependencies: WorkerDependencies): Workers {
  const { hints, tuning, logger, observe } = dependencies;
  const { pollMs, concurrency, batchSize } = tuning;
  const { rounds, begin } = createRounds(dependencies, {
    moved: (payments) => moved(payments),
    nudge: (name) => loops[name].nudge(),
    nudgeIn: (name, delayMs) => loops[name].nudgeIn(delayMs),
  });
  const loop = (name: LoopName, options: Partial<LoopOptions> = {}) =>
    createLoop({ name, pollMs, logger, round: rounds[name], observe, ...options });
  const loops: Record<LoopName, Loop> = {
    work: loop('work', { concurrency, batchSize }),
    // A round lasts as long as its slowest rail takes, and others must not wait for it.
    attempts: loop('attempts', { concurrency }),
    refunds: loop('refunds'),
    suspense: loop('suspense'),
    charges: loop('charges'),
    settlements: loop('settlements'),
    webhooks: loop('webhooks'),
    statements: loop('statements'),
    expire: loop('expire'),
    // Of a round there is never anything left to be done at once.
    extend: loop('extend', { pollMs: tuning.extendMs, batchSize: Number.POSITIVE_INFINITY }),
    compensate: loop('compensate', { batchSize, gatherMs: gatherMs.owed }),
    purge: loop('purge', { pollMs: tuning.purgeMs }),
  };
  let stopListening = () => {};

  const moved = (payments: readonly Payment[]) => {
    hints.moved(payments);
    observe?.moved(payments);
    const owing = payments.filter(({ state }) => compensations.some((owed) => owed.state === state));
    // What is held for nothing is given back at once; nobody waits for limits to count as used.
    if (owing.some(({ state }) => state !== 'CONFIRMED')) loops.compensate.nudgeIn(0);
    else if (owing.length > 0) loops.compensate.nudge();
  };
  const made = (...kinds: Work[]) => {
    for (const kind of kinds) {
      hints.workWaiting(kind);
      loops[kind].nudge();
    }
  };
  return {
    moved,
    made,
    gather: () => loops.work.quiet(gatherMs.made),
    expect() {
      const place = loops.work.takePlace();
      if (!place)
        return {
          made(payments) {
            if (payments.length > 0) made('work');
          },
          dropped() {},
        };
      return {
        lease: { owner: dependencies.owner, leaseMs: tuning.leaseMs },
        made: (payments) => place.fill(() => begin(payments.map((payment) => ({ payment, from: 'INITIATED' })))),
        dropped: place.leave,
      };
    },
    async start() {
      stopListening = await hints.onWork((heard) => {
        const kind = works.find((one) => one === heard);
        for (const name of kind ? [kind] : works) loops[name].nudge();
      });
      for (const loop of Object.values(loops)) loop.start();
    },
    async stop() {
      stopListening();
      const { compensate, ...others } = loops;
      await Promise.all(Object.values(others).map((loop) => loop.stop()));
      // What followed from the last of their work.
      await compensate.stop();
    },
  };
}

/** What requests leave to be done: payments to be carried on, and what has a loop of its own. */
const works = ['work', 'attempts', 'refunds', 'suspense', 'settlements', 'webhooks'] as const;
export type Work = (typeof works)[number];

/** For so many ms what peers are owed for payments that went well gathers, and at most so long new payments do. */
const gatherMs = { owed: 250, made: 60 };

type LoopName = Work | 'charges' | 'statements' | 'expire' | 'extend' | 'compensate' | 'purge';

interface Signals {
  readonly moved: (payments: readonly Payment[]) => void;
  readonly nudge: (name: LoopName) => void;
  readonly nudgeIn: (name: LoopName, delayMs: number) => void;
}

interface Rounds {
  /** What each loop does in a round. */
  readonly rounds: Record<LoopName, LoopOptions['round']>;
  /** Carries on what was just claimed, and says how much that was. */
  readonly begin: (claims: readonly Claim[]) => Promise<number>;
}

function createRounds(dependencies: WorkerDependencies, signals: Signals): Rounds {
  const { database, peers, moves, payments, quotes, attempts, refunds, items, rails, router, tuning, logger, tracing } =
    dependencies;
  const { endings, observe } = dependencies;
  const { batchSize, leaseMs, backoff } = tuning;
  const { moved, nudge, nudgeIn } = signals;
  const books = createBooks(peers, logger);
  const atOnce = createAtOnce(books, moves, endings);
  const rides = createRides({ attempts, router, tuning: tuning.rails, created: () => nudge('attempts') });
  const leases = createLeases(database, { owner: dependencies.owner, leaseMs });
  const stages = createStages({
    checks: createChecks(peers, logger),
    books,
    atOnce,
    rails: createRailStages({ books, rides, attempts }),
  });
  const carry = createCarrier({
    passed: (payments) => observe?.moved(payments),
    ...{ stages, moves, leases, backoff, moved, logger, tracing },
    reviewPollMs: tuning.reviewPollMs,
    parkMs: tuning.rails.parkMs,
    postponed: (delayMs) => nudgeIn('work', delayMs),
  });
  const decided = () => {
    nudge('work');
    nudge('refunds');
    nudge('suspense');
    nudge('charges');
    nudge('compensate');
  };
  const begin = async (claims: readonly Claim[]) => {
    // What they need is asked for before anybody is told that it began.
    const carried = carry(claims.map(({ payment }) => payment));
    observe?.claimed(claims.map(({ from }) => from));
    moved(claims.flatMap(({ payment, from }) => (payment.state === from ? [] : [payment])));
    await carried;
    return claims.length;
  };
  const rounds: Rounds['rounds'] = {
    work: async () => begin(await leases.claim(batchSize)),
    attempts: createAttemptWork({
      ...{ database, attempts, batchSize, decided, logger, tracing },
      call: createCaller(rails, tuning.rails, logger),
      leaseMs: tuning.rails.attemptLeaseMs,
      postponed: (delayMs) => nudgeIn('attempts', delayMs),
    }),
    refunds: createRefundWork({
      ...{ refunds, books, rides, batchSize, leaseMs, backoff, moved },
      rails: tuning.rails,
    }),
    suspense: createSuspenseWork({
      ...{ items, books, rides, batchSize, leaseMs, backoff },
      rails: tuning.rails,
    }),
    charges: createChargeWork({ database, books, batchSize, leaseMs }),
    settlements: createSettlementWork({ settlements: dependencies.settlements, books, batchSize, leaseMs, backoff }),
    webhooks: createWebhookWork({
      ...{ database, attempts, items, batchSize, leaseMs, logger },
      hurried() {
        nudge('attempts');
        decided();
      },
    }),
    statements: createStatementWork({
      ...{ database, rails, logger },
      statementMs: tuning.rails.statementMs,
      received: () => nudge('webhooks'),
    }),
    async expire() {
      const ended = [...(await moves.expire(batchSize)), ...(await atOnce.expire(batchSize))];
      moved(ended);
      return ended.length > 0;
    },
    extend: createExtender({ database, peers, batchSize, leadMs: tuning.extendLeadMs, logger }),
    compensate: createCompensator({
      ...{ database, peers, batchSize, leaseMs, backoff, logger },
      bookReturns: createReturns({ payments, attempts, books, moves, moved }),
    }),
    async purge() {
      const quotesGone = await quotes.purge(batchSize);
      const webhooksGone = await purgeWebhooks(database, tuning.rails.webhookRetentionMs, batchSize);
      return quotesGone === batchSize || webhooksGone === batchSize;
    },
  };
  return { rounds, begin };
}
