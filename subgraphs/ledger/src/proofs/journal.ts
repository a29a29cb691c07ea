import { createPool } from '@paygraph/database';
import { expect } from 'vitest';
import { createAccountStore } from '../account/store.ts';
import { booksOf } from '../books/books.ts';
import type { NewEntry, Outcome } from '../engine/commands.ts';
import { statusesOf } from '../engine/engine.ts';
import type { PrismaClient, ReservationState } from '../generated/prisma/client.ts';
import { groupBy } from '../group-by.ts';
import { createTransactionStore } from '../transaction/store.ts';
import type { RemoteLedger } from './remote-ledger.ts';

/** A transaction as it is to stand in the books. */
export interface Expected {
  readonly id: string;
  readonly entries: readonly NewEntry[];
}

/** A command that a caller has in hand, and what the books are to show of it. */
export interface Errand {
  /** The same every time: it is repeated until there is an answer. */
  readonly send: (ledger: RemoteLedger) => Promise<readonly Outcome[]>;
  /** The transactions that it writes, in the order of its items: of each list all or none. */
  readonly writes: readonly (readonly Expected[])[];
  /** The reservation that it makes or changes, and the state that this leaves it in. */
  readonly leaves?: { readonly id: string; readonly state: ReservationState };
}

type Fate = 'unanswered' | 'done' | 'refused';

export interface Books {
  /** Of a role that may read the books, and whose sessions are not the service's. */
  readonly database: PrismaClient;
  readonly url: string;
}

export interface Tally {
  readonly acknowledged: number;
  readonly refused: number;
  /** Commands in hand whose answers were cut off, and how many of these stand in the books. */
  readonly unanswered: number;
  readonly unansweredButDone: number;
}

export type Journal = ReturnType<typeof createJournal>;

/** What all callers asked for and were told. The books may say nothing else. */
export function createJournal() {
  const groups: (readonly Expected[])[] = [];
  const fates = new Map<string, Fate>();
  const expected = new Map<string, Expected>();
  /** The states that each reservation may be in: one, or two while a command is unanswered. Null: there is none. */
  const states = new Map<string, readonly (ReservationState | null)[]>();
  let answers = 0;

  const ask = ({ writes, leaves }: Errand) => {
    for (const group of writes) {
      groups.push(group);
      for (const each of group) {
        expected.set(each.id, each);
        fates.set(each.id, 'unanswered');
      }
    }
    if (leaves) states.set(leaves.id, [...(states.get(leaves.id) ?? [null]), leaves.state]);
  };

  const answer = ({ writes, leaves }: Errand, outcomes: readonly Outcome[]) => {
    answers += 1;
    for (const [index, { id }] of writes.flat().entries()) {
      expect(outcomes[index]?.id).toBe(id);
      fates.set(id, outcomes[index]?.done ? 'done' : 'refused');
    }
    if (leaves) {
      const [before = null] = states.get(leaves.id) ?? [];
      states.set(leaves.id, [outcomes[0]?.done ? leaves.state : before]);
    }
  };

  /** Compares everything that was ever asked for with the books. Nobody may be writing to them meanwhile. */
  const compare = async ({ database, url }: Books): Promise<Tally> => {
    const { faults, head } = await booksOf(url);
    expect(faults).toEqual([]);

    const written = await readTransactions(database, [...fates.keys()]);
    const wrong = [...fates].filter(([id, fate]) => fate !== 'unanswered' && (fate === 'done') !== written.has(id));
    expect(wrong, 'acknowledged and missing, or refused and there').toEqual([]);
    const torn = groups.filter((group) => group.some(({ id }) => written.has(id) !== written.has(group[0]?.id ?? '')));
    expect(torn, 'written in part').toEqual([]);
    expect(head.sequence, 'transactions that nobody asked for').toBe(BigInt(written.size));
    for (const [id, entries] of written) expect(entries).toEqual(expected.get(id)?.entries.map(lineOf));

    const pool = createPool({ url });
    const found = await statusesOf(pool, [...states.keys()]);
    await pool.end();
    const misplaced = found.filter(({ id, state }) => !states.get(id)?.some((allowed) => allowed === state));
    expect(misplaced, 'reservations in a state that nobody was told').toEqual([]);

    const unanswered = [...fates].filter(([, fate]) => fate === 'unanswered').map(([id]) => id);
    return {
      acknowledged: [...fates.values()].filter((fate) => fate === 'done').length,
      refused: [...fates.values()].filter((fate) => fate === 'refused').length,
      unanswered: unanswered.length,
      unansweredButDone: unanswered.filter((id) => written.has(id)).length,
    };
  };

  return { ask, answer, compare, answers: () => answers };
}

const lineOf = ({ account, direction, amount }: NewEntry) => {
  const { purpose, currency, rail, walletId } = account;
  return [purpose, currency, rail, walletId, direction, amount].join(' ');
};

/** The entries of those of the transactions that are in the books, in the order of positions. */
async function readTransactions(database: PrismaClient, ids: readonly string[]): Promise<Map<string, string[]>> {
  const store = createTransactionStore(database);
  const accounts = createAccountStore(database);
  const written = new Map<string, string[]>();
  const atOnce = 2_000;
  for (let first = 0; first < ids.length; first += atOnce) {
    const page = ids.slice(first, first + atOnce);
    const entries = await store.entriesOf(page);
    const used = await accounts.byIds([...new Set(entries.map(({ accountId }) => accountId))]);
    const names = new Map(
      used.map(({ id, purpose, currency, rail, walletId }) => [id, [purpose, currency, rail, walletId].join(' ')]),
    );
    const byTransaction = groupBy(entries, ({ transactionId }) => transactionId);
    for (const { id, amounts } of await store.byIds(page)) {
      const own = byTransaction.get(id) ?? [];
      expect(own.length).toBe(amounts.length);
      written.set(
        id,
        own.map(({ accountId, direction, amount }) => [names.get(accountId), direction, amount].join(' ')),
      );
    }
  }
  return written;
}
