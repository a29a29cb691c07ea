import { randomUUID } from 'node:crypto';
import { newId } from '@paygraph/ids';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createMaker, type Scene, setScene } from '../../test/scene.ts';
import type { Database } from '../database.ts';
import { insertPayments, type Making, newPaymentIds } from './insert.ts';
import { createInsert } from './make.ts';
import type { Payment } from './payment.ts';

let scene: Scene;

beforeAll(async () => {
  scene = await setScene();
});

afterAll(() => scene.stop());

/** What is to be made by `act`, which is not made. */
async function drafted(act: (maker: ReturnType<typeof createMaker>) => Promise<unknown>): Promise<Making> {
  const makings: Making[] = [];
  const maker = createMaker(scene, {
    insert: async (making) => {
      makings.push(making);
      return { kind: 'TAKEN' };
    },
  });
  await act(maker).catch(() => {});
  await maker.close();
  const [making] = makings;
  if (!making) throw new Error('Nothing was to be made');
  return making;
}

const transfer = () => drafted((maker) => maker.transfer(scene.dollars('1')));
const deposit = () =>
  drafted((maker) => maker.deposit(scene.dollars('1').payerWalletId ?? '', { amount: '1.00', currency: 'USD' }));
const transfers = (count: number) => Promise.all(Array.from({ length: count }, transfer));

const insert = (makings: readonly Making[]) => insertPayments(scene.client, makings, 60_000);
const idsOf = (makings: readonly Making[]) => makings.map(({ draft }) => draft.id);
const written = (makings: readonly Making[]) => scene.client.payment.count({ where: { id: { in: idsOf(makings) } } });
const keysOf = (makings: readonly Making[]) =>
  scene.client.idempotencyKey.count({ where: { key: { in: makings.map(({ use }) => use.key) } } });

/** The same with other ids, as a repeat of the request has them. */
const again = ({ draft, ...making }: Making): Making => ({ ...making, draft: { ...draft, ...newPaymentIds() } });

describe('payments that are made together', () => {
  it('are written by one transaction, each with its first step, and answered in their order', async () => {
    const makings = await transfers(5);
    const inserted = await insert(makings);
    expect(inserted.map((each) => each.kind === 'inserted' && each.payment.id)).toEqual(idsOf(makings));
    const [found] = await scene.client.$queryRaw<[{ transactions: bigint; steps: bigint }]>`
      SELECT count(DISTINCT p.xmin::text) AS transactions, count(s) AS steps
      FROM payment p JOIN payment_timeline s ON s.payment_id = p.id WHERE p.id = ANY (${idsOf(makings)})`;
    expect(found).toEqual({ transactions: 1n, steps: 5n });
  });

  it('are one payment when they have one key', async () => {
    const [first, other] = await transfers(2);
    if (!first || !other) throw new Error('There are two');
    const makings = [first, again(first), other];
    expect((await insert(makings)).map(({ kind }) => kind)).toEqual(['inserted', 'KEY_IN_USE', 'inserted']);
    expect(await written(makings)).toBe(2);
    expect((await insert([again(other)])).map(({ kind }) => kind)).toEqual(['KEY_IN_USE']);
  });

  it('are made all the same when one of them names a reference that another one has', async () => {
    const [one, late] = [await deposit(), await deposit()];
    const reference = randomUUID();
    const naming = (making: Making) => ({ ...making, draft: { ...making.draft, externalReference: reference } });
    const makings = [naming(one), ...(await transfers(2)), naming(late)];
    expect((await insert(makings)).map(({ kind }) => kind)).toEqual(['inserted', 'inserted', 'inserted', 'TAKEN']);
    expect([await written(makings), await keysOf(makings)]).toEqual([3, 3]);
  });

  it('are made all the same when PostgreSQL cannot take one of them', async () => {
    const [good, bad, other] = await transfers(3);
    if (!good || !bad || !other) throw new Error('There are three');
    const nameless = { ...bad, draft: { ...bad.draft, payer: { ...bad.draft.payer, displayName: 'A\0ma' } } };
    const unknown = { ...again(bad), draft: { ...bad.draft, ...newPaymentIds(), quoteId: newId('quo') } };
    const makings = [good, nameless, other, { ...unknown, use: { ...bad.use, key: randomUUID() } }];
    expect((await insert(makings)).map(({ kind }) => kind)).toEqual(['inserted', 'failed', 'inserted', 'failed']);
    expect([await written(makings), await keysOf(makings)]).toEqual([2, 2]);
    await expect(insert([nameless])).rejects.toThrow();
  });

  it('are told apart from those that were made when the database fails halfway', async () => {
    const [good, bad, ...others] = await transfers(4);
    if (!good || !bad) throw new Error('There are four');
    const nameless = { ...bad, draft: { ...bad.draft, payer: { ...bad.draft.payer, displayName: 'A\0ma' } } };
    const makings = [good, nameless, ...others];
    let statements = 0;
    const failing = new Proxy(scene.client, {
      get(client, property) {
        const value = Reflect.get(client, property);
        if (property !== '$queryRaw') return value;
        return async (...given: Parameters<typeof client.$queryRaw>) => {
          statements += 1;
          // All, the first half, its first half, its second, and now the second half.
          if (statements === 5) throw new Error('Connection terminated');
          return Reflect.apply(value, client, given);
        };
      },
    });
    const kinds = (await insertPayments(failing, makings, 60_000)).map(({ kind }) => kind);
    expect(kinds).toEqual(['inserted', 'failed', 'failed', 'failed']);
    expect(await written(makings)).toBe(1);
  });

  it('in the hands of a worker have begun, all under its lease', async () => {
    const makings = await transfers(3);
    const lease = { owner: randomUUID(), leaseMs: 60_000 };
    await insertPayments(scene.client, makings, 60_000, lease);
    const found = await scene.client.payment.findMany({
      where: { id: { in: idsOf(makings) } },
      include: { steps: { orderBy: { sequence: 'asc' } } },
    });
    expect(found).toHaveLength(3);
    for (const { steps, ...payment } of found) {
      expect(payment).toMatchObject({ state: 'VALIDATING', sequence: 2, leaseOwner: lease.owner, leaseEpoch: 1 });
      expect(steps.map(({ state }) => state)).toEqual(['INITIATED', 'VALIDATING']);
    }
  });

  it('by two processes under the same keys, whatever their order, are made once', async () => {
    for (let round = 0; round < 10; round += 1) {
      const makings = await transfers(8);
      const both = await Promise.all([insert(makings), insert(makings.toReversed().map(again))]);
      const kinds = both.flat().map(({ kind }) => kind);
      expect(kinds.filter((kind) => kind === 'inserted')).toHaveLength(8);
      expect(kinds.filter((kind) => kind === 'KEY_IN_USE')).toHaveLength(8);
    }
  });
});

describe('a worker who expects payments', () => {
  /** A worker with room, and what it is told. */
  function expectant() {
    const told: string[] = [];
    const expect = () => ({
      made: (payments: readonly Payment[]) => void told.push(`made ${payments.length}`),
      dropped: () => void told.push('dropped'),
    });
    return { told, workers: { gather: async () => {}, expect } };
  }
  const settings = { timeToLiveMs: 60_000, batchSize: 100 };

  it('is told of those that were made, also when there were none', async () => {
    const { told, workers } = expectant();
    const write = createInsert({ database: scene.client, workers, ...settings });
    const makings = await transfers(3);
    await Promise.all(makings.map(write));
    await Promise.all(makings.map((making) => write(again(making))));
    expect(told).toEqual(['made 3', 'made 0']);
  });

  it('is let go when they could not be written, and everybody is told why', async () => {
    const { told, workers } = expectant();
    const lost = { $queryRaw: () => Promise.reject(new Error('Connection terminated')) } as unknown as Database;
    const write = createInsert({ database: lost, workers, ...settings });
    const outcomes = await Promise.allSettled((await transfers(3)).map(write));
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    expect(told).toEqual(['dropped']);
  });
});
