import { signAccessToken } from '@paygraph/auth';
import { newId } from '@paygraph/ids';
import pg from 'pg';
import { openWallet, type Person, personWith } from '../../src/client/index.ts';
import type { Installation } from './installation.ts';
import { createLedgerClient } from './ledger.ts';

/** A customer with a wallet in US dollars and money in it. */
export interface Customer {
  readonly id: string;
  readonly walletId: string;
  /** A header that is good for now. */
  authorization(): string;
  /** Over HTTP and over a WebSocket of their own. */
  readonly person: Person;
}

/** What each has to begin with, in US dollars. */
const funds = '5000.00';
/** Tokens last 15 minutes, a benchmark may last longer. */
const renewMs = 5 * 60_000;

/** Puts people into an installation, each with a wallet opened through the graph. */
export async function settlePeople(installation: Installation, count: number): Promise<readonly Customer[]> {
  const ids = Array.from({ length: count }, () => newId('cus'));
  await enterCustomers(installation, ids);
  const customers: Customer[] = [];
  const waiting = [...ids];
  const open = async () => {
    for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
      const authorization = authorizationOf(installation, id);
      const person = personWith(installation.url, id, authorization().slice('Bearer '.length));
      customers.push({ id, person, authorization, walletId: await openWallet(person, 'USD') });
    }
  };
  await Promise.all(Array.from({ length: 16 }, open));
  const ledger = createLedgerClient(installation);
  try {
    await ledger.fund(
      customers.map(({ walletId }) => walletId),
      funds,
    );
  } finally {
    await ledger.close();
  }
  return customers;
}

/** The owner's own SQL: registering them through the graph would take a password's worth of work for each. */
async function enterCustomers({ databases }: Installation, ids: readonly string[]): Promise<void> {
  const owner = new pg.Client(databases.profile.migrationUrl);
  await owner.connect();
  await owner.query(
    `INSERT INTO customer (id, email, display_name, password_hash)
     SELECT id, id || '@bench.paygraph.dev', 'Customer ' || place, (SELECT password_hash FROM customer LIMIT 1)
     FROM unnest($1::text[]) WITH ORDINALITY AS someone (id, place)`,
    [ids],
  );
  await owner.query(
    `INSERT INTO customer_role (customer_id, role) SELECT id, 'CUSTOMER' FROM unnest($1::text[]) AS id`,
    [ids],
  );
  await owner.end();
}

function authorizationOf({ keys }: Installation, customerId: string): () => string {
  const sessionId = newId('ses');
  let signedAt = 0;
  let authorization = '';
  return () => {
    if (Date.now() - signedAt > renewMs) {
      signedAt = Date.now();
      const { token } = signAccessToken({ key: keys.accessTokenKey, customerId, sessionId, roles: ['CUSTOMER'] });
      authorization = `Bearer ${token}`;
    }
    return authorization;
  };
}
