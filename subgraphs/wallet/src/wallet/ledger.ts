import { formatAmount, type Money } from '@paygraph/money';
import { type Peer, PeerError } from '@paygraph/subgraph';
import {
  type AccountStatusInput,
  type OpenAccountInput,
  OpenAccountsDocument,
  SetAccountLimitsDocument,
  SetAccountStatusesDocument,
} from '../generated/peers/ledger.ts';

export type AccountStatusOutcome = 'done' | 'closed';

/** The most that a wallet's account may hold. */
export interface Ceiling {
  readonly walletId: string;
  readonly most: Money;
}

/** What wallets ask of the books. */
export interface WalletLedger {
  /** Opens a wallet's account; opening it again changes nothing. @throws PeerError */
  openAccount(account: OpenAccountInput, requestId: string): Promise<void>;
  /** Bounds what wallets' accounts may hold; answers the wallets of which the ledger took it. @throws PeerError */
  setCeilings(ceilings: readonly Ceiling[], requestId?: string): Promise<string[]>;
  /** Closes a wallet's account, at zero with nothing pending; closing it again changes nothing. @throws PeerError */
  closeAccount(walletId: string, requestId: string): Promise<'closed' | 'not empty'>;
  /** Sets which entries a wallet's account still takes. @throws PeerError */
  setAccountStatus(account: AccountStatusInput, requestId: string): Promise<AccountStatusOutcome>;
}

export function createWalletLedger(peer: Peer): WalletLedger {
  const setStatus = async (account: AccountStatusInput, requestId: string) => {
    const { setAccountStatuses } = await peer.request(
      SetAccountStatusesDocument,
      { accounts: [account] },
      { requestId },
    );
    return setAccountStatuses[0];
  };

  return {
    async openAccount(account, requestId) {
      const { openAccounts } = await peer.request(OpenAccountsDocument, { accounts: [account] }, { requestId });
      const [result] = openAccounts;
      if (!result?.done) throw unexpected(result);
    },

    async setCeilings(ceilings, requestId) {
      const accounts = ceilings.map(({ walletId, most: { amount, currency } }) => ({
        walletId,
        creditLimit: { amount: '0', currency },
        ceiling: { amount: formatAmount({ amount, currency }), currency },
      }));
      const { setAccountLimits } = await peer.request(SetAccountLimitsDocument, { accounts }, { requestId });
      return setAccountLimits.flatMap(({ id, done }) => (done ? [id] : []));
    },

    async closeAccount(walletId, requestId) {
      const result = await setStatus({ walletId, status: 'CLOSED' }, requestId);
      if (result?.done || result?.code === 'ACCOUNT_CLOSED') return 'closed';
      if (result?.code === 'ACCOUNT_NOT_EMPTY') return 'not empty';
      throw unexpected(result);
    },

    async setAccountStatus(account, requestId) {
      const result = await setStatus(account, requestId);
      if (result?.done) return 'done';
      if (result?.code === 'ACCOUNT_CLOSED') return 'closed';
      throw unexpected(result);
    },
  };
}

function unexpected(result: { code?: string | null; message?: string | null } | undefined): PeerError {
  return new PeerError('ledger', result?.message ?? result?.code ?? 'gave no result', { retryable: false });
}
