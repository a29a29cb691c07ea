import { createTestDatabase, type TestDatabase } from '@paygraph/database/testing';
import { newId } from '@paygraph/ids';
import { currencyOf } from '@paygraph/money';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDatabase } from '../database.ts';
import type { PrismaClient } from '../generated/prisma/client.ts';
import type { Ceiling } from '../wallet/ledger.ts';
import { createWalletStore, type WalletStore } from '../wallet/store.ts';
import { followTiers } from './ceilings.ts';
import { type KycTier, parseLimitTable } from './limit-table.ts';

const usd = currencyOf('USD');
const table = parseLimitTable(
  JSON.stringify({
    version: '1',
    tiers: { BASIC: 1, VERIFIED: 4, ENHANCED: 20 },
    limits: { USD: { perPayment: '1', daily: '2', monthly: '3', balance: '10' } },
  }),
);

describe('ceilings', () => {
  let database: TestDatabase;
  let prisma: PrismaClient;
  let store: WalletStore;
  const known = new Map<string, KycTier>();
  const tiers = { of: async (ids: readonly string[]) => new Map(ids.map((id) => [id, known.get(id) ?? 'BASIC'])) };
  let told: Ceiling[] = [];
  let refuses = (_walletId: string) => false;
  const ledger = {
    setCeilings: async (ceilings: readonly Ceiling[]) => {
      told.push(...ceilings);
      return ceilings.flatMap(({ walletId }) => (refuses(walletId) ? [] : [walletId]));
    },
  };
  const follow = () => followTiers({ store, ledger, tiers, table });

  beforeAll(async () => {
    database = await createTestDatabase('wallet');
    prisma = openDatabase(database.databaseUrl);
    store = createWalletStore(prisma);
  });
  afterAll(async () => {
    await prisma.$disconnect();
    await database.drop();
  });

  const open = async (ceiling: bigint) => {
    const wallet = { id: newId('wal'), ownerId: newId('cus'), currency: usd, label: 'USD', ceiling };
    await store.add(wallet);
    return wallet;
  };
  const ceilingOf = async (id: string) => (await prisma.wallet.findUniqueOrThrow({ where: { id } })).ceiling;

  it('follow the tier of the wallet’s owner, up and down, and the ledger is told once', async () => {
    const { id, ownerId } = await open(1_000n);
    expect(await follow()).toBe(0);
    for (const [tier, amount] of [
      ['VERIFIED', 4_000n],
      ['BASIC', 1_000n],
    ] as const) {
      known.set(ownerId, tier);
      told = [];
      expect([await follow(), await follow()]).toEqual([1, 0]);
      expect(told).toEqual([{ walletId: id, most: { amount, currency: usd } }]);
      expect(await ceilingOf(id)).toBe(amount);
    }
  });

  it('that the ledger did not take are not noted, and come again in their turn', async () => {
    const { id } = await open(5n);
    refuses = (walletId) => walletId === id;
    expect(await follow()).toBe(0);
    expect(await ceilingOf(id)).toBe(5n);
    refuses = () => false;
    expect(await follow()).toBe(1);
    expect(await ceilingOf(id)).toBe(1_000n);
  });
});
