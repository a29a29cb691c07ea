import type { CustomerPrincipal } from '@paygraph/auth';
import type { RequestScope } from '@paygraph/subgraph';
import type DataLoader from 'dataloader';
import type { Activities } from './activity/subscription.ts';
import type {
  CancelPaymentErrorCode,
  CapturePaymentErrorCode,
  CapturePaymentInput,
  CreatePaymentErrorCode,
  CreatePaymentInput,
  CreatePaymentQuoteErrorCode,
  CreatePaymentQuoteInput,
  DecideRailAttemptErrorCode,
  DecideRailAttemptInput,
  RecordDepositErrorCode,
  RecordDepositInput,
  RecordSettlementErrorCode,
  RecordSettlementInput,
  RefundPaymentErrorCode,
  RefundPaymentInput,
  ReleaseSuspenseErrorCode,
  ReleaseSuspenseInput,
  RetryPaymentErrorCode,
  RetryPaymentInput,
  ReturnSuspenseErrorCode,
  ReturnSuspenseInput,
} from './generated/graphql.ts';
import type { Cancelled } from './payment/cancel.ts';
import type { Made } from './payment/make.ts';
import type { Payment } from './payment/payment.ts';
import type { Refused } from './payment/refusal.ts';
import type { Retried, Retry } from './payment/retry.ts';
import type { Payments } from './payment/store.ts';
import type { Quoted } from './quote/create.ts';
import type { Quote } from './quote/quote.ts';
import type { Attempt } from './rails/attempt.ts';
import type { Attention, AttentionStore } from './rails/attention.ts';
import type { AttemptDecision, Decided } from './rails/decide.ts';
import type { Refunding } from './refund/ask.ts';
import type { Refund } from './refund/refund.ts';
import type { Recorded } from './settlement/record.ts';
import type { Settlements } from './settlement/store.ts';
import type { Directed } from './suspense/direct.ts';
import type { SuspenseItems } from './suspense/store.ts';
import type { Subscriptions } from './timeline/subscription.ts';
import type { Timeline } from './timeline/timeline.ts';

/** What mutations do. */
export interface Operations {
  quote(
    customer: CustomerPrincipal,
    input: CreatePaymentQuoteInput,
    requestId: string,
  ): Promise<Quoted | Refused<CreatePaymentQuoteErrorCode>>;
  pay(customer: CustomerPrincipal, input: CreatePaymentInput): Promise<Made | Refused<CreatePaymentErrorCode>>;
  deposit(operator: CustomerPrincipal, input: RecordDepositInput): Promise<Made | Refused<RecordDepositErrorCode>>;
  cancel(customer: CustomerPrincipal, paymentId: string): Promise<Cancelled | Refused<CancelPaymentErrorCode>>;
  capture(customer: CustomerPrincipal, input: CapturePaymentInput): Promise<Made | Refused<CapturePaymentErrorCode>>;
  refund(customer: CustomerPrincipal, input: RefundPaymentInput): Promise<Refunding | Refused<RefundPaymentErrorCode>>;
  retry(operator: CustomerPrincipal, input: RetryPaymentInput): Promise<Retried | Refused<RetryPaymentErrorCode>>;
  decide(
    operator: CustomerPrincipal,
    input: DecideRailAttemptInput,
  ): Promise<Decided | Refused<DecideRailAttemptErrorCode>>;
  release(
    operator: CustomerPrincipal,
    input: ReleaseSuspenseInput,
  ): Promise<Directed | Refused<ReleaseSuspenseErrorCode>>;
  settle(
    operator: CustomerPrincipal,
    input: RecordSettlementInput,
  ): Promise<Recorded | Refused<RecordSettlementErrorCode>>;
  sendBack(
    operator: CustomerPrincipal,
    input: ReturnSuspenseInput,
  ): Promise<Directed | Refused<ReturnSuspenseErrorCode>>;
}

export interface Loaders {
  readonly payment: DataLoader<string, Payment | null>;
  readonly quote: DataLoader<string, Quote | null>;
  readonly timeline: DataLoader<string, Timeline | null>;
  readonly refunds: DataLoader<string, readonly Refund[]>;
  readonly attempts: DataLoader<string, readonly Attempt[]>;
  readonly retries: DataLoader<string, readonly Retry[]>;
  readonly attention: DataLoader<string, Attention | null>;
  readonly decisions: DataLoader<string, readonly AttemptDecision[]>;
}

/** What resolvers work with. */
export interface Context extends RequestScope {
  readonly operations: Operations;
  readonly payments: Payments;
  readonly items: SuspenseItems;
  readonly settlements: Settlements;
  readonly attention: AttentionStore;
  readonly subscriptions: Subscriptions;
  readonly activities: Activities;
  readonly loaders: Loaders;
}
