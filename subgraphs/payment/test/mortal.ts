import { randomUUID } from 'node:crypto';
import { memoryBus } from '@paygraph/events';
import type { RailAdapter } from '@paygraph/rails';
import type { Database } from '../src/database.ts';
import { createEndings } from '../src/payment/ending.ts';
import { createMoves } from '../src/payment/move.ts';
import { createPayments } from '../src/payment/store.ts';
import type { Peers } from '../src/peers/peers.ts';
import { createQuotes } from '../src/quote/quote.ts';
import { createAttempts } from '../src/rails/attempt-store.ts';
import { createLiveRail } from '../src/rails/live-rail.ts';
import { createRouter } from '../src/rails/router.ts';
import { createRefunds } from '../src/refund/store.ts';
import { createSettlements } from '../src/settlement/store.ts';
import { createSuspenseItems } from '../src/suspense/store.ts';
import { createHints } from '../src/timeline/hints.ts';
import type { Tuning } from '../src/tuning.ts';
import { createWorkers, type Workers } from '../src/worker/workers.ts';
import { silent, tapped } from './platform.ts';

/** What the workers of a process reach the world by. */
export interface Reach {
  readonly database: Database;
  readonly peers: Peers;
  readonly rails: readonly RailAdapter[];
}

const bus = memoryBus();

/** The workers of a process, without anything that serves requests. */
export function workersOn({ database, peers, rails }: Reach, tuning: Tuning): Workers {
  const owner = randomUUID();
  const [moves, hints] = [createMoves(database, tuning), createHints(bus, owner, silent)];
  const live = rails.map((adapter) => createLiveRail(adapter, tuning.rails));
  const stores = {
    endings: createEndings(database, tuning),
    payments: createPayments(database),
    quotes: createQuotes(database, tuning),
    attempts: createAttempts(database),
    refunds: createRefunds(database),
    items: createSuspenseItems(database),
    settlements: createSettlements(database),
    router: createRouter(database, live, tuning.rails),
    rails: new Map(live.map((rail) => [rail.adapter.name, rail])),
  };
  return createWorkers({ ...stores, database, moves, hints, owner, tuning, peers, logger: silent });
}

/**
 * A life that ends with its `last` statement or call: made, its answer lost. Nothing that the next one could be is made, so
 * that an end before a step is the end after the one before it.
 */
export function mortal({ database, peers, rails }: Reach, last = Number.POSITIVE_INFINITY) {
  let done = 0;
  let end = last;
  const around = async <Answer>(call: () => PromiseLike<Answer>): Promise<Answer> => {
    done += 1;
    if (done > end) throw new Error('dead');
    const answer = await call();
    if (done >= end) throw new Error('dead');
    return answer;
  };
  const reach: Reach = {
    database: new Proxy(database, {
      get(client, name) {
        if (name === '$queryRaw')
          return (...args: Parameters<typeof client.$queryRaw>) => around(() => client.$queryRaw(...args));
        if (name === '$executeRaw')
          return (...args: Parameters<typeof client.$executeRaw>) => around(() => client.$executeRaw(...args));
        return Reflect.get(client, name);
      },
    }),
    peers: tapped(peers, around),
    rails: rails.map((rail) => ({
      ...rail,
      submit: (...args: Parameters<typeof rail.submit>) => around(() => rail.submit(...args)),
      status: (...args: Parameters<typeof rail.status>) => around(() => rail.status(...args)),
    })),
  };
  return {
    reach,
    isDead: () => done >= end,
    /** From here on it has so many more. */
    endAfter(more: number) {
      end = done + more;
    },
  };
}
