import { measure } from '@paygraph/bench';
import { newId } from '@paygraph/ids';
import { Pool } from 'undici';
import { workloads } from './workloads.ts';

/** What the process of the callers is told to do, over its channel; it answers with a `Measure`. */
export interface CallersTask {
  readonly clients: number;
  readonly seconds: number;
  /** Of the ledger's graph. */
  readonly url: string;
  readonly authorization: string;
  readonly walletIds: readonly string[];
}

const mutation = `mutation ($transactions: [PostTransactionInput!]!) {
  postTransactions(transactions: $transactions) { id done code account message }
}`;

async function call({ clients, seconds, url, authorization, walletIds }: CallersTask) {
  const { origin, pathname: path } = new URL(url);
  const pool = new Pool(origin, { connections: clients });
  const headers = { 'content-type': 'application/json', authorization };
  const entry = (account: number, direction: 'DEBIT' | 'CREDIT') => ({
    account: { purpose: 'WALLET', currency: 'USD', walletId: walletIds[account] },
    direction,
    amount: { amount: '0.01', currency: 'USD' },
  });
  const post = async () => {
    const { from, to } = workloads.uniform();
    const entries = [entry(from, 'DEBIT'), entry(to, 'CREDIT')];
    const transactions = [{ id: newId('txn'), kind: 'TRANSFER', reference: 'bench', entries }];
    const { body } = await pool.request({
      method: 'POST',
      path,
      headers,
      body: JSON.stringify({ query: mutation, variables: { transactions } }),
    });
    const text = await body.text();
    if (!text.includes('"done":true')) throw new Error(`Refused: ${text}`);
  };
  const measured = await measure({ clients, seconds, act: post });
  await pool.close();
  return measured;
}

process.on('message', async (task: CallersTask) => {
  process.send?.(await call(task));
});
process.on('disconnect', () => process.exit());
process.send?.('ready');
