import { newId } from '@paygraph/ids';
import { createLogger } from '@paygraph/service';
import { Registry } from 'prom-client';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { PrismaClient } from '../generated/prisma/client.ts';
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
import { createProofMetrics } from './metrics.ts';
import { createProof } from './proof.ts';
import { createProofWorker } from './worker.ts';

let ledger: TestLedger;
let owner: PrismaClient;
let walletId: string;

const fee = (amount: bigint) => [debit(wallet(walletId), amount), credit(house('FEE_REVENUE'), amount)];

/** Posts so many fees, one batch each. */
async function post(count: number): Promise<string[]> {
  const transactions = Array.from({ length: count }, () => transaction(fee(1n)));
  for (const each of transactions) expect(codes(await ledger.engine.post([each]))).toEqual(['done']);
  return transactions.map(({ id }) => id);
}

/** What proves, as a process of its own does. */
function prover() {
  const registry = new Registry();
  const proof = createProof(ledger.database);
  const worker = createProofWorker({
    proof,
    metrics: createProofMetrics(registry),
    logger: createLogger({ service: 'ledger', level: 'silent' }),
    intervalMs: 5,
    rest: 0,
  });
  const metric = async (name: string) => (await registry.getSingleMetric(`paygraph_ledger_${name}`)?.get())?.values;
  return { proof, worker, run: worker.run, metric };
}

/** Changes rows behind the triggers, and changes them back after `check`. */
async function tampered(change: string, undo: string, check: () => Promise<void>): Promise<void> {
  const behindTriggers = (statement: string) =>
    owner.$transaction(async (books) => {
      const tables = ['transaction', 'entry', 'seal', 'account', 'reservation'];
      for (const table of tables) await books.$executeRawUnsafe(`ALTER TABLE ${table} DISABLE TRIGGER USER`);
      expect(await books.$executeRawUnsafe(statement)).toBeGreaterThan(0);
      for (const table of tables) await books.$executeRawUnsafe(`ALTER TABLE ${table} ENABLE TRIGGER USER`);
    });
  await behindTriggers(change);
  try {
    await check();
  } finally {
    await behindTriggers(undo);
  }
}

const head = async () => (await ledger.database.ledgerHead.findFirstOrThrow()).sequence;
const mark = async () => (await ledger.database.proof.findFirstOrThrow()).sequence;

beforeAll(async () => {
  ledger = await openTestLedger();
  owner = ledger.asOwner();
  walletId = await ledger.openWallet({ funds: 10_000n });
});

afterAll(() => ledger.close());

describe('the proof', () => {
  it('of sound books finds nothing, and says how far it came', async () => {
    await post(5);
    const held = reservation(fee(7n));
    const captured = reservation(fee(3n));
    await ledger.engine.reserve([held, captured]);
    await ledger.engine.capture([{ id: newId('txn'), reservationId: captured.id }]);
    const { run, metric } = prover();
    expect(await run()).toEqual([]);
    expect(await mark()).toBe(await head());
    expect(await metric('proof_faults')).toMatchObject([{ value: 0 }]);
    expect(await metric('proof_sequence')).toMatchObject([{ value: Number(await head()) }]);
    expect(await metric('books_balance')).toMatchObject([{ labels: { currency: 'USD' }, value: 0 }]);
    const [lastRun] = (await metric('proof_last_run_timestamp_seconds')) ?? [];
    expect(lastRun?.value).toBeGreaterThan(Date.now() / 1000 - 60);
  });

  it('goes on where the last one ended, in another process too', async () => {
    const [first = ''] = await post(1);
    expect(await prover().run()).toEqual([]);
    const before = await mark();
    await post(2);
    // What was proven is not read again.
    const change = `UPDATE transaction SET reference = 'forged' WHERE id = '${first}'`;
    const { reference } = await ledger.database.transaction.findFirstOrThrow({ where: { id: first } });
    await tampered(change, `UPDATE transaction SET reference = '${reference}' WHERE id = '${first}'`, async () => {
      expect(await prover().run()).toEqual([]);
    });
    expect(await mark()).toBe(before + 2n);
  });

  it('by two processes at once is done once, and by both', async () => {
    await post(3);
    expect(await Promise.all([prover().run(), prover().run()])).toEqual([[], []]);
    expect(await mark()).toBe(await head());
  });

  const forgeries = [
    ['another amount', 'entry', 'amount = amount + 1', 'amount = amount - 1', /does not have the entries/],
    [
      'another balance',
      'entry',
      'balance = balance + 1',
      'balance = balance - 1',
      /does not follow|not what was sealed/,
    ],
    [
      'an account that is not there',
      'entry',
      'account_number = -account_number',
      'account_number = -account_number',
      /does not have the entries/,
    ],
  ] as const;

  it.each(forgeries)('finds %s, and goes no further until it is gone', async (_what, table, change, undo, expected) => {
    const [id = ''] = await post(1);
    await post(1);
    const proven = await mark();
    const where = `WHERE sequence = (SELECT sequence FROM transaction WHERE id = '${id}') AND position = 2`;
    const { run, metric } = prover();
    await tampered(`UPDATE ${table} SET ${change} ${where}`, `UPDATE ${table} SET ${undo} ${where}`, async () => {
      const faults = await run();
      expect(faults.join('\n')).toMatch(expected);
      expect(await mark()).toBe(proven);
      expect((await metric('proof_faults'))?.[0]?.value).toBe(faults.length);
      expect(await prover().run()).toEqual(faults);
    });
    expect(await run()).toEqual([]);
    expect(await metric('proof_faults')).toMatchObject([{ value: 0 }]);
    expect(await mark()).toBe(await head());
  });

  it('finds a reversal of nothing, and a capture of what was never reserved', async () => {
    const [id = ''] = await post(1);
    for (const [column, fault] of [
      ['reverses', `${id} takes back x, which does not exist`],
      ['reservation_id', `${id} captures x, which was never reserved`],
    ]) {
      const set = (value: string) => `UPDATE transaction SET ${column} = ${value} WHERE id = '${id}'`;
      await tampered(set("'x'"), set('NULL'), async () => {
        expect(await prover().run()).toContain(fault);
      });
    }
    expect(await prover().run()).toEqual([]);
  });

  it('finds counters that are not those of the entries, and that the books are out of balance', async () => {
    const { run, metric } = prover();
    const add = (amount: string) =>
      `UPDATE account SET credits_posted = credits_posted + ${amount} WHERE address = 'FEE_REVENUE/USD'`;
    await tampered(add('5'), add('-5'), async () => {
      expect(await run()).toEqual([
        'the counters of FEE_REVENUE/USD are not those of its last entry',
        'all debits and credits of USD differ',
      ]);
      expect(await metric('books_balance')).toMatchObject([{ labels: { currency: 'USD' }, value: -5 }]);
    });
  });

  it('finds pending amounts that nothing holds, and held ones that are not pending', async () => {
    const add = (amount: string) =>
      `UPDATE account SET debits_pending = debits_pending + ${amount} WHERE address = '${walletId}'`;
    const fault = `what is pending on ${walletId} is not what its reservations hold`;
    await tampered(add('1'), add('-1'), async () => expect(await prover().run()).toEqual([fault]));
    await tampered(add('-7'), add('7'), async () => expect(await prover().run()).toEqual([fault]));
  });

  it('finds that the seal it stands on was replaced', async () => {
    const where = `WHERE last_sequence = ${await mark()}`;
    const [seal] = await owner.$queryRawUnsafe<{ hash: string }[]>(
      `SELECT encode(hash, 'hex') AS hash FROM seal ${where}`,
    );
    await post(1);
    const set = (hash: string) => `UPDATE seal SET hash = ${hash} ${where}`;
    await tampered(set("sha256('forged')"), set(`decode('${seal?.hash}', 'hex')`), async () => {
      expect(await prover().run()).toEqual([`the seal at ${await mark()} is not the one that was proven`]);
    });
    expect(await prover().run()).toEqual([]);
  });
});

describe('the mark', () => {
  it('is moved by nobody but over a seal, forward', async () => {
    const { database } = ledger;
    const at = await mark();
    const [later = ''] = await post(1);
    expect(later).not.toBe('');
    const record = async (from: bigint, to: bigint, hash: string) => {
      const [row] = await database.$queryRawUnsafe<{ recorded: boolean }[]>(
        `SELECT record_proof(${from}, ${to}, ${hash}) AS recorded`,
      );
      return row?.recorded;
    };
    const hashOf = (sequence: bigint) => `(SELECT hash FROM seal WHERE last_sequence = ${sequence})`;
    expect(await record(at, at + 1n, "sha256('no seal')")).toBe(false);
    expect(await record(at, at - 1n, hashOf(at - 1n))).toBe(false);
    expect(await record(at - 1n, at + 1n, hashOf(at + 1n))).toBe(false);
    await expect(database.$executeRaw`UPDATE proof SET sequence = 0`).rejects.toThrow(/permission denied/);
    expect(await record(at, at + 1n, hashOf(at + 1n))).toBe(true);
  });
});

describe('the worker', () => {
  it('proves again and again until it is stopped', async () => {
    const { worker, metric } = prover();
    worker.start();
    await post(1);
    const last = Number(await head());
    await vi.waitFor(async () => expect(await metric('proof_sequence')).toMatchObject([{ value: last }]), 20_000);
    await worker.stop();
  });

  it('counts proofs that fail, and goes on', async () => {
    const registry = new Registry();
    const broken = { ...createProof(ledger.database), headSequence: () => Promise.reject(new Error('no database')) };
    const worker = createProofWorker({
      proof: broken,
      metrics: createProofMetrics(registry),
      logger: createLogger({ service: 'ledger', level: 'silent' }),
      intervalMs: 1,
    });
    worker.start();
    const failures = async () =>
      (await registry.getSingleMetric('paygraph_ledger_proof_failures_total')?.get())?.values[0]?.value;
    await vi.waitFor(async () => expect(await failures()).toBeGreaterThan(1), 20_000);
    await worker.stop();
  });
});
