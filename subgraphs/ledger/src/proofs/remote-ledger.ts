import type { ServiceTokenSigner } from '@paygraph/auth';
import { formatAmount } from '@paygraph/money';
import { createLogger } from '@paygraph/service';
import { createPeer } from '@paygraph/subgraph';
import { type DocumentNode, parse } from 'graphql';
import type { Capture, NewEntry, NewReservation, NewReversal, NewTransaction, Outcome } from '../engine/commands.ts';
import type { LedgerEngine } from '../engine/engine.ts';

export type RemoteLedger = ReturnType<typeof createRemoteLedger>;

export interface RemoteLedgerOptions {
  readonly url: string;
  readonly payment: ServiceTokenSigner;
  readonly wallet: ServiceTokenSigner;
  readonly connections?: number;
}

const patienceMs = 30_000;

/**
 * The engine's commands as the ledger answers them over HTTP, called the way the payment and wallet services call.
 *
 * @throws PeerError when there was no answer: then nobody knows what was done.
 */
export function createRemoteLedger({ url, payment, wallet, connections = 64 }: RemoteLedgerOptions) {
  const logger = createLogger({ service: 'caller', level: 'silent' });
  const peer = (token: () => string) =>
    createPeer({ name: 'ledger', url, token, logger, timeoutMs: patienceMs, connections });
  const poster = peer(() => payment('ledger', ['ledger:post']));
  const opener = peer(() => wallet('ledger', ['ledger:account']));

  const ask = async (caller: typeof poster, document: DocumentNode, items: readonly unknown[]) => {
    const { outcomes } = await caller.request<{ outcomes: Outcome[] }, { items: readonly unknown[] }>(document, {
      items,
    });
    return outcomes;
  };

  return {
    post: (items) => ask(poster, documents.post, items.map(transactionInput)),
    reverse: (items) => ask(poster, documents.reverse, items.map(reversalInput)),
    reserve: (items) => ask(poster, documents.reserve, items.map(reservationInput)),
    capture: (items) => ask(poster, documents.capture, items.map(captureInput)),
    void: (ids) => ask(poster, documents.void, ids),
    openAccounts: (items) => ask(opener, documents.openAccounts, items),
    close: async () => {
      await Promise.all([poster.close(), opener.close()]);
    },
  } satisfies Omit<LedgerEngine, 'statuses' | 'setAccountStatuses' | 'setAccountLimits' | 'extend'> & {
    close(): Promise<void>;
  };
}

const command = (field: string, argument: string, type: string) =>
  parse(`mutation ($items: ${type}) { outcomes: ${field}(${argument}: $items) { id done code account message } }`);

const documents = {
  post: command('postTransactions', 'transactions', '[PostTransactionInput!]!'),
  reverse: command('reverse', 'reversals', '[ReverseInput!]!'),
  reserve: command('reserve', 'reservations', '[ReserveInput!]!'),
  capture: command('capture', 'captures', '[CaptureInput!]!'),
  void: command('void', 'reservationIds', '[ID!]!'),
  openAccounts: command('openAccounts', 'accounts', '[OpenAccountInput!]!'),
};

const entryInput = ({ account, direction, amount }: NewEntry) => ({
  account,
  direction,
  amount: { amount: formatAmount({ amount, currency: account.currency }), currency: account.currency },
});

const transactionInput = (item: NewTransaction) => ({ ...item, entries: item.entries.map(entryInput) });
const reservationInput = (item: NewReservation) => ({ ...item, entries: item.entries.map(entryInput) });
const captureInput = (item: Capture) => ({ ...item, entries: item.entries?.map(entryInput) });
const reversalInput = ({ reverses, ...item }: NewReversal) => ({
  ...item,
  transactionId: reverses,
  entries: item.entries?.map(entryInput),
});
