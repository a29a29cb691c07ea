import {
  createServiceTokenSigner,
  generateSigningKey,
  publicJwk,
  type Role,
  signAccessToken,
  staticKeys,
} from '@paygraph/auth';
import { createTestDatabase } from '@paygraph/database/testing';
import { newId } from '@paygraph/ids';
import { createLogger } from '@paygraph/service';
import { createPeer } from '@paygraph/subgraph';
import { parseLimitTable } from '../limits/limit-table.ts';
import { createWalletSubgraph } from '../subgraph.ts';
import { startTestLedger, type TestLedger } from './ledger.ts';
import { startTestPeers, type TestPeers } from './peers.ts';

/** Small, so that tests reach them. */
const limits = parseLimitTable(
  JSON.stringify({
    version: 'test',
    tiers: { BASIC: 1, VERIFIED: 2, ENHANCED: 10 },
    limits: {
      USD: { perPayment: '100.00', daily: '250.00', monthly: '400.00', balance: '1000.00' },
      EUR: { perPayment: '100.00', daily: '250.00', monthly: '400.00', balance: '1000.00' },
      JPY: { perPayment: '10000', daily: '25000', monthly: '40000', balance: '100000' },
    },
  }),
);

export interface WalletServer {
  readonly url: string;
  readonly databaseUrl: string;
  /** The owner's connection, for what the service may not do. */
  readonly migrationUrl: string;
  readonly ledger: TestLedger;
  readonly peers: TestPeers;
  /** Everything logged so far, as it is written. */
  log(): string;
  /** Moves the clock of the subgraph, which stands still otherwise. */
  advance(ms: number): void;
  signIn(...roles: Role[]): Person;
  /** A token of the service payment for these scopes. */
  serviceToken(...scopes: string[]): string;
  post(query: string, variables?: object, token?: string): Promise<GraphqlAnswer>;
  stop(): Promise<void>;
}

export interface Person {
  readonly id: string;
  readonly token: string;
}

export interface GraphqlAnswer {
  readonly data: Fields;
  readonly errors?: readonly { readonly message: string; readonly extensions: Record<string, unknown> }[];
}

/** What the operations of the tests ask for; each has some of it. */
interface Fields {
  readonly openWallet: Outcome;
  readonly freezeWallet: Outcome;
  readonly unfreezeWallet: Outcome;
  readonly closeWallet: Outcome;
  readonly wallet: WalletFields | null;
  readonly wallets: Connection;
  readonly walletFacts: readonly (object | null)[];
  readonly payeeWallets: readonly ({ readonly id: string } | null)[];
  readonly _entities: readonly ((WalletFields & { readonly wallets: Connection }) | null)[];
  readonly reserveLimits: readonly object[];
  readonly useLimits: readonly object[];
  readonly releaseLimits: readonly object[];
}

interface Outcome {
  readonly wallet: WalletFields | null;
  readonly userErrors: readonly { readonly code: string; readonly field: readonly string[] | null }[];
}

export interface WalletFields {
  readonly id: string;
  readonly label: string;
  readonly currency: string;
  readonly status: string;
  readonly freeze: object | null;
  readonly limits: object;
}

interface Connection {
  readonly nodes: readonly WalletFields[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
}

/** The subgraph over HTTP with a database and a ledger of its own. */
export async function startWalletServer(): Promise<WalletServer> {
  const database = await createTestDatabase('wallet');
  const accessTokenKey = generateSigningKey();
  const paymentKey = generateSigningKey();
  const walletKey = generateSigningKey();
  const lines: string[] = [];
  const logger = createLogger({ service: 'wallet', level: 'trace' }, { write: (line) => lines.push(line) });
  let now = new Date('2026-09-29T12:00:00Z');
  const clock = () => now;
  const silent = createLogger({ service: 'ledger', level: 'silent' });
  const ledger = await startTestLedger(walletKey, silent);
  const peers = await startTestPeers(walletKey, silent);
  const sign = createServiceTokenSigner({ service: 'wallet', key: walletKey });
  const token = () => sign('ledger', ['ledger:account']);
  const subgraph = createWalletSubgraph({
    databaseUrl: database.databaseUrl,
    accessTokenKeys: staticKeys({ keys: [publicJwk(accessTokenKey)] }),
    serviceTokenKeys: staticKeys({ keys: [publicJwk(paymentKey, 'payment')] }),
    ledger: createPeer({ name: 'ledger', url: ledger.url, token, logger }),
    profile: createPeer({
      name: 'profile',
      url: peers.profileUrl,
      token: () => sign('profile', ['profile:resolve']),
      logger,
    }),
    payment: createPeer({
      name: 'payment',
      url: peers.paymentUrl,
      token: () => sign('payment', ['payment:resolve']),
      logger,
    }),
    logger,
    clock,
    limits,
  });
  const url = await subgraph.listen({ host: '127.0.0.1', port: 0 });

  return {
    url,
    databaseUrl: database.databaseUrl,
    migrationUrl: database.migrationUrl,
    ledger,
    peers,
    log: () => lines.join(''),
    advance: (ms) => {
      now = new Date(now.getTime() + ms);
    },
    signIn(...roles) {
      const id = newId('cus');
      const { token } = signAccessToken({ key: accessTokenKey, customerId: id, sessionId: newId('ses'), roles, now });
      return { id, token };
    },
    serviceToken: (...scopes) =>
      createServiceTokenSigner({ service: 'payment', key: paymentKey, now: clock })('wallet', scopes),
    async post(query, variables = {}, token) {
      const headers = { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) };
      const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify({ query, variables }) });
      return JSON.parse(await answer.text());
    },
    async stop() {
      await subgraph.stop();
      await Promise.all([ledger.stop(), peers.stop()]);
      await database.drop();
    },
  };
}
