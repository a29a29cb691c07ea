import type { PaymentReason } from './lifecycle.ts';

/** Why a payment failed, with the words that the payer is shown. */
export const failureMessages = {
  INSUFFICIENT_FUNDS: 'There was not enough money in the wallet.',
  LIMIT_EXCEEDED: 'The payment is above what may leave the wallet at once, in one day or in one month.',
  RISK_DECLINED: 'The payment was declined.',
  QUOTE_EXPIRED: 'The quoted price ran out before it could be used. Ask for a new one.',
  QUOTE_ALREADY_USED: 'The quoted price has been used for another payment. Ask for a new one.',
  PAYER_WALLET_UNAVAILABLE: 'The wallet to pay from is frozen or closed.',
  PAYEE_WALLET_UNAVAILABLE: 'The wallet to be paid cannot receive money at the moment.',
  MAXIMUM_BALANCE_EXCEEDED: 'The wallet to be paid cannot hold that much.',
  COUNTERPARTY_NOT_FOUND: 'There is no such account outside, or it cannot be reached this way.',
  COUNTERPARTY_UNAVAILABLE: 'The account outside cannot be used at the moment.',
  COUNTERPARTY_FUNDS: 'There was not enough money in the account that was to pay.',
  COUNTERPARTY_DECLINED: 'Whoever was to pay declined, or did not answer in time.',
  RAIL_LIMIT_EXCEEDED: 'The amount is above what the network carries.',
  RAIL_UNAVAILABLE: 'No network could carry the payment at the moment. Nothing has been lost.',
  INTERNAL: 'The payment could not be carried out. Nothing has been moved.',
} as const satisfies Partial<Record<PaymentReason, string>>;

export type FailureCode = keyof typeof failureMessages;
