import { GraphQLError } from 'graphql';
import type {
  CloseWalletError,
  CloseWalletErrorCode,
  FreezeWalletError,
  FreezeWalletErrorCode,
  OpenWalletError,
  OpenWalletErrorCode,
} from '../generated/graphql.ts';

interface ErrorText {
  readonly message: string;
  /** The input field at fault. */
  readonly field: string;
}

const openWalletErrors: Record<OpenWalletErrorCode, ErrorText> = {
  CURRENCY_NOT_SUPPORTED: { message: 'Wallets in this currency are not offered', field: 'currency' },
  LABEL_INVALID: { message: 'A label has 1 to 60 characters, none of them a control character', field: 'label' },
  TOO_MANY_WALLETS: {
    message: 'You have 10 wallets in this currency, which is as many as there may be',
    field: 'currency',
  },
};

const freezeWalletErrors: Record<FreezeWalletErrorCode, ErrorText> = {
  WALLET_NOT_FOUND: { message: 'There is no such wallet, or it is not yours', field: 'walletId' },
  WALLET_CLOSED: { message: 'The wallet is closed', field: 'walletId' },
  FROZEN_BY_OPERATOR: { message: 'We have frozen this wallet: please ask us to change that', field: 'walletId' },
  REASON_INVALID: { message: 'A reason has at most 200 characters, none of them a control character', field: 'reason' },
};

const closeWalletErrors: Record<CloseWalletErrorCode, string> = {
  WALLET_NOT_FOUND: freezeWalletErrors.WALLET_NOT_FOUND.message,
  WALLET_NOT_EMPTY: 'The wallet holds money, or some is under way: it can be closed at zero',
  FROZEN_BY_OPERATOR: freezeWalletErrors.FROZEN_BY_OPERATOR.message,
};

/** The user error of a wallet that was not closed. */
export function closeWalletError(code: CloseWalletErrorCode): CloseWalletError {
  return { code, message: closeWalletErrors[code], field: ['input', 'walletId'] };
}

/** The user error of a wallet that was not opened. */
export function openWalletError(code: OpenWalletErrorCode): OpenWalletError {
  const { message, field } = openWalletErrors[code];
  return { code, message, field: ['input', field] };
}

/** The user error of a freeze that was neither set nor lifted. */
export function freezeWalletError(code: FreezeWalletErrorCode): FreezeWalletError {
  const { message, field } = freezeWalletErrors[code];
  return { code, message, field: ['input', field] };
}

/** Others keep changing the wallet; trying again will do. */
export function walletBusy(): GraphQLError {
  return new GraphQLError('The wallet is being changed: try again', { extensions: { code: 'SERVICE_UNAVAILABLE' } });
}
