import { newId } from '@paygraph/ids';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { expireDue } from '../reservation/expiry-worker.ts';
import {
  codes,
  credit,
  debit,
  house,
  openTestLedger,
  reservation,
  type TestLedger,
  transaction,
  wallet,
} from '../testing/fixture.ts';

let ledger: TestLedger;

beforeAll(async () => {
  ledger = await openTestLedger();
});

afterAll(() => ledger.close());

describe('concurrent commands', () => {
  it('keep floors and totals when 200 transfers cross between four wallets through two engines', async () => {
    const engines = [ledger.engine, ledger.anotherEngine()];
    const wallets = await Promise.all(Array.from({ length: 4 }, () => ledger.openWallet({ funds: 500n })));
    const outcomes = await Promise.all(
      Array.from({ length: 200 }, (_, index) => {
        const [from = '', to = ''] = [wallets[index % 4], wallets[(index + 1 + (index % 3)) % 4]];
        const amount = BigInt(50 + (index % 7) * 40);
        const transfer = transaction([debit(wallet(from), amount), credit(wallet(to), amount)]);
        return engines[index % 2]?.post([transfer]) ?? [];
      }),
    );
    const tally = new Set(codes(outcomes.flat()));
    expect(tally.size).toBeLessThanOrEqual(2);
    expect(tally).toContain('done');
    const holdings = await ledger.holdings();
    const held = wallets.map((id) => holdings.get(id) ?? 0n);
    expect(held.reduce((sum, amount) => sum + amount, 0n)).toBe(2000n);
    expect(held.every((amount) => amount >= 0n)).toBe(true);
  });

  it('spend the last of a wallet exactly once', async () => {
    const engines = [ledger.engine, ledger.anotherEngine()];
    const payer = await ledger.openWallet({ funds: 100n });
    const entries = [debit(wallet(payer), 100n), credit(house('SUSPENSE'), 100n)];
    const outcomes = await Promise.all(
      Array.from({ length: 40 }, (_, index) =>
        index % 2 ? engines[0]?.post([transaction(entries)]) : engines[1]?.reserve([reservation(entries)]),
      ),
    );
    const won = codes(outcomes.flatMap((each) => each ?? [])).filter((code) => code === 'done');
    expect(won).toHaveLength(1);
  });

  it('number transactions without gaps in the order of posting', async () => {
    const transactions = await ledger.database.transaction.findMany({ orderBy: { sequence: 'asc' } });
    expect(transactions.map(({ sequence }) => sequence)).toEqual(transactions.map((_, index) => BigInt(index + 1)));
    const times = transactions.map(({ postedAt }) => postedAt.getTime());
    expect(times).toEqual([...times].sort((a, b) => a - b));
  });
});

describe('a capture at once', () => {
  const feeOf = (payer: string) => {
    const held = reservation([debit(wallet(payer), 1n), credit(house('FEE_REVENUE'), 1n)]);
    return { ...held, captureAs: newId('txn') };
  };

  it('and a void race to exactly one winner, through two engines', async () => {
    const other = ledger.anotherEngine();
    const payer = await ledger.openWallet({ funds: 100n });
    let captured = 0n;
    for (let round = 0; round < 20; round += 1) {
      const fee = feeOf(payer);
      const [taken, given] = await Promise.all([ledger.engine.reserve([fee]), other.void([fee.id])]);
      const ends = [...codes(taken), ...codes(given)];
      expect([
        ['done', 'RESERVATION_CAPTURED'],
        ['RESERVATION_VOIDED', 'done'],
      ]).toContainEqual(ends);
      if (ends[0] === 'done') captured += 1n;
    }
    expect((await ledger.holdings()).get(payer)).toBe(100n - captured);
  });

  it('captures once when two engines are given it at the same time', async () => {
    const other = ledger.anotherEngine();
    const payer = await ledger.openWallet({ funds: 100n });
    const fees = Array.from({ length: 20 }, () => feeOf(payer));
    const outcomes = await Promise.all(fees.flatMap((fee) => [ledger.engine.reserve([fee]), other.reserve([fee])]));
    expect(new Set(codes(outcomes.flat()))).toEqual(new Set(['done']));
    expect((await ledger.holdings()).get(payer)).toBe(80n);
  });

  it('comes too late for what has run out, whether that was ended or not', async () => {
    const payer = await ledger.openWallet({ funds: 100n });
    const { captureAs, ...held } = feeOf(payer);
    expect(codes(await ledger.engine.reserve([held]))).toEqual(['done']);
    await ledger.asOwner().$executeRaw`
      UPDATE reservation SET expires_at = reserved_at + interval '1 microsecond' WHERE id = ${held.id}
    `;
    const late = { ...held, captureAs };
    const [taken] = await Promise.all([ledger.engine.reserve([late]), expireDue(ledger.database)]);
    expect(codes(taken)).toEqual(['RESERVATION_EXPIRED']);
    expect((await ledger.holdings()).get(payer)).toBe(100n);
  });
});

describe('a capture and an expiry', () => {
  const heldFor = async (ms: number) => {
    const payer = await ledger.openWallet({ funds: 100_000n });
    const part = (amount: bigint) => [debit(wallet(payer), amount), credit(house('SUSPENSE'), amount)];
    const held = reservation(part(100_000n), { expiresAt: new Date(Date.now() + ms) });
    expect(codes(await ledger.engine.reserve([held]))).toEqual(['done']);
    return { payer, part, held };
  };

  it('are judged by the time at which their turn comes', async () => {
    const { held } = await heldFor(500);
    const captured = await ledger.asOwner().$transaction(async (books) => {
      await books.$executeRaw`SELECT FROM ledger_head FOR UPDATE`;
      const waiting = ledger.engine.capture([{ id: newId('txn'), reservationId: held.id }]);
      await vi.waitFor(async () => {
        const [state] = await books.$queryRaw<{ ready: boolean }[]>`
          SELECT clock_timestamp() > ${held.expiresAt} AND EXISTS (SELECT FROM pg_locks WHERE NOT granted) AS ready
        `;
        expect(state?.ready).toBe(true);
      });
      return { waiting };
    });
    expect(codes(await captured.waiting)).toEqual(['RESERVATION_EXPIRED']);
    expect(await ledger.engine.statuses([held.id])).toEqual([{ id: held.id, state: 'EXPIRED' }]);
  });

  it('race to exactly one winner: captures of a part succeed until the expiry, and none after', async () => {
    const { payer, part, held } = await heldFor(500);
    const engines = [ledger.engine, ledger.anotherEngine()];
    let captured = 0n;
    let late: string[] = [];
    const captureUntilRefused = async (engine = ledger.engine) => {
      for (;;) {
        const capture = { id: newId('txn'), reservationId: held.id, entries: part(1n), releaseRest: false };
        const [code = ''] = codes(await engine.capture([capture]));
        if (code !== 'done') late = [...late, code];
        if (code !== 'done') return;
        captured += 1n;
      }
    };
    const expireUntilExpired = async () => {
      while (!(await expireDue(ledger.database)).includes(held.id) && late.length === 0);
    };
    await Promise.all([...engines.map(captureUntilRefused), expireUntilExpired()]);
    expect(late).toEqual(['RESERVATION_EXPIRED', 'RESERVATION_EXPIRED']);
    expect((await ledger.holdings()).get(payer)).toBe(100_000n - captured);
    expect(await ledger.database.account.findUnique({ where: { walletId: payer } })).toMatchObject({
      debitsPending: 0n,
    });
  });
});
