import { createLogger } from '@paygraph/service';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import {
  codes,
  credit,
  debit,
  house,
  openTestLedger,
  reservation,
  type TestLedger,
  wallet,
} from '../testing/fixture.ts';
import { createExpiryWorker, expireDue } from './expiry-worker.ts';

const logger = createLogger({ service: 'ledger', level: 'silent' });
const anHour = 3_600_000;

let ledger: TestLedger;

beforeAll(async () => {
  ledger = await openTestLedger();
});

afterAll(() => ledger.close());

async function heldFor(ms: number) {
  const payer = await ledger.openWallet({ funds: 100n });
  const entries = [debit(wallet(payer), 60n), credit(house('SUSPENSE'), 60n)];
  const held = reservation(entries, { expiresAt: new Date(Date.now() + ms) });
  expect(codes(await ledger.engine.reserve([held]))).toEqual(['done']);
  return { payer, held };
}

const stateOf = async (id: string) => (await ledger.engine.statuses([id]))[0]?.state;

describe('the expiry worker', () => {
  it('ends a reservation when it is due, long before the interval is over, and gives the funds back', async () => {
    const { payer, held } = await heldFor(500);
    const worker = createExpiryWorker({ database: ledger.database, logger, intervalMs: anHour });
    worker.start();
    await vi.waitFor(async () => expect(await stateOf(held.id)).toBe('EXPIRED'), { timeout: 5_000 });
    await worker.stop();
    expect(await ledger.database.account.findUnique({ where: { walletId: payer } })).toMatchObject({
      debitsPending: 0n,
    });
    expect(codes(await ledger.engine.void([held.id]))).toEqual(['RESERVATION_EXPIRED']);
  });

  it('leaves what is not due, and looks again at every interval', async () => {
    const worker = createExpiryWorker({ database: ledger.database, logger, intervalMs: 20 });
    worker.start();
    const { held: later } = await heldFor(anHour);
    const { held: soon } = await heldFor(500);
    await vi.waitFor(async () => expect(await stateOf(soon.id)).toBe('EXPIRED'), { timeout: 5_000 });
    await worker.stop();
    expect(await stateOf(later.id)).toBe('RESERVED');
  });

  it('goes on after the database has failed', async () => {
    const errors: unknown[] = [];
    const watched = Object.assign(createLogger({ service: 'ledger', level: 'silent' }), {
      error: (error: unknown) => errors.push(error),
    });
    const revoked = 'REVOKE EXECUTE ON FUNCTION expire_reservations FROM ledger_service';
    const owner = ledger.asOwner();
    await owner.$executeRawUnsafe(revoked);
    const worker = createExpiryWorker({ database: ledger.database, logger: watched, intervalMs: 10 });
    worker.start();
    await vi.waitFor(() => expect(errors.length).toBeGreaterThan(1));
    await owner.$executeRawUnsafe('GRANT EXECUTE ON FUNCTION expire_reservations TO ledger_service');
    const { held } = await heldFor(500);
    await vi.waitFor(async () => expect(await stateOf(held.id)).toBe('EXPIRED'), { timeout: 5_000 });
    await worker.stop();
  });

  it('shares the work with others: each reservation is expired once', async () => {
    const held = await Promise.all(Array.from({ length: 10 }, () => heldFor(500)));
    const ids = held.map((each) => each.held.id);
    const expired: string[] = [];
    while (expired.length < ids.length)
      expired.push(...(await Promise.all([expireDue(ledger.database), expireDue(ledger.database)])).flat());
    expect([...expired].sort()).toEqual([...ids].sort());
  });
});
