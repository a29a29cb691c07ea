import { createServiceTokenSigner } from '@paygraph/auth';
import { newId } from '@paygraph/ids';
import { Pool } from 'undici';
import type { Installation } from './installation.ts';

const mutation = `mutation ($transactions: [PostTransactionInput!]!) {
  postTransactions(transactions: $transactions) { id done code account message }
}`;

/** Wallets in one transaction; a transaction has at most 32 entries. */
const step = 31;

/** An installation's ledger over HTTP, as payment calls it. */
export function createLedgerClient({ addresses, keys }: Installation) {
  const key = keys.serviceKeys.get('payment')?.key;
  if (!key || addresses.ledger === undefined) throw new Error('There is no ledger to call');
  const token = createServiceTokenSigner({ service: 'payment', key });
  const { origin, pathname } = new URL(addresses.ledger);
  const pool = new Pool(origin, { connections: 1 });

  const post = async (transactions: readonly object[]) => {
    const { body } = await pool.request({
      method: 'POST',
      path: pathname,
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token('ledger', ['ledger:post'])}` },
      body: JSON.stringify({ query: mutation, variables: { transactions } }),
    });
    const text = await body.text();
    if (!text.includes('"done":true') || text.includes('"done":false')) throw new Error(`Refused: ${text}`);
  };
  return {
    /** One transfer of a cent. */
    transfer: (from: string, to: string) =>
      post([
        {
          ...{ id: newId('txn'), kind: 'TRANSFER', reference: 'bench' },
          entries: [entry(from, 'DEBIT', '0.01'), entry(to, 'CREDIT', '0.01')],
        },
      ]),
    /** Pays so many dollars in to each wallet. */
    async fund(walletIds: readonly string[], amount: string) {
      for (let first = 0; first < walletIds.length; first += step) {
        const some = walletIds.slice(first, first + step);
        const settlement = {
          ...{ account: { purpose: 'SETTLEMENT', currency: 'USD' }, direction: 'DEBIT' },
          amount: { amount: (Number(amount) * some.length).toFixed(2), currency: 'USD' },
        };
        const entries = [settlement, ...some.map((walletId) => entry(walletId, 'CREDIT', amount))];
        await post([{ id: newId('txn'), kind: 'ADJUSTMENT', reference: 'funding', entries }]);
      }
    },
    close: () => pool.close(),
  };
}

function entry(walletId: string, direction: 'DEBIT' | 'CREDIT', amount: string) {
  return { account: { purpose: 'WALLET', currency: 'USD', walletId }, direction, amount: { amount, currency: 'USD' } };
}
