import { randomUUID } from 'node:crypto';
import { memoryBus } from '@paygraph/events';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { eventually, silent, tapped, testTuning } from '../../test/platform.ts';
import { createMaker, type Scene, setScene } from '../../test/scene.ts';
import type { Database } from '../database.ts';
import { isSettled } from '../payment/lifecycle.ts';
import { createMoves } from '../payment/move.ts';
import { createPayments } from '../payment/store.ts';
import type { Peers } from '../peers/peers.ts';
import { createQuotes } from '../quote/quote.ts';
import { createAttempts } from '../rails/attempt-store.ts';
import { createRouter } from '../rails/router.ts';
import { createRefunds } from '../refund/store.ts';
import { createSettlements } from '../settlement/store.ts';
import { createSuspenseItems } from '../suspense/store.ts';
import { createHints } from '../timeline/hints.ts';
import { defaultTuning, type Tuning } from '../tuning.ts';
import { createWorkers, type Workers } from './workers.ts';

let scene: Scene;
let maker: ReturnType<typeof createMaker>;
let peers: Peers;

beforeAll(async () => {
  scene = await setScene();
  maker = createMaker(scene);
  peers = scene.connectPeers();
});

afterAll(async () => {
  await maker.close();
  await Promise.all(Object.values(peers).map((peer) => peer.close()));
  await scene.stop();
});

const tuning: Tuning = { ...defaultTuning, ...testTuning, leaseMs: 150, pollMs: 20, concurrency: 1 };
const bus = memoryBus();

function workersOn(database: Database, through: Peers): Workers {
  const owner = randomUUID();
  const [moves, hints] = [createMoves(database, tuning), createHints(bus, owner, silent)];
  const stores = {
    payments: createPayments(database),
    quotes: createQuotes(database, tuning),
    attempts: createAttempts(database),
    refunds: createRefunds(database),
    items: createSuspenseItems(database),
    settlements: createSettlements(database),
    router: createRouter(database, [], tuning.rails),
    rails: new Map(),
  };
  return createWorkers({ ...stores, database, moves, hints, owner, tuning, peers: through, logger: silent });
}

/** A life that ends at its `last` statement or call: before it is made, or after it with its answer lost. */
function mortal(last: number, moment: 'before' | 'after') {
  let done = 0;
  const around = async <Answer>(call: () => PromiseLike<Answer>): Promise<Answer> => {
    done += 1;
    if (done > last || (done === last && moment === 'before')) throw new Error('dead');
    const answer = await call();
    if (done >= last) throw new Error('dead');
    return answer;
  };
  const database = new Proxy(scene.client, {
    get(client, name) {
      if (name === '$queryRaw')
        return (...args: Parameters<typeof client.$queryRaw>) => around(() => client.$queryRaw(...args));
      if (name === '$executeRaw')
        return (...args: Parameters<typeof client.$executeRaw>) => around(() => client.$executeRaw(...args));
      return Reflect.get(client, name);
    },
  });
  return { database, peers: tapped(peers, around), isDead: () => done >= last };
}

async function atRest(ids: readonly string[]): Promise<boolean> {
  const payments = await scene.client.payment.findMany({
    where: { id: { in: [...ids] } },
    include: { compensations: true },
  });
  return payments.every(
    ({ state, compensations }) => isSettled(state) && compensations.every(({ acknowledgedAt }) => acknowledgedAt),
  );
}

/** One of each: across currencies, beyond the payer's means, and from outside. */
async function makePayments() {
  const made = await Promise.all([
    // Little, so that the funds last for all the lives.
    maker.conversion(scene.dollarsAsEuros('1')),
    maker.transfer(scene.dollars('5000')),
    maker.deposit(scene.benUsd, { amount: '3', currency: 'USD' }),
  ]);
  return made.map(({ id }) => id);
}

it.each(['before', 'after'] as const)(
  'a process that dies %s any one of its steps leaves payments that another ends exactly once',
  { timeout: 120_000 },
  async (moment) => {
    let died = true;
    for (let last = 1; died; last += 1) {
      const ids = await makePayments();
      const life = mortal(last, moment);
      const doomed = workersOn(life.database, life.peers);
      await doomed.start();
      await eventually(async () => life.isDead() || (await atRest(ids)));
      died = !(await atRest(ids));
      await doomed.stop();

      const heir = workersOn(scene.client, peers);
      await heir.start();
      await eventually(() => atRest(ids));
      await heir.stop();
      const ended = await scene.client.payment.findMany({ where: { id: { in: ids } }, orderBy: { id: 'asc' } });
      expect(new Map(ended.map(({ id, state, failureCode }) => [id, failureCode ?? state]))).toEqual(
        new Map([
          [ids[0], 'CONFIRMED'],
          [ids[1], 'INSUFFICIENT_FUNDS'],
          [ids[2], 'CONFIRMED'],
        ]),
      );
      expect(last).toBeLessThan(100);
    }
    expect(await scene.troubles()).toEqual([]);
  },
);
