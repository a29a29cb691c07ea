import { type CustomerPrincipal, hasScope } from '@paygraph/auth';
import type { Database } from '../database.ts';
import type { RefundPaymentErrorCode, RefundPaymentInput } from '../generated/graphql.ts';
import { amountFrom } from '../payment/amount.ts';
import { fingerprintOf, isIdempotencyKey, type KeyUse, useOf } from '../payment/idempotency.ts';
import type { PaymentState } from '../payment/lifecycle.ts';
import { isNote } from '../payment/note.ts';
import { capturedPrice, type Payment } from '../payment/payment.ts';
import { type Refused, refused } from '../payment/refusal.ts';
import type { Payments } from '../payment/store.ts';
import type { SuspenseItems } from '../suspense/store.ts';
import type { Refund } from './refund.ts';
import type { Refunds } from './store.ts';

export interface Refunding {
  readonly kind: 'refunding';
  readonly refund: Refund;
  readonly replayed: boolean;
}

type RefundRefused = Refused<RefundPaymentErrorCode>;

export interface RefundingDependencies {
  readonly database: Database;
  readonly payments: Payments;
  readonly refunds: Refunds;
  readonly items: Pick<SuspenseItems, 'wasReleased'>;
}

/**
 * Asks for a payment back, all that is left of it or a part: one that paid the customer's own wallet, or any with
 * `payment:refund:any`. What is left is taken under the payment's lock, so that no two refunds take the same.
 */
export async function askRefund(
  { database, payments, refunds, items }: RefundingDependencies,
  customer: CustomerPrincipal,
  input: RefundPaymentInput,
): Promise<Refunding | RefundRefused> {
  const { idempotencyKey: key, paymentId, note = null } = input;
  if (!isIdempotencyKey(key)) return refused('IDEMPOTENCY_KEY_INVALID');
  if (note !== null && !isNote(note)) return refused('NOTE_INVALID');
  const use = { principalId: customer.id, key, fingerprint: fingerprintOf('refundPayment', input) };
  const before = await earlier(database, refunds, use);
  if (before) return before;

  const [payment] = await payments.byIds([paymentId]);
  if (!payment || !mayRefund(customer, payment)) return refused('PAYMENT_NOT_FOUND');
  const obstacle = await obstacleTo(payment, items);
  if (obstacle !== null) return refused('NOT_REFUNDABLE', obstacle);
  const amount = amountOf(payment, input);
  if (typeof amount !== 'bigint') return amount;
  const refund = await refunds.ask(payment, amount, note, use);
  if (refund) return { kind: 'refunding', refund, replayed: false };
  return (await earlier(database, refunds, use)) ?? refusedNow(await payments.byIds([paymentId]));
}

/** Why a payment cannot be given back, whatever is left of it. */
async function obstacleTo(payment: Payment, items: RefundingDependencies['items']): Promise<string | null> {
  if (payment.kind === 'PAYOUT') return 'What was paid out cannot be asked back.';
  if (payment.kind === 'COLLECTION' && payment.counterparty === null)
    return 'A recorded deposit has no network to go back over.';
  if (payment.state !== 'CONFIRMED') return standings[payment.state];
  if (payment.kind === 'COLLECTION' && payment.diverted && !(await items.wasReleased(payment)))
    return 'The wallet did not get the money: it went to suspense, from where an operator gives it to the wallet or back.';
  return null;
}

/** Somebody was first: with this key, or with what is left. */
function refusedNow([payment]: readonly Payment[]): RefundRefused {
  if (payment && payment.state !== 'CONFIRMED') return refused('NOT_REFUNDABLE', standings[payment.state]);
  return refused('EXCEEDS_CAPTURED');
}

async function earlier(
  database: Database,
  refunds: Refunds,
  use: KeyUse,
): Promise<Refunding | RefundRefused | undefined> {
  const used = await useOf(database, use);
  switch (used.kind) {
    case 'unused':
      return undefined;
    case 'REUSED':
      return refused('IDEMPOTENCY_KEY_REUSED');
    case 'used': {
      const [refund] = await refunds.byIds([used.subjectId]);
      if (!refund) throw new Error(`An idempotency key stands for ${used.subjectId}, which there is not`);
      return { kind: 'refunding', refund, replayed: true };
    }
  }
}

/** Whoever was paid may give it back; so may staff. */
function mayRefund(customer: CustomerPrincipal, payment: Payment): boolean {
  if (hasScope(customer, 'payment:refund:any')) return true;
  const isPaid = 'customerId' in payment.payee && payment.payee.customerId === customer.id;
  return isPaid && hasScope(customer, 'payment:write');
}

function amountOf(payment: Payment, input: RefundPaymentInput): bigint | RefundRefused {
  const { source } = capturedPrice(payment);
  const left = source.amount - payment.refundsAsked;
  if (!input.amount) return left > 0n ? left : refused('EXCEEDS_CAPTURED');
  const amount = amountFrom(input.amount);
  if ('kind' in amount) return amount;
  if (amount.currency !== source.currency) return refused('CURRENCY_MISMATCH');
  return amount.amount <= left ? amount.amount : refused('EXCEEDS_CAPTURED');
}

const notYet = 'The payment has not been carried out yet.';

const standings: Record<PaymentState, string> = {
  INITIATED: notYet,
  VALIDATING: notYet,
  IN_REVIEW: notYet,
  PENDING: notYet,
  PROCESSING: notYet,
  CONFIRMED: 'The payment is being refunded. Try again.',
  FAILED: 'The payment has failed: nothing was moved.',
  EXPIRED: 'The payment ran out of time: nothing was moved.',
  CANCELLED: 'The payment was called off: nothing was moved.',
  REFUNDED: 'The payment has been given back already.',
};
