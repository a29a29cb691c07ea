import { createTestDatabase, type TestDatabase } from '@paygraph/database/testing';
import { newId } from '@paygraph/ids';
import { currencyOf } from '@paygraph/money';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDatabase } from '../database.ts';
import type { PrismaClient } from '../generated/prisma/client.ts';
import { createWalletStore, LeaseLostError, type WalletStore } from './store.ts';

const freeze = { direction: 'OUT', origin: 'OWNER', reason: null, at: new Date('2026-09-29T12:00:00Z') } as const;

describe('the store of wallets', () => {
  let database: TestDatabase;
  let prisma: PrismaClient;
  let store: WalletStore;

  beforeAll(async () => {
    database = await createTestDatabase('wallet');
    prisma = openDatabase(database.databaseUrl);
    store = createWalletStore(prisma);
    await prisma.$connect();
  });
  afterAll(async () => {
    await prisma.$disconnect();
    await database.drop();
  });

  const newWallet = (ownerId = newId('cus')) => ({
    id: newId('wal'),
    ownerId,
    currency: currencyOf('USD'),
    label: 'USD',
  });
  const add = async () => {
    const wallet = newWallet();
    await store.add(wallet);
    return wallet.id;
  };

  it('has room for ten of a person in a currency, however many are added at once', async () => {
    for (let round = 0; round < 5; round += 1) {
      const ownerId = newId('cus');
      const added = await Promise.all(Array.from({ length: 30 }, () => store.add(newWallet(ownerId))));
      expect(added.filter((wallet) => wallet)).toHaveLength(10);
      expect(await store.hasRoom(ownerId, currencyOf('USD'))).toBe(false);
      expect(await store.hasRoom(ownerId, currencyOf('EUR'))).toBe(true);
    }
  });

  it('leases a wallet to one of many at once', async () => {
    const id = await add();
    const leases = await Promise.all(Array.from({ length: 20 }, () => store.lease(id)));
    expect(leases.filter((lease) => lease)).toHaveLength(1);
  });

  it('leases a wallet again when the lease was given back', async () => {
    const id = await add();
    const first = await store.lease(id);
    if (first) await store.release(first);
    expect(await store.lease(id)).toEqual({ walletId: id, epoch: (first?.epoch ?? 0) + 1 });
  });

  it('takes nothing more from the holder of a lease that ran out and went to somebody else', async () => {
    const id = await add();
    const first = await store.lease(id);
    if (!first) throw new Error('There is no lease');
    await prisma.wallet.update({ where: { id }, data: { leaseUntil: new Date(0) }, select: { id: true } });
    const second = await store.lease(id);
    expect(second?.epoch).toBe(first.epoch + 1);
    await expect(store.setFreeze(first, freeze)).rejects.toThrow(LeaseLostError);
    await store.release(first);
    expect(await store.lease(id)).toBeUndefined();
    if (second) expect(await store.setFreeze(second, freeze)).toMatchObject({ status: 'FROZEN_OUT', freeze });
  });

  it('cannot change whose a wallet is, what it holds, or that it exists', async () => {
    const id = await add();
    const changes = [{ ownerId: newId('cus') }, { currency: 'EUR' }, { id: newId('wal') }];
    for (const data of changes)
      await expect(prisma.wallet.update({ where: { id }, data })).rejects.toThrow(/denied|permission/);
    await expect(prisma.wallet.delete({ where: { id } })).rejects.toThrow(/denied|permission/);
  });
});
