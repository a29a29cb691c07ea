import {
  createAuthenticator,
  createServiceTokenSigner,
  generateSigningKey,
  publicJwk,
  staticKeys,
} from '@paygraph/auth';
import { memoryBus } from '@paygraph/events';
import { createLogger } from '@paygraph/service';
import { Pool } from 'undici';
import type { NewEntry } from '../src/engine/commands.ts';
import { createLedgerSubgraph } from '../src/subgraph.ts';
import { transactionOf } from './ledger.ts';
import type { Transfer } from './workloads.ts';

const mutation = `mutation ($transactions: [PostTransactionInput!]!) {
  postTransactions(transactions: $transactions) { id done code account message }
}`;

const inputOf = ({ account, direction }: NewEntry) => ({
  account: { purpose: account.purpose, currency: account.currency, walletId: account.walletId },
  direction,
  amount: { amount: '0.01', currency: account.currency },
});

/** The ledger's own server, called as the payment service calls it: one transfer a request. */
export async function createHttpLedger(databaseUrl: string) {
  const key = generateSigningKey();
  const subgraph = createLedgerSubgraph({
    databaseUrl,
    bus: memoryBus(),
    key: generateSigningKey(),
    // Not while others are measured.
    proofIntervalMs: 86_400_000,
    logger: createLogger({ service: 'ledger', level: 'silent' }),
    authenticate: createAuthenticator({
      accessTokenKeys: staticKeys({ keys: [] }),
      serviceTokenKeys: staticKeys({ keys: [publicJwk(key, 'payment')] }),
      audience: 'ledger',
      acceptedScopes: { payment: ['ledger:post'] },
    }),
  });
  const url = new URL(await subgraph.listen({ host: '127.0.0.1', port: 0 }));
  const token = createServiceTokenSigner({ service: 'payment', key });
  const pool = new Pool(url.origin, { connections: 64 });
  return {
    post: async (transfer: Transfer) => {
      const { entries, ...rest } = transactionOf(transfer);
      const variables = { transactions: [{ ...rest, entries: entries.map(inputOf) }] };
      const { body } = await pool.request({
        method: 'POST',
        path: url.pathname,
        headers: { 'content-type': 'application/json', authorization: `Bearer ${token('ledger', ['ledger:post'])}` },
        body: JSON.stringify({ query: mutation, variables }),
      });
      const text = await body.text();
      if (!text.includes('"done":true')) throw new Error(`Refused: ${text}`);
    },
    close: async () => {
      await pool.close();
      await subgraph.stop();
    },
  };
}
