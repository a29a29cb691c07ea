import type {
  CancelPaymentErrorCode,
  CapturePaymentErrorCode,
  CreatePaymentErrorCode,
  CreatePaymentQuoteErrorCode,
  DecideRailAttemptErrorCode,
  RecordDepositErrorCode,
  RecordSettlementErrorCode,
  RefundPaymentErrorCode,
  ReleaseSuspenseErrorCode,
  RetryPaymentErrorCode,
  ReturnSuspenseErrorCode,
} from '../generated/graphql.ts';

export type RefusalCode =
  | CreatePaymentQuoteErrorCode
  | CreatePaymentErrorCode
  | RecordDepositErrorCode
  | CancelPaymentErrorCode
  | CapturePaymentErrorCode
  | RefundPaymentErrorCode
  | RetryPaymentErrorCode
  | ReleaseSuspenseErrorCode
  | RecordSettlementErrorCode
  | ReturnSuspenseErrorCode
  | DecideRailAttemptErrorCode;

/** What is not done, and why; nothing was changed. */
export interface Refused<Code extends RefusalCode> {
  readonly kind: 'refused';
  readonly code: Code;
  /** In place of the code's usual words. */
  readonly message?: string;
  /** The field of the input at fault, in place of the code's usual one. */
  readonly field?: string;
}

export function refused<Code extends RefusalCode>(code: Code, message?: string, field?: string): Refused<Code> {
  return { kind: 'refused', code, ...(message !== undefined && { message }), ...(field !== undefined && { field }) };
}

/** A user error of any mutation here. */
export interface Refusal<Code extends RefusalCode> {
  readonly code: Code;
  readonly message: string;
  readonly field: string[] | null;
}

/** The user error that tells a client of a refusal. */
export function userErrorOf<Code extends RefusalCode>(refusal: Refused<Code>): Refusal<Code> {
  const { code, message } = refusal;
  const [words, ...usual] = meanings[code];
  const field = refusal.field === undefined ? usual : [refusal.field];
  return { code, message: message ?? words, field: field.length > 0 ? ['input', ...field] : null };
}

/** For the person at the screen, and the path to the field at fault. */
const meanings: Record<RefusalCode, readonly [string, ...string[]]> = {
  AMOUNT_INVALID: ['That is not an amount in this currency.', 'amount', 'amount'],
  AMOUNT_TOO_SMALL: ['The amount is too small.', 'amount', 'amount'],
  CURRENCY_MISMATCH: ['The amount is in a currency that is not held here.', 'amount', 'currency'],
  PAYER_WALLET_NOT_FOUND: ['You have no such wallet.', 'payerWalletId'],
  PAYEE_INVALID: [
    'Say who is paid by exactly one of payeeWalletId, payeeHandle, payeeEmail and payeePhone.',
    'payeeWalletId',
  ],
  PAYEE_NOT_FOUND: ['Nobody by that name can be paid in this currency.', 'payeeHandle'],
  PAYEE_LOOKUPS_EXHAUSTED: ['Too many names that lead to nobody. Try again in a quarter of an hour.', 'payeeHandle'],
  PAYEE_WALLET_NOT_FOUND: ['There is no such wallet.', 'payeeWalletId'],
  SAME_WALLET: ['A wallet cannot pay itself.', 'payeeWalletId'],
  PAYER_WALLET_UNAVAILABLE: ['Nothing may leave this wallet at the moment.', 'payerWalletId'],
  PAYEE_WALLET_UNAVAILABLE: ['This wallet cannot receive money at the moment.', 'payeeWalletId'],
  RATE_NOT_AVAILABLE: ['There is no current rate between these currencies.', 'amount', 'currency'],
  IDEMPOTENCY_KEY_INVALID: [
    'An idempotency key has 1 to 128 characters, none of them NUL or half of a surrogate pair.',
    'idempotencyKey',
  ],
  IDEMPOTENCY_KEY_REUSED: ['This idempotency key was used before for something else.', 'idempotencyKey'],
  QUOTE_REQUIRED: ['A payment across currencies needs a quote.', 'quoteId'],
  QUOTE_NOT_FOUND: ['You have no such quote.', 'quoteId'],
  QUOTE_EXPIRED: ['The quote has run out. Ask for a new one.', 'quoteId'],
  QUOTE_MISMATCH: ['The quote is for other wallets or another amount.', 'quoteId'],
  QUOTE_ALREADY_USED: ['The quote belongs to another payment. Ask for a new one.', 'quoteId'],
  METADATA_INVALID: ['Metadata has at most 50 keys and 4 KB.', 'metadata'],
  WALLET_NOT_FOUND: ['There is no such wallet.', 'walletId'],
  WALLET_UNAVAILABLE: ['This wallet cannot receive money at the moment.', 'walletId'],
  REFERENCE_INVALID: ['A reference has 1 to 64 characters.', 'reference'],
  PAYMENT_NOT_FOUND: ['You have no such payment.', 'paymentId'],
  NOT_CANCELLABLE: ['The payment can no longer be called off.', 'paymentId'],
  PARTIES_INVALID: [
    'Say by exactly one field who pays and by exactly one who is paid; one of them by a wallet of yours.',
  ],
  COUNTERPARTY_INVALID: ['That is no mobile-money number or bank account.'],
  RAIL_NOT_AVAILABLE: ['No network carries this amount there.'],
  CAPTURE_METHOD_INVALID: ['A collection is carried out as soon as the money has come.', 'captureMethod'],
  NOT_CAPTURABLE: ['The payment does not wait for a capture.', 'paymentId'],
  AMOUNT_TOO_LARGE: ['That is more than was agreed.', 'amount', 'amount'],
  NOT_REFUNDABLE: ['The payment cannot be refunded.', 'paymentId'],
  EXCEEDS_CAPTURED: ['That is more than is left of the payment.', 'amount', 'amount'],
  NOTE_INVALID: ['A note has at most 200 characters.', 'note'],
  NOT_RETRYABLE: ['The payment is not under way.', 'paymentId'],
  RAIL_NOT_FOUND: ['There is no such rail.', 'rail'],
  REFERENCE_USED: ['This reference has been recorded before.', 'reference'],
  SUSPENSE_NOT_FOUND: ['There is no such item.', 'suspenseId'],
  ATTEMPT_NOT_FOUND: ['There is no such attempt.', 'attemptId'],
  NOT_IN_DOUBT: ['The rail is still being asked: it is not for people to decide.', 'attemptId'],
  ALREADY_DECIDED: ['It is decided, and nothing contradicts that.', 'attemptId'],
  ATTEMPT_BUSY: ['The rail is being called about it at this moment. Try again in half a minute.', 'attemptId'],
  NOT_OPEN: ['The item is not open.', 'suspenseId'],
};
