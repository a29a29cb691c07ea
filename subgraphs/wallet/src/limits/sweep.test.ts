import { createServiceTokenSigner, generateSigningKey } from '@paygraph/auth';
import { createTestDatabase, type TestDatabase } from '@paygraph/database/testing';
import { newId } from '@paygraph/ids';
import { currencyOf } from '@paygraph/money';
import { createLogger } from '@paygraph/service';
import { createPeer, type Peer } from '@paygraph/subgraph';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDatabase } from '../database.ts';
import type { PaymentState } from '../generated/peers/payment.ts';
import type { PrismaClient } from '../generated/prisma/client.ts';
import { limitUsageFaults } from '../testing/index.ts';
import { startTestPeers, type TestPeers } from '../testing/peers.ts';
import { createLimitHolds, type LimitHolds } from './holds.ts';
import { sweepHolds } from './sweep.ts';

const logger = createLogger({ service: 'wallet', level: 'silent' });
const limits = { perPayment: 100n, daily: 10_000n, monthly: 10_000n, balance: 10_000n };

describe('the sweep of limits', () => {
  let database: TestDatabase;
  let prisma: PrismaClient;
  let holds: LimitHolds;
  let peers: TestPeers;
  let payment: Peer;

  beforeAll(async () => {
    database = await createTestDatabase('wallet');
    prisma = openDatabase(database.databaseUrl);
    holds = createLimitHolds(prisma);
    const key = generateSigningKey();
    peers = await startTestPeers(key, logger);
    const sign = createServiceTokenSigner({ service: 'wallet', key });
    payment = createPeer({
      name: 'payment',
      url: peers.paymentUrl,
      token: () => sign('payment', ['payment:resolve']),
      logger,
    });
  });
  afterAll(async () => {
    expect(await limitUsageFaults(database.databaseUrl)).toEqual([]);
    await payment.close();
    await peers.stop();
    await prisma.$disconnect();
    await database.drop();
  });

  const held = async (states: readonly (PaymentState | undefined)[]) => {
    const walletId = newId('wal');
    await prisma.wallet.create({
      data: { id: walletId, ownerId: newId('cus'), currency: 'USD', label: 'USD', slot: 1 },
    });
    const requests = states.map(() => ({
      paymentId: newId('pay'),
      walletId,
      amount: { amount: 1n, currency: currencyOf('USD') },
      limits,
    }));
    await holds.reserve(requests, new Date('2026-09-29'));
    const ids = requests.map(({ paymentId }) => paymentId);
    for (const [index, state] of states.entries()) if (state) peers.payments.set(ids[index] ?? '', state);
    return ids;
  };
  const statusesOf = async (ids: readonly string[]) => {
    const rows = await prisma.limitHold.findMany({ where: { paymentId: { in: [...ids] } } });
    return ids.map((id) => rows.find(({ paymentId }) => paymentId === id)?.status);
  };
  const sweep = (agoMs: number) => sweepHolds({ holds, payment, clock: () => new Date(Date.now() + agoMs), logger });

  it('settles what payments that are over have left, and leaves what others still need', async () => {
    const ids = await held([
      'CONFIRMED',
      'REFUNDED',
      'FAILED',
      'EXPIRED',
      'CANCELLED',
      undefined,
      'IN_REVIEW',
      'PROCESSING',
    ]);
    expect(await sweep(16 * 60_000)).toEqual({ used: 2, released: 4 });
    expect(await statusesOf(ids)).toEqual([
      ...['USED', 'USED', 'RELEASED', 'RELEASED', 'RELEASED', 'RELEASED'],
      ...['HELD', 'HELD'],
    ]);
    expect(await sweep(16 * 60_000)).toEqual({ used: 0, released: 0 });
  });

  it('asks about nothing that is young', async () => {
    const ids = await held(['FAILED']);
    expect(await sweep(0)).toEqual({ used: 0, released: 0 });
    expect(await statusesOf(ids)).toEqual(['HELD']);
  });

  it('goes through more than one call asks about, past those that stay', async () => {
    const states = Array.from({ length: 700 }, (_, index): PaymentState => (index < 600 ? 'IN_REVIEW' : 'FAILED'));
    await held(states);
    expect((await sweep(16 * 60_000)).released).toBeGreaterThanOrEqual(100);
  });

  it('leaves everything as it is while payment does not answer', async () => {
    const ids = await held(['CONFIRMED']);
    const away = createPeer({ name: 'payment', url: 'http://127.0.0.1:1/graphql', token: () => '', logger });
    const swept = sweepHolds({ holds, payment: away, clock: () => new Date(Date.now() + 16 * 60_000), logger });
    await expect(swept).rejects.toThrow('does not answer');
    expect(await statusesOf(ids)).toEqual(['HELD']);
    await away.close();
  });
});
