import type { PaymentState } from '../src/payment/lifecycle.ts';

/* What a service is given over the graph and what it answers, as tests ask for it. */

export interface MoneyAnswer {
  readonly amount: string;
  readonly currency: string;
}

export interface PartyAnswer {
  readonly displayName: string;
  readonly handle: string | null;
  readonly wallet: { readonly id: string } | null;
}

export interface StepAnswer {
  readonly sequence: number;
  readonly from: PaymentState | null;
  readonly state: PaymentState;
  readonly reason: string;
  readonly at: string;
  readonly settled: boolean;
}

export interface PaymentAnswer {
  readonly id: string;
  readonly kind: string;
  readonly state: PaymentState;
  readonly amount: MoneyAnswer;
  readonly debit: MoneyAnswer | null;
  readonly credit: MoneyAnswer | null;
  readonly fees: readonly { readonly label: string; readonly amount: MoneyAnswer }[] | null;
  readonly exchangeRate: string | null;
  readonly payer: PartyAnswer;
  readonly payee: PartyAnswer;
  readonly rail: string;
  readonly externalReference: string | null;
  readonly failure: { readonly code: string; readonly message: string } | null;
  readonly metadata: Record<string, unknown> | null;
  readonly timeline: readonly StepAnswer[];
  readonly createdAt: string;
  readonly expiresAt: string;
}

export interface QuoteAnswer {
  readonly id: string;
  readonly amount: MoneyAnswer;
  readonly debit: MoneyAnswer;
  readonly credit: MoneyAnswer;
  readonly fees: readonly { readonly label: string; readonly amount: MoneyAnswer }[];
  readonly exchangeRate: string | null;
  readonly expiresAt: string;
}

export interface RefundAnswer {
  readonly id: string;
  readonly state: string;
  readonly amount: MoneyAnswer;
  readonly failure: { readonly code: string; readonly message: string } | null;
}

export interface SuspenseAnswer {
  readonly id: string;
  readonly origin: string;
  readonly state: string;
  readonly amount: MoneyAnswer;
  readonly payment: { readonly id: string } | null;
}

export interface SettlementAnswer {
  readonly id: string;
  readonly state: 'RECORDED' | 'BOOKED';
}

export interface AttemptAnswer {
  readonly id: string;
  readonly state: string;
  readonly railReference: string | null;
  readonly railCode: string | null;
  readonly inDoubt: boolean;
  readonly attention: string | null;
  readonly contradictedAt: string | null;
  readonly decisions: readonly {
    readonly outcome: string;
    readonly railReference: string | null;
    readonly decidedBy: string;
    readonly note: string;
    readonly at: string;
  }[];
}

export interface UserErrors {
  readonly userErrors: readonly {
    readonly code: string;
    readonly message: string;
    readonly field: readonly string[] | null;
  }[];
}

export interface ErrorAnswer {
  readonly message: string;
  readonly extensions: { readonly code: string; readonly afterSequence?: number };
}

/** A step as a subscription delivers it. */
export interface EventAnswer extends StepAnswer {
  readonly payment: { readonly id: string; readonly state: PaymentState };
}

/** One of many payments' steps, as a subscription delivers it. */
export interface ActivityAnswer {
  readonly cursor: string;
  readonly change: EventAnswer;
}

export interface TransferInput {
  readonly payerWalletId?: string;
  readonly payer?: object;
  readonly payee?: object;
  readonly captureMethod?: 'AUTOMATIC' | 'MANUAL';
  readonly payeeWalletId?: string;
  readonly payeeHandle?: string;
  readonly payeeEmail?: string;
  readonly payeePhone?: string;
  readonly payeeCurrency?: string;
  readonly amount: MoneyAnswer;
  readonly quoteId?: string;
  readonly metadata?: Record<string, unknown>;
  readonly idempotencyKey?: string;
}

export interface DecisionInput {
  readonly attemptId: string;
  readonly outcome: 'CONFIRMED' | 'NOT_EXECUTED';
  readonly railReference?: string;
  readonly note?: string;
  readonly idempotencyKey?: string;
}

export interface SettlementInput {
  readonly rail: string;
  readonly direction: 'FROM_RAIL' | 'TO_RAIL';
  readonly amount: MoneyAnswer;
  readonly reference: string;
  readonly note?: string;
  readonly idempotencyKey?: string;
}
