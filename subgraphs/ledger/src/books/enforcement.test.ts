import { newId } from '@paygraph/ids';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PrismaClient } from '../generated/prisma/client.ts';
import {
  codes,
  credit,
  debit,
  eur,
  house,
  openTestLedger,
  reservation,
  type TestLedger,
  transaction,
  wallet,
} from '../testing/fixture.ts';

let ledger: TestLedger;
let owner: PrismaClient;
let walletId: string;
let held: string;

beforeAll(async () => {
  ledger = await openTestLedger();
  owner = ledger.asOwner();
  walletId = await ledger.openWallet({ funds: 1000n });
  await ledger.openWallet({ currency: eur, funds: 1000n });
  const holding = reservation([debit(wallet(walletId), 300n), credit(house('SUSPENSE'), 300n)]);
  expect(codes(await ledger.engine.reserve([holding]))).toEqual(['done']);
  held = holding.id;
  const [taken, dropped] = [5n, 6n].map((amount) =>
    reservation([debit(wallet(walletId), amount), credit(house('SUSPENSE'), amount)]),
  );
  if (!taken || !dropped) throw new Error('There are two');
  expect(codes(await ledger.engine.reserve([{ ...taken, captureAs: newId('txn') }, dropped]))).toEqual([
    'done',
    'done',
  ]);
  expect(codes(await ledger.engine.void([dropped.id]))).toEqual(['done']);
});

afterAll(() => ledger.close());

interface HandWritten {
  /** How many of the entries are said to be its own: all of them unless told. */
  readonly size?: number;
  /** Address, side and amount. */
  readonly entries: readonly (readonly [string, 'DEBIT' | 'CREDIT', number])[];
  /** The reservation that it captures and ends. */
  readonly captures?: string;
}

/** A transaction as somebody would write it by hand who knows the books. */
function byHand({ entries, size = entries.length, captures }: HandWritten): string {
  const accounts = entries.map(([address]) => `(SELECT number FROM account WHERE address = '${address}')`);
  const slots = entries.map((_, index) => index + 1);
  const sides = entries.map(([, side]) => side);
  const amounts = entries.map(([, , amount]) => amount);
  return `
    INSERT INTO posting (
      account_numbers, ids, fingerprints, kinds, "references", sizes, slots, directions, amounts, reservation_ids, ends
    )
    VALUES (ARRAY[${accounts}]::bigint[], '{${newId('txn')}}', ARRAY['\\x00'::bytea], '{ADJUSTMENT}', '{by hand}', '{${size}}',
      '{${slots}}', '{${sides}}', '{${amounts}}', ${captures ? `'{${captures}}', '{true}'` : 'NULL, NULL'})`;
}

const clearing = 'RAIL_CLEARING/USD/manual';
const balanced = (amount: number) => [[clearing, 'DEBIT', amount] as const, [walletId, 'CREDIT', amount] as const];

describe('even its owner’s own SQL', () => {
  it('may post a sound transaction, which moves the counters', async () => {
    const changes = await ledger.changesBy(async () => {
      await owner.$executeRawUnsafe(byHand({ entries: balanced(50) }));
    });
    expect(changes).toEqual({ [clearing]: 50n, [walletId]: 50n });
  });

  it.each<[string, () => HandWritten, string]>([
    [
      'does not balance',
      () => ({
        entries: [
          [clearing, 'DEBIT', 50],
          [walletId, 'CREDIT', 49],
        ],
      }),
      'differ',
    ],
    [
      'balances only over two currencies',
      () => ({
        entries: [
          ['RAIL_CLEARING/EUR/manual', 'DEBIT', 50],
          [walletId, 'CREDIT', 50],
        ],
      }),
      'differ',
    ],
    ['has no entries', () => ({ entries: [] }), 'unknown'],
    ['has one entry', () => ({ entries: [[clearing, 'DEBIT', 50]] }), 'differ'],
    ['leaves entries to nobody', () => ({ entries: [...balanced(50), ...balanced(50)], size: 2 }), 'named twice|of no'],
    [
      'leaves an entry to nobody',
      () => ({ entries: [...balanced(50), ['SUSPENSE/USD', 'CREDIT', 50]], size: 2 }),
      'entries of no transaction',
    ],
    ['has more entries than there are', () => ({ entries: balanced(50), size: 3 }), 'null'],
    ['names an account twice', () => ({ entries: [...balanced(50), ...balanced(50)] }), 'named twice'],
    [
      'names an account that does not exist',
      () => ({
        entries: [
          [clearing, 'DEBIT', 50],
          ['wal_nobody', 'CREDIT', 50],
        ],
      }),
      'An account is unknown',
    ],
    ['captures nothing that is there', () => ({ entries: balanced(50), captures: newId('res') }), 'holds nothing'],
    ['captures on other accounts', () => ({ entries: balanced(50), captures: held }), 'holds it on other accounts'],
    ['moves less than one unit', () => ({ entries: balanced(0) }), 'transaction_amounts_are_positive'],
    [
      'overdraws a floored account',
      () => ({
        entries: [
          [clearing, 'CREDIT', 1001],
          [walletId, 'DEBIT', 1001],
        ],
      }),
      'account_floor_holds',
    ],
    [
      'spends what is reserved',
      () => ({
        entries: [
          [clearing, 'CREDIT', 800],
          [walletId, 'DEBIT', 800],
        ],
      }),
      'account_floor_holds',
    ],
  ])('cannot post a transaction that %s', async (_what, written, reason) => {
    await expect(owner.$executeRawUnsafe(byHand(written()))).rejects.toThrow(new RegExp(reason));
  });

  it('cannot write entries, ids or seals, which follow the transactions', async () => {
    const [entry] = await owner.$queryRaw<
      { copy: string }[]
    >`SELECT 'INSERT INTO entry SELECT * FROM entry LIMIT 1' AS copy`;
    await expect(owner.$executeRawUnsafe(entry?.copy ?? '')).rejects.toThrow('entries follow the transactions');
    await expect(
      owner.$executeRaw`INSERT INTO idempotency_key (id, fingerprint, sequence, posted_at) VALUES ('txn_x', '', 1, now())`,
    ).rejects.toThrow('ids follow the transactions');
    await expect(
      owner.$executeRaw`INSERT INTO seal (last_sequence, contents, hash) VALUES (99, '{}', '')`,
    ).rejects.toThrow('seals follow the transactions');
    await expect(
      owner.$executeRaw`INSERT INTO standing_seal (number, ids, contents, hash) VALUES (99, '{}', '{}', '')`,
    ).rejects.toThrow('seals follow the changes');
  });

  it.each([
    [
      `INSERT INTO transaction SELECT sequence + 1, clock_timestamp(), id, kind, reference, fingerprint, reservation_id, reverses,
         account_numbers, directions, amounts, effective_at, metadata FROM transaction ORDER BY sequence DESC LIMIT 1`,
      'transactions are made by posting',
    ],
    ['UPDATE transaction SET reference = reference', 'transactions are history'],
    ['DELETE FROM transaction', 'transactions are history'],
    ['TRUNCATE transaction', 'transactions are history'],
    ['UPDATE entry SET amount = amount + 1', 'entries are history'],
    ['DELETE FROM entry', 'entries are history'],
    ['TRUNCATE transaction, entry', 'are history'],
    ["UPDATE account SET owner_id = 'cus_other' WHERE owner_id IS NOT NULL", 'never changes'],
    ['UPDATE account SET credits_posted = credits_posted + 1', 'counters follow'],
    ['UPDATE account SET debits_pending = 0', 'counters follow'],
    ['UPDATE account SET floor = 1000000 WHERE wallet_id IS NOT NULL', 'account_floor_holds'],
    ["UPDATE account SET floor = NULL WHERE purpose = 'WALLET'", 'has a floor where there is none'],
    ["UPDATE account SET floor = -1 WHERE purpose = 'SUSPENSE'", 'has a floor that is not its own'],
    ["UPDATE chart_of_accounts SET policy = 'UNLIMITED'", 'a part of the schema'],
    ['UPDATE standing_seal SET number = number', 'seals are history'],
    ['DELETE FROM standing_seal', 'seals are history'],
    ['DELETE FROM chart_of_accounts', 'a part of the schema'],
    ['DELETE FROM account', 'closed, not deleted'],
    ['UPDATE ledger_head SET sequence = sequence + 1', 'head follows'],
    ['DELETE FROM ledger_head', 'head follows'],
    ["UPDATE account SET status = 'CLOSED' WHERE credits_posted > 0", 'account_closed_is_empty'],
    ["UPDATE reservation SET expires_at = NULL WHERE state = 'RESERVED'", 'reservation_expires'],
    ["UPDATE reservation SET expires_at = 'infinity' WHERE state = 'RESERVED'", 'reservation_expires'],
    ['DELETE FROM reservation', 'resolved, not deleted'],
    ["UPDATE reservation SET amounts = '{1,1}'", 'what was reserved never changes'],
    ["UPDATE reservation SET remaining = '{9999,9999}' WHERE state = 'RESERVED'", 'hold something else'],
    ["UPDATE reservation SET remaining = '{1,1}' WHERE state = 'RESERVED'", 'hold something else'],
    [
      `UPDATE reservation SET state = 'CAPTURED', resolved_at = now(), remaining = '{0,0}' WHERE state = 'RESERVED'`,
      'would be captured',
    ],
    ["UPDATE reservation SET state = 'VOIDED' WHERE state = 'CAPTURED'", 'has ended'],
    ["UPDATE reservation SET state = 'CAPTURED' WHERE state = 'VOIDED' AND kind IS NOT NULL", 'has ended'],
    [
      `UPDATE reservation SET state = 'RESERVED', resolved_at = NULL, remaining = amounts WHERE state = 'VOIDED'`,
      'has ended',
    ],
    ["UPDATE reservation SET resolved_at = now() WHERE state = 'CAPTURED'", 'has ended'],
    ["UPDATE reservation SET expires_at = expires_at - interval '1 s' WHERE state = 'VOIDED'", 'has ended'],
    ["UPDATE reservation SET state = 'VOIDED', resolved_at = now() WHERE state = 'RESERVED'", 'holds_while_reserved'],
    ['DELETE FROM idempotency_key', 'ids are history'],
    [
      "INSERT INTO reservation (id, kind, reference, fingerprint, reserved_at) VALUES ('r', 'TRANSFER', 'x', '', now())",
      'reservation_expires',
    ],
    [
      "INSERT INTO reservation (id, state, resolved_at, kind) VALUES ('r', 'VOIDED', now(), 'PAYOUT')",
      'reservation_is_whole_or_a_tombstone',
    ],
  ])('cannot say %s', async (statement, reason) => {
    await expect(owner.$executeRawUnsafe(statement)).rejects.toThrow(new RegExp(reason));
  });

  it('cannot open an account with money in it, or at another address', async () => {
    const open = (address: string, credits: number) =>
      owner.$executeRawUnsafe(`
        INSERT INTO account (address, purpose, currency, normal_balance, credits_posted)
        VALUES ('${address}', 'FEE_REVENUE', 'XAF', 'CREDIT', ${credits})`);
    await expect(open('FEE_REVENUE/XAF', 1)).rejects.toThrow('opened empty');
    await expect(open('FEE_REVENUE/XOF', 0)).rejects.toThrow('not its own address');
  });

  it.each([
    ['without its floor', "'SUSPENSE', 'SUSPENSE/XAF', 'CREDIT', NULL", 'has a floor where there is none'],
    ['with a credit limit that only wallets have', "'SUSPENSE', 'SUSPENSE/XAF', 'CREDIT', -5", 'not its own'],
    ['on the other side', "'SETTLEMENT', 'SETTLEMENT/XAF', 'CREDIT', NULL", 'does not grow on its side'],
  ])('cannot open an account %s', async (_how, values, reason) => {
    const opening = `INSERT INTO account (currency, purpose, address, normal_balance, floor) VALUES ('XAF', ${values})`;
    await expect(owner.$executeRawUnsafe(opening)).rejects.toThrow(reason);
  });

  it('cannot hold what does not balance', async () => {
    const lopsided = `
      INSERT INTO reservation (
        id, kind, reference, fingerprint, account_numbers, directions, amounts, remaining, reserved_at, expires_at
      )
      SELECT 'res_lopsided', 'TRANSFER', 'x', '', ARRAY[number, number], '{DEBIT,CREDIT}', '{5,4}', '{5,4}', now(),
        now() + interval '1 hour'
      FROM account WHERE wallet_id = '${walletId}'`;
    await expect(owner.$executeRawUnsafe(lopsided)).rejects.toThrow('not balanced');
  });
});

describe('the service', () => {
  it.each([
    'account',
    'transaction',
    'entry',
    'reservation',
    'idempotency_key',
    'ledger_head',
    'chart_of_accounts',
    'proof',
    'standing_seal',
  ])('may read %s and not write it', async (table) => {
    const [column] = await owner.$queryRaw<{ name: string }[]>`
        SELECT attname AS name FROM pg_attribute WHERE attrelid = ${table}::regclass AND attnum = 1
      `;
    await expect(ledger.database.$queryRawUnsafe(`SELECT FROM ${table}`)).resolves.toBeDefined();
    for (const statement of [
      `INSERT INTO ${table} DEFAULT VALUES`,
      `UPDATE ${table} SET ${column?.name} = DEFAULT`,
      `DELETE FROM ${table}`,
      `TRUNCATE ${table}`,
      `SELECT FROM ${table} FOR UPDATE`,
    ])
      await expect(ledger.database.$executeRawUnsafe(statement)).rejects.toThrow('permission denied');
  });

  it('may execute the commands, look up times and record proofs, and nothing that commands are made of', async () => {
    const functions = await owner.$queryRaw<{ name: string; allowed: boolean }[]>`
      SELECT proname AS name, has_function_privilege('ledger_service', oid, 'EXECUTE') AS allowed
      FROM pg_proc WHERE pronamespace = 'public'::regnamespace
    `;
    expect(
      functions
        .filter(({ allowed }) => allowed)
        .map(({ name }) => name)
        .sort(),
    ).toEqual([
      'capture_reservations',
      'create_partitions',
      'expire_reservations',
      'extend_reservations',
      'micros_of_version',
      'open_accounts',
      'post_transactions',
      'publish_head',
      'record_proof',
      'reserve_and_capture',
      'reserve_funds',
      'reverse_transactions',
      'sequence_before',
      'set_account_limits',
      'set_account_statuses',
      'void_reservations',
    ]);
    const definers = await owner.$queryRaw<{ config: string[] }[]>`
      SELECT proconfig AS config FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND prosecdef
    `;
    expect(definers).toHaveLength(14);
    for (const { config } of definers) expect(config).toContain('search_path=public, pg_temp');
  });
});

it('everything refused above changed nothing, and the reservation still holds', async () => {
  expect(await ledger.engine.statuses([held])).toEqual([{ id: held, state: 'RESERVED' }]);
  const spent = transaction([debit(wallet(walletId), 801n), credit(house('SUSPENSE'), 801n)]);
  expect(codes(await ledger.engine.post([spent]))).toEqual(['INSUFFICIENT_FUNDS']);
});
