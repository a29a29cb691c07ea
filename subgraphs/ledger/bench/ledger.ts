import { createPool, migrate, migrationsDirectory } from '@paygraph/database';
import { newId } from '@paygraph/ids';
import { currencyOf } from '@paygraph/money';
import { createLogger } from '@paygraph/service';
import pg from 'pg';
import type { NewEntry, NewTransaction, Outcome } from '../src/engine/commands.ts';
import { postParameters, postValues } from '../src/engine/database-commands.ts';
import { createEngine } from '../src/engine/engine.ts';
import { accountCount, type Transfer } from './workloads.ts';

const currency = currencyOf('USD');
/** Of the wallets of {@link createBenchLedger}. */
export const walletIds = Array.from({ length: accountCount }, () => newId('wal'));
const wallet = (account: number) => ({ purpose: 'WALLET' as const, currency, walletId: walletIds[account] ?? '' });
const hourMs = 3_600_000;

const entriesOf = ({ from, to }: Transfer): NewEntry[] => [
  { account: wallet(from), direction: 'DEBIT', amount: 1n },
  { account: wallet(to), direction: 'CREDIT', amount: 1n },
];

/** A transfer as the engine takes it. */
const transactionOf = (transfer: Transfer): NewTransaction => ({
  id: newId('txn'),
  kind: 'TRANSFER',
  reference: 'bench',
  entries: entriesOf(transfer),
});

/** @throws Error if one was refused */
function expectDone(outcomes: readonly Outcome[]): void {
  const refused = outcomes.find(({ done }) => !done);
  if (refused) throw new Error(`Refused: ${JSON.stringify(refused)}`);
}

export interface LedgerUrls {
  readonly databaseUrl: string;
  readonly migrationUrl: string;
}

/** Our ledger with {@link accountCount} funded wallets. */
export async function createBenchLedger({ databaseUrl, migrationUrl }: LedgerUrls) {
  const logger = createLogger({ service: 'bench', level: 'silent' });
  await migrate({ migrationUrl, directory: migrationsDirectory('ledger'), logger });
  const commands = createPool({ url: databaseUrl });
  const engine = createEngine(commands);
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 8 });
  for (let first = 0; first < accountCount; first += 1_000) {
    const some = walletIds.slice(first, first + 1_000);
    expectDone(await engine.openAccounts(some.map((walletId) => ({ walletId, ownerId: newId('cus'), currency }))));
  }
  const share = 1_000_000_000n;
  const step = 31;
  for (let first = 0; first < accountCount; first += step) {
    const funded = Array.from({ length: Math.min(step, accountCount - first) }, (_, index) => first + index);
    const entries: NewEntry[] = [
      { account: { purpose: 'SETTLEMENT', currency }, direction: 'DEBIT', amount: share * BigInt(funded.length) },
      ...funded.map((account): NewEntry => ({ account: wallet(account), direction: 'CREDIT', amount: share })),
    ];
    expectDone(await engine.post([{ id: newId('txn'), kind: 'ADJUSTMENT', reference: 'funding', entries }]));
  }
  return {
    /** Through the engine's public API. */
    post: async (transfer: Transfer) => expectDone(await engine.post([transactionOf(transfer)])),
    /** One function call per transfer: our schema and enforcement without the engine. */
    call: async (transfer: Transfer) => {
      const { rows } = await pool.query<{ code: string }>({
        name: 'post',
        text: `SELECT * FROM post_transactions(${postParameters})`,
        values: [...postValues([[transactionOf(transfer)]], false)],
      });
      if (rows[0]) throw new Error(`Refused: ${rows[0].code}`);
    },
    /** A reservation and its capture. */
    pair: async (transfer: Transfer) => {
      const { reference, kind, entries } = transactionOf(transfer);
      const reservation = { id: newId('res'), kind, reference, entries, expiresAt: new Date(Date.now() + hourMs) };
      expectDone(await engine.reserve([reservation]));
      expectDone(await engine.capture([{ id: newId('txn'), reservationId: reservation.id }]));
    },
    close: async () => {
      await pool.end();
      await commands.end();
    },
  };
}
