import { entryColumns } from '../entry/store.ts';
import type { PrismaClient } from '../generated/prisma/client.ts';
import type { EntryModel, TransactionModel } from '../generated/prisma/models.ts';
import { canBeHeld } from '../held.ts';

/** A transaction as the books have it. */
export type Transaction = TransactionModel;

/** An entry as others know it, by ids; amounts in minor units of the account's currency. */
export interface Entry extends Omit<EntryModel, 'accountNumber' | 'sequence'> {
  readonly accountId: string;
  readonly transactionId: string;
}

export type TransactionStore = ReturnType<typeof createTransactionStore>;

/** Reads transactions and their entries. */
export function createTransactionStore(database: PrismaClient) {
  return {
    byIds: async (ids: readonly string[]): Promise<Transaction[]> => {
      const keys = await database.idempotencyKey.findMany({
        where: { id: { in: ids.filter(canBeHeld) } },
        select: { sequence: true },
      });
      return database.transaction.findMany({ where: { sequence: { in: keys.map(({ sequence }) => sequence) } } });
    },

    /** In the order of posting within each reference. */
    byReferences: (references: readonly string[]): Promise<Transaction[]> =>
      database.transaction.findMany({
        where: { reference: { in: references.filter(canBeHeld) } },
        orderBy: { sequence: 'asc' },
      }),

    /** In the order given within each transaction. */
    entriesOf: (transactionIds: readonly string[]): Promise<Entry[]> => database.$queryRaw<Entry[]>`
      SELECT ${entryColumns}
      FROM idempotency_key AS key
      JOIN transaction ON transaction.sequence = key.sequence AND transaction.posted_at = key.posted_at
      JOIN entry ON entry.account_number = ANY (transaction.account_numbers) AND entry.posted_at = transaction.posted_at
      JOIN account ON account.number = entry.account_number
      WHERE key.id = ANY (${[...transactionIds]}::text[])
      ORDER BY key.id, entry.position
    `,
  };
}
