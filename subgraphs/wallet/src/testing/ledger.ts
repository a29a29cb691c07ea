import { setImmediate as turn } from 'node:timers/promises';
import { createAuthenticator, publicJwk, type SigningKey, staticKeys } from '@paygraph/auth';
import type { Logger } from '@paygraph/service';
import { createSubgraph } from '@paygraph/subgraph';

/** What wallet uses of the ledger's contract. */
const typeDefs = `
  extend schema
    @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@inaccessible", "@requiresScopes"])
  scalar CurrencyCode
  type Query { trialBalance: Boolean @requiresScopes(scopes: [["ledger:read:any"]]) }
  input OpenAccountInput { walletId: ID! ownerId: ID! currency: CurrencyCode! }
  input AccountStatusInput { walletId: ID! status: String! }
  input MoneyInput { amount: String! currency: CurrencyCode! }
  input AccountLimitsInput { walletId: ID! creditLimit: MoneyInput! ceiling: MoneyInput }
  type LedgerResult { id: ID! done: Boolean! code: String message: String }
  type Mutation {
    openAccounts(accounts: [OpenAccountInput!]!): [LedgerResult!]!
      @inaccessible @requiresScopes(scopes: [["ledger:account"]])
    setAccountLimits(accounts: [AccountLimitsInput!]!): [LedgerResult!]!
      @inaccessible @requiresScopes(scopes: [["ledger:account"]])
    setAccountStatuses(accounts: [AccountStatusInput!]!): [LedgerResult!]!
      @inaccessible @requiresScopes(scopes: [["ledger:account"]])
  }
`;

export interface TestAccount {
  readonly ownerId: string;
  readonly currency: string;
  status: string;
  holdsMoney: boolean;
  /** In units of its currency; undefined where no bound was set. */
  ceiling?: string;
}

/** What goes wrong: nothing; no connection is answered; the answer is lost after the command was carried out. */
export type Trouble = 'none' | 'down' | 'answers lost';

/** A ledger that remembers accounts and their statuses, served over HTTP. */
export interface TestLedger {
  readonly url: string;
  readonly accounts: Map<string, TestAccount>;
  trouble: Trouble;
  /** The most commands that were under way for one wallet at once. */
  overlap: number;
  stop(): Promise<void>;
}

interface OpenAccounts {
  readonly accounts: readonly { readonly walletId: string; readonly ownerId: string; readonly currency: string }[];
}

interface SetAccountLimits {
  readonly accounts: readonly { readonly walletId: string; readonly ceiling: { readonly amount: string } }[];
}

interface SetAccountStatuses {
  readonly accounts: readonly { readonly walletId: string; readonly status: string }[];
}

export async function startTestLedger(walletKey: SigningKey, logger: Logger): Promise<TestLedger> {
  const accounts = new Map<string, TestAccount>();
  const underWay = new Map<string, number>();

  const setStatus = async (walletId: string, status: string) => {
    const count = (underWay.get(walletId) ?? 0) + 1;
    underWay.set(walletId, count);
    ledger.overlap = Math.max(ledger.overlap, count);
    await turn();
    underWay.set(walletId, count - 1);
    const account = accounts.get(walletId);
    if (!account) return { id: walletId, done: false, code: 'ACCOUNT_NOT_FOUND' };
    if (account.status === 'CLOSED') return { id: walletId, done: status === 'CLOSED', code: 'ACCOUNT_CLOSED' };
    if (status === 'CLOSED' && account.holdsMoney) return { id: walletId, done: false, code: 'ACCOUNT_NOT_EMPTY' };
    account.status = status;
    return { id: walletId, done: true };
  };

  const subgraph = createSubgraph({
    name: 'ledger',
    typeDefs,
    resolvers: {
      Mutation: {
        openAccounts: (_root: unknown, args: OpenAccounts) =>
          args.accounts.map(({ walletId, ownerId, currency }) => {
            accounts.set(walletId, { ownerId, currency, status: 'OPEN', holdsMoney: false });
            return { id: walletId, done: true };
          }),
        setAccountLimits: (_root: unknown, args: SetAccountLimits) =>
          args.accounts.map(({ walletId, ceiling }) => {
            const account = accounts.get(walletId);
            if (!account || account.status === 'CLOSED') return { id: walletId, done: false, code: 'ACCOUNT_CLOSED' };
            account.ceiling = ceiling.amount;
            return { id: walletId, done: true };
          }),
        setAccountStatuses: (_root: unknown, args: SetAccountStatuses) =>
          Promise.all(args.accounts.map(({ walletId, status }) => setStatus(walletId, status))),
      },
    },
    context: (scope) => scope,
    authenticate: createAuthenticator({
      accessTokenKeys: staticKeys({ keys: [] }),
      serviceTokenKeys: staticKeys({ keys: [publicJwk(walletKey, 'wallet')] }),
      audience: 'ledger',
      acceptedScopes: { wallet: ['ledger:account'] },
    }),
    logger,
    routes: (app) => {
      app.addHook('onRequest', async (request) => {
        if (ledger.trouble === 'down') request.raw.socket.destroy();
      });
      app.addHook('onSend', async (request) => {
        if (ledger.trouble === 'answers lost') request.raw.socket.destroy();
      });
    },
  });
  const ledger: TestLedger = {
    url: await subgraph.listen({ host: '127.0.0.1', port: 0 }),
    accounts,
    trouble: 'none',
    overlap: 0,
    stop: () => subgraph.stop(),
  };
  return ledger;
}
