import type { Logger } from '@paygraph/service';
import {
  type ForexErrorCode,
  LockForexQuotesDocument,
  type LockForexQuotesMutation,
} from '../generated/peers/forex.ts';
import { AssessPaymentsDocument, type RiskDecision } from '../generated/peers/risk.ts';
import {
  type LimitHoldErrorCode,
  ReserveLimitsDocument,
  type ReserveLimitsMutation,
} from '../generated/peers/wallet.ts';
import type { FailureCode } from '../payment/failure.ts';
import type { Payment } from '../payment/payment.ts';
import { answersTo, PeerContractError, type Peers, toWire } from '../peers/peers.ts';
import { debitOf } from '../quote/price.ts';
import { askAll, unknown } from './stage.ts';

/** What one check says of one payment. */
export type Verdict =
  | { readonly kind: 'passed' }
  | { readonly kind: 'review' }
  | { readonly kind: 'refused'; readonly code: FailureCode }
  | typeof unknown;

export type Check = (payments: readonly Payment[]) => Promise<readonly Verdict[]>;

export interface Checks {
  /** Everything that a payment needs before its funds are held: the worst that any check said of each. */
  readonly all: Check;
  /** Risk alone. */
  readonly risk: Check;
}

const passed: Verdict = { kind: 'passed' };

/** The checks of payments in one lane: all of one kind, and all or none across currencies. */
export function createChecks(peers: Peers, logger: Logger): Checks {
  const risk: Check = (payments) => askAll(payments, (asked) => assess(peers, asked), logger);
  const limits: Check = (payments) => askAll(payments, (asked) => reserveLimits(peers, asked), logger);
  const quotes: Check = (payments) => askAll(payments, (asked) => lockQuotes(peers, asked), logger);

  return {
    risk,
    async all(payments) {
      const checks = checksOf(payments, { limits, quotes, risk });
      const verdicts = await Promise.all(checks.map((check) => check(payments)));
      return payments.map((_, index) => worst(verdicts.map((all) => all[index] ?? unknown)));
    },
  };
}

/** In the order in which their refusals are told: what the payer can mend comes first. */
function checksOf(payments: readonly Payment[], { limits, quotes, risk }: Record<'limits' | 'quotes' | 'risk', Check>) {
  const [first] = payments;
  if (first?.kind === 'COLLECTION') return [risk];
  return first?.price.conversion ? [quotes, limits, risk] : [limits, risk];
}

/** A refusal stands whatever the others say; without one, what is unknown must be asked again. */
function worst(verdicts: readonly Verdict[]): Verdict {
  const found = (kind: Verdict['kind']) => verdicts.find((verdict) => verdict.kind === kind);
  return found('refused') ?? found('unknown') ?? found('review') ?? passed;
}

async function assess({ risk }: Peers, payments: readonly Payment[]): Promise<Verdict[]> {
  const requests = payments.map((payment) => ({
    paymentId: payment.id,
    kind: payment.kind,
    payerId: 'customerId' in payment.payer ? payment.payer.customerId : null,
    payeeId: 'customerId' in payment.payee ? payment.payee.customerId : null,
    amount: toWire(payment.kind === 'COLLECTION' ? payment.price.source : debitOf(payment.price)),
    targetCurrency: payment.price.target.currency,
    createdAt: payment.createdAt.toISOString(),
  }));
  const { assessPayments } = await risk.request(AssessPaymentsDocument, { requests });
  return answersTo(requests, assessPayments).map(({ decision }) => riskVerdicts[decision]);
}

const riskVerdicts: Record<RiskDecision, Verdict> = {
  APPROVE: passed,
  REVIEW: { kind: 'review' },
  DECLINE: { kind: 'refused', code: 'RISK_DECLINED' },
};

async function reserveLimits({ wallet }: Peers, payments: readonly Payment[]): Promise<Verdict[]> {
  const holds = payments.map((payment) => {
    if (payment.kind === 'COLLECTION') throw new TypeError(`${payment.id} takes nothing out of a wallet`);
    return { paymentId: payment.id, walletId: payment.payer.walletId, amount: toWire(debitOf(payment.price)) };
  });
  const { reserveLimits: answers } = await wallet.request(ReserveLimitsDocument, { holds });
  return answersTo(holds, answers).map(limitVerdict);
}

function limitVerdict({ status, code }: ReserveLimitsMutation['reserveLimits'][number]): Verdict {
  switch (status) {
    case 'HELD':
    case 'USED':
      return passed;
    case 'RELEASED':
      return { kind: 'refused', code: 'INTERNAL' };
    case 'REFUSED':
      if (code === null) throw new PeerContractError('wallet refused a limit without a reason');
      return { kind: 'refused', code: limitFailures[code] };
  }
}

const limitFailures: Record<LimitHoldErrorCode, FailureCode> = {
  PER_PAYMENT_LIMIT_EXCEEDED: 'LIMIT_EXCEEDED',
  DAILY_LIMIT_EXCEEDED: 'LIMIT_EXCEEDED',
  MONTHLY_LIMIT_EXCEEDED: 'LIMIT_EXCEEDED',
  WALLET_NOT_FOUND: 'PAYER_WALLET_UNAVAILABLE',
  WALLET_NOT_ACTIVE: 'PAYER_WALLET_UNAVAILABLE',
  CURRENCY_MISMATCH: 'INTERNAL',
  HOLD_RELEASED: 'INTERNAL',
  HOLD_CONFLICT: 'INTERNAL',
  HOLD_NOT_FOUND: 'INTERNAL',
};

async function lockQuotes({ forex }: Peers, payments: readonly Payment[]): Promise<Verdict[]> {
  const locks = payments.map(({ id, price }) => {
    if (!price.conversion) throw new TypeError(`${id} converts nothing`);
    return { quoteId: price.conversion.forexQuoteId, paymentId: id };
  });
  const { lockForexQuotes } = await forex.request(LockForexQuotesDocument, { locks });
  return answersTo(locks, lockForexQuotes).map(lockVerdict);
}

function lockVerdict({ quote, code }: LockForexQuotesMutation['lockForexQuotes'][number]): Verdict {
  if (quote) return passed;
  if (code === null) throw new PeerContractError('forex refused a lock without a reason');
  return { kind: 'refused', code: lockFailures[code] };
}

const lockFailures: Record<ForexErrorCode, FailureCode> = {
  QUOTE_EXPIRED: 'QUOTE_EXPIRED',
  QUOTE_ALREADY_USED: 'QUOTE_ALREADY_USED',
  QUOTE_NOT_FOUND: 'INTERNAL',
  RATE_NOT_AVAILABLE: 'INTERNAL',
  RATE_STALE: 'INTERNAL',
  SAME_CURRENCY: 'INTERNAL',
  INVALID_AMOUNT: 'INTERNAL',
  AMOUNT_TOO_SMALL: 'INTERNAL',
  AMOUNT_TOO_LARGE: 'INTERNAL',
};
