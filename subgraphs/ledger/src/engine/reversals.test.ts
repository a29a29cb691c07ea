import { newId } from '@paygraph/ids';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  codes,
  credit,
  debit,
  house,
  openTestLedger,
  type TestLedger,
  transaction,
  wallet,
} from '../testing/fixture.ts';
import type { NewReversal } from './commands.ts';

let ledger: TestLedger;
let payer: string;
let payee: string;

beforeAll(async () => {
  ledger = await openTestLedger();
});

afterAll(() => ledger.close());

const forward = (amount: bigint, fee: bigint) => [
  debit(wallet(payer), amount + fee),
  credit(wallet(payee), amount),
  credit(house('FEE_REVENUE'), fee),
];
const back = (amount: bigint) => [debit(wallet(payee), amount), credit(wallet(payer), amount)];

/** A payment of 100 and a fee of 5 between fresh wallets. */
async function payment() {
  payer = await ledger.openWallet({ funds: 200n });
  payee = await ledger.openWallet();
  const posted = transaction(forward(100n, 5n));
  expect(codes(await ledger.engine.post([posted]))).toEqual(['done']);
  return posted;
}

const reversal = (reverses: string, given: Partial<NewReversal> = {}): NewReversal => ({
  id: newId('txn'),
  reverses,
  ...given,
});

const reverse = async (...list: NewReversal[]) => codes(await ledger.engine.reverse(list));

describe('a reversal', () => {
  it('restores every account, and names what it takes back', async () => {
    const original = await payment();
    const whole = reversal(original.id, { metadata: { reason: 'duplicate' } });
    const changes = await ledger.changesBy(async () => {
      expect(await reverse(whole)).toEqual(['done']);
    });
    expect(changes).toEqual({ [payer]: 105n, [payee]: -100n, 'FEE_REVENUE/USD': -5n });
    const posted = await ledger.database.transaction.findFirstOrThrow({ where: { id: whole.id } });
    expect(posted).toMatchObject({ kind: 'REVERSAL', reverses: original.id, reference: original.reference });
  });

  it('in parts takes back up to the whole, and the rest where it says no amounts', async () => {
    const original = await payment();
    expect(await reverse(reversal(original.id, { entries: back(60n) }))).toEqual(['done']);
    expect(await reverse(reversal(original.id, { entries: back(41n) }))).toEqual(['EXCEEDS_ORIGINAL']);
    expect(await reverse(reversal(original.id), reversal(original.id))).toEqual(['done', 'EXCEEDS_ORIGINAL']);
    const holdings = await ledger.holdings();
    expect([holdings.get(payer), holdings.get(payee)]).toEqual([200n, 0n]);
  });

  it('is done once, and a repeat is answered alike when nothing is left to take back', async () => {
    const original = await payment();
    const whole = reversal(original.id);
    expect(await reverse(whole, whole)).toEqual(['done', 'done']);
    expect(await reverse({ ...whole, entries: back(1n) })).toEqual(['IDEMPOTENCY_CONFLICT']);
  });

  it('cannot take back what never was, on another account, or on the same side', async () => {
    const original = await payment();
    const other = await ledger.openWallet({ funds: 50n });
    expect(
      await reverse(
        reversal(newId('txn')),
        reversal(original.id, { entries: [debit(wallet(other), 5n), credit(wallet(payer), 5n)] }),
        reversal(original.id, { entries: [debit(wallet(payer), 5n), credit(wallet(payee), 5n)] }),
      ),
    ).toEqual(['TRANSACTION_NOT_FOUND', 'EXCEEDS_ORIGINAL', 'EXCEEDS_ORIGINAL']);
  });

  it('needs funds and accounts that take it, like any transaction', async () => {
    const original = await payment();
    const whole = reversal(original.id);
    expect(codes(await ledger.engine.post([transaction(back(30n))]))).toEqual(['done']);
    expect(await reverse(whole)).toEqual(['INSUFFICIENT_FUNDS']);
    expect(await reverse(reversal(original.id, { entries: back(70n) }))).toEqual(['done']);
    await ledger.engine.setAccountStatuses([{ walletId: payee, status: 'FROZEN' }]);
    const fee = [debit(house('FEE_REVENUE'), 5n), credit(wallet(payer), 5n)];
    expect(await reverse(reversal(original.id, { entries: fee }), whole)).toEqual(['done', 'ACCOUNT_FROZEN']);
  });

  it('can itself be reversed', async () => {
    const original = await payment();
    const whole = reversal(original.id);
    expect(await reverse(whole)).toEqual(['done']);
    expect(await reverse(reversal(whole.id))).toEqual(['done']);
    expect((await ledger.holdings()).get(payee)).toBe(100n);
  });

  it('never adds up to more than the original, however many engines ask at once', async () => {
    const original = await payment();
    const engines = [ledger.engine, ledger.anotherEngine()];
    const parts = Array.from({ length: 20 }, () => reversal(original.id, { entries: back(10n) }));
    const outcomes = await Promise.all(parts.map((part, index) => engines[index % 2]?.reverse([part])));
    const done = codes(outcomes.flatMap((outcome) => outcome ?? [])).filter((code) => code === 'done');
    expect(done).toHaveLength(10);
    expect((await ledger.holdings()).get(payee)).toBe(0n);
  });

  it('beyond the original is refused by the books themselves', async () => {
    const original = await payment();
    const owner = ledger.asOwner();
    const byHand = owner.$executeRaw`
      INSERT INTO posting (
        account_numbers, ids, fingerprints, kinds, "references", reverses, sizes, slots, directions, amounts
      ) VALUES (
        ARRAY[
          (SELECT number FROM account WHERE address = 'FX_POSITION/USD'),
          (SELECT number FROM account WHERE address = ${payer})
        ],
        '{txn_by_hand}', ARRAY[''::bytea], '{REVERSAL}', '{x}', ARRAY[${original.id}], '{2}', '{1,2}', '{DEBIT,CREDIT}',
        '{101,101}'
      )
    `;
    await ledger.engine.post([transaction([debit(house('FX_POSITION'), 1n), credit(house('SUSPENSE'), 1n)])]);
    await ledger.engine.post([transaction([debit(house('SUSPENSE'), 1n), credit(house('FX_POSITION'), 1n)])]);
    await expect(byHand).rejects.toThrow('takes back more than was moved');
  });
});
