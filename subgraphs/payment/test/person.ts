import { randomUUID } from 'node:crypto';
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';
import type { PaymentState } from '../src/payment/lifecycle.ts';
import type {
  ActivityAnswer,
  AttemptAnswer,
  DecisionInput,
  ErrorAnswer,
  EventAnswer,
  MoneyAnswer,
  PaymentAnswer,
  QuoteAnswer,
  RefundAnswer,
  SettlementAnswer,
  SettlementInput,
  SuspenseAnswer,
  TransferInput,
  UserErrors,
} from './answers.ts';
import type { Service } from './platform.ts';

const paymentFields = `
  id kind state amount { amount currency } debit { amount currency } credit { amount currency }
  fees { label amount { amount currency } } exchangeRate
  payer { displayName handle wallet { id } } payee { displayName handle wallet { id } }
  rail externalReference failure { code message } metadata createdAt expiresAt
  timeline { sequence from state reason at settled }`;

const attemptFields = `id state railReference railCode inDoubt attention contradictedAt
  decisions { outcome railReference decidedBy note at }`;

const userErrors = 'userErrors { code message field }';

/** Somebody with a token, who uses a service over HTTP and WebSocket as clients do. */
export function person({ url }: Service, token: string | undefined) {
  const ask = async <Data>(query: string, variables: object): Promise<Data> => {
    const { data, errors } = await send<Data>(query, variables);
    if (errors || !data) throw new Error(JSON.stringify(errors));
    return data;
  };
  const send = async <Data>(query: string, variables: object) => {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) },
      body: JSON.stringify({ query, variables }),
    });
    return (await response.json()) as { data?: Data | null; errors?: ErrorAnswer[] };
  };

  /** Opens a subscription on a socket of its own. */
  const subscribed = <Data, Event>(
    query: string,
    variables: Record<string, unknown>,
    eventIn: (data: Data) => Event,
  ) => {
    const client = createClient({
      url: url.replace('http', 'ws'),
      webSocketImpl: WebSocket,
      connectionParams: token ? { authorization: `Bearer ${token}` } : {},
      retryAttempts: 0,
    });
    const events: Event[] = [];
    const errors: ErrorAnswer[] = [];
    const listeners = new Set<() => void>();
    let unsubscribe = () => {};
    const completed = new Promise<void>((resolve) => {
      unsubscribe = client.subscribe<Data>(
        { query, variables },
        {
          next: (result) => {
            if (result.data) events.push(eventIn(result.data));
            for (const error of result.errors ?? []) errors.push(JSON.parse(JSON.stringify(error)));
            for (const listener of [...listeners]) listener();
          },
          error: (error) => {
            if (Array.isArray(error)) errors.push(...JSON.parse(JSON.stringify(error)));
            resolve();
          },
          complete: resolve,
        },
      );
    });
    return {
      events,
      errors,
      completed: completed.finally(() => client.dispose()),
      /** Resolves once what has come is so. */
      until: (condition: (events: readonly Event[]) => boolean) =>
        new Promise<void>((resolve) => {
          const look = () => {
            if (!condition(events)) return;
            listeners.delete(look);
            resolve();
          };
          listeners.add(look);
          look();
        }),
      close: async () => {
        unsubscribe();
        await client.dispose();
      },
    };
  };

  return {
    /** Whatever a query answers, errors too. */
    send,

    async quote(input: Omit<TransferInput, 'quoteId' | 'metadata' | 'idempotencyKey'>) {
      const query = `mutation ($input: CreatePaymentQuoteInput!) { createPaymentQuote(input: $input) {
        quote { id amount { amount currency } debit { amount currency } credit { amount currency }
          fees { label amount { amount currency } } exchangeRate expiresAt } ${userErrors} } }`;
      type Data = { createPaymentQuote: { quote: QuoteAnswer | null } & UserErrors };
      return (await ask<Data>(query, { input })).createPaymentQuote;
    },

    async pay(input: TransferInput) {
      const query = `mutation ($input: CreatePaymentInput!) { createPayment(input: $input) {
        payment { ${paymentFields} } replayed ${userErrors} } }`;
      type Data = { createPayment: { payment: PaymentAnswer | null; replayed: boolean } & UserErrors };
      return (await ask<Data>(query, { input: { idempotencyKey: randomUUID(), ...input } })).createPayment;
    },

    async deposit(input: { walletId: string; amount: MoneyAnswer; reference: string; idempotencyKey?: string }) {
      const query = `mutation ($input: RecordDepositInput!) { recordDeposit(input: $input) {
        payment { ${paymentFields} } replayed ${userErrors} } }`;
      type Data = { recordDeposit: { payment: PaymentAnswer | null; replayed: boolean } & UserErrors };
      return (await ask<Data>(query, { input: { idempotencyKey: randomUUID(), ...input } })).recordDeposit;
    },

    async capture(paymentId: string, amount?: MoneyAnswer, idempotencyKey: string = randomUUID()) {
      const query = `mutation ($input: CapturePaymentInput!) { capturePayment(input: $input) {
        payment { ${paymentFields} } replayed ${userErrors} } }`;
      type Data = { capturePayment: { payment: PaymentAnswer | null; replayed: boolean } & UserErrors };
      return (await ask<Data>(query, { input: { paymentId, amount, idempotencyKey } })).capturePayment;
    },

    async refund(paymentId: string, amount?: MoneyAnswer, idempotencyKey: string = randomUUID()) {
      const query = `mutation ($input: RefundPaymentInput!) { refundPayment(input: $input) {
        refund { id state amount { amount currency } failure { code message } } replayed ${userErrors} } }`;
      type Data = { refundPayment: { refund: RefundAnswer | null; replayed: boolean } & UserErrors };
      return (await ask<Data>(query, { input: { paymentId, amount, idempotencyKey } })).refundPayment;
    },

    /** The refunds of a payment once none of them is under way. */
    async refundsOf(paymentId: string): Promise<readonly RefundAnswer[]> {
      const query = `query ($id: ID!) { payment(id: $id) { refunds { id state amount { amount currency } failure { code message } } } }`;
      type Data = { payment: { refunds: readonly RefundAnswer[] } | null };
      const deadline = Date.now() + 25_000;
      for (;;) {
        const refunds = (await ask<Data>(query, { id: paymentId })).payment?.refunds ?? [];
        if (refunds.every(({ state }) => state === 'SUCCEEDED' || state === 'FAILED')) return refunds;
        if (Date.now() > deadline) throw new Error(`${paymentId} is still being refunded`);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    },

    async suspense() {
      const query = '{ suspenseItems { nodes { id origin state amount { amount currency } payment { id } } } }';
      type Data = { suspenseItems: { nodes: readonly SuspenseAnswer[] } };
      return (await ask<Data>(query, {})).suspenseItems.nodes;
    },

    async release(suspenseId: string, walletId: string) {
      const query = `mutation ($input: ReleaseSuspenseInput!) { releaseSuspense(input: $input) {
        item { id state } replayed ${userErrors} } }`;
      const input = { suspenseId, walletId, note: 'a test', idempotencyKey: randomUUID() };
      type Data = { releaseSuspense: { item: { id: string; state: string } | null; replayed: boolean } & UserErrors };
      return (await ask<Data>(query, { input })).releaseSuspense;
    },

    async sendBack(suspenseId: string, to?: object) {
      const query = `mutation ($input: ReturnSuspenseInput!) { returnSuspense(input: $input) {
        item { id state } replayed ${userErrors} } }`;
      const input = { suspenseId, note: 'a test', idempotencyKey: randomUUID(), ...(to && { to }) };
      type Data = { returnSuspense: { item: { id: string; state: string } | null; replayed: boolean } & UserErrors };
      return (await ask<Data>(query, { input })).returnSuspense;
    },

    async retry(paymentId: string, note = 'a test') {
      const query = `mutation ($input: RetryPaymentInput!) { retryPayment(input: $input) {
        payment { ${paymentFields} } ${userErrors} } }`;
      type Data = { retryPayment: { payment: PaymentAnswer | null } & UserErrors };
      return (await ask<Data>(query, { input: { paymentId, note } })).retryPayment;
    },

    /** What staff see of who had it tried again. */
    async retries(paymentId: string) {
      const query = 'query ($id: ID!) { payment(id: $id) { retries { requestedBy note at } } }';
      type Data = { payment: { retries: readonly { requestedBy: string; note: string; at: string }[] | null } | null };
      return (await ask<Data>(query, { id: paymentId })).payment?.retries;
    },

    async decide(input: DecisionInput) {
      const query = `mutation ($input: DecideRailAttemptInput!) { decideRailAttempt(input: $input) {
        attempt { ${attemptFields} } replayed ${userErrors} } }`;
      type Data = { decideRailAttempt: { attempt: AttemptAnswer | null; replayed: boolean } & UserErrors };
      const given = { idempotencyKey: randomUUID(), note: 'as the bank says', ...input };
      return (await ask<Data>(query, { input: given })).decideRailAttempt;
    },

    /** What staff see of a payment's tries over rails. */
    async attempts(paymentId: string) {
      const query = `query ($id: ID!) { payment(id: $id) { attempts { ${attemptFields} } } }`;
      type Data = { payment: { attempts: readonly AttemptAnswer[] | null } | null };
      return (await ask<Data>(query, { id: paymentId })).payment?.attempts;
    },

    /** Tries over rails that want people. */
    async railAttempts(variables: object = {}) {
      const query = `query ($rail: String, $reasons: [RailAttemptAttention!], $first: Int, $after: String) {
        railAttempts(rail: $rail, reasons: $reasons, first: $first, after: $after) {
          nodes { ${attemptFields} subjectId } pageInfo { hasNextPage endCursor } } }`;
      type Nodes = readonly (AttemptAnswer & { readonly subjectId: string })[];
      type Data = { railAttempts: { nodes: Nodes; pageInfo: { hasNextPage: boolean; endCursor: string } } };
      return (await ask<Data>(query, variables)).railAttempts;
    },

    async settle(input: SettlementInput) {
      const query = `mutation ($input: RecordSettlementInput!) { recordSettlement(input: $input) {
        settlement { id state } replayed ${userErrors} } }`;
      type Data = { recordSettlement: { settlement: SettlementAnswer | null; replayed: boolean } & UserErrors };
      return (await ask<Data>(query, { input: { idempotencyKey: randomUUID(), ...input } })).recordSettlement;
    },

    async settlements(variables: object = {}) {
      const query = `query ($rail: String, $first: Int, $after: String) {
        railSettlements(rail: $rail, first: $first, after: $after) {
          nodes { id rail direction amount { amount currency } reference note state recordedBy bookedAt }
          pageInfo { hasNextPage endCursor } } }`;
      type Nodes = readonly (SettlementAnswer & SettlementInput & { recordedBy: string; bookedAt: string | null })[];
      type Data = { railSettlements: { nodes: Nodes; pageInfo: { hasNextPage: boolean; endCursor: string } } };
      return (await ask<Data>(query, variables)).railSettlements;
    },

    async cancel(paymentId: string) {
      const query = `mutation ($input: CancelPaymentInput!) { cancelPayment(input: $input) {
        payment { ${paymentFields} } ${userErrors} } }`;
      type Data = { cancelPayment: { payment: PaymentAnswer | null } & UserErrors };
      return (await ask<Data>(query, { input: { paymentId } })).cancelPayment;
    },

    async payment(id: string) {
      const query = `query ($id: ID!) { payment(id: $id) { ${paymentFields} } }`;
      return (await ask<{ payment: PaymentAnswer | null }>(query, { id })).payment;
    },

    async payments(variables: object = {}) {
      const query = `query ($filter: PaymentFilter, $first: Int, $after: String, $last: Int, $before: String) {
        payments(filter: $filter, first: $first, after: $after, last: $last, before: $before) {
          nodes { id state } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }`;
      type Data = {
        payments: {
          nodes: { id: string; state: PaymentState }[];
          pageInfo: { hasNextPage: boolean; hasPreviousPage: boolean; startCursor: string; endCursor: string };
        };
      };
      return (await ask<Data>(query, variables)).payments;
    },

    /** The payment once it is in one of these states. */
    async paymentIn(id: string, ...states: PaymentState[]): Promise<PaymentAnswer> {
      const deadline = Date.now() + 25_000;
      for (;;) {
        const payment = await this.payment(id);
        if (payment && states.includes(payment.state)) return payment;
        if (Date.now() > deadline) throw new Error(`${id} is ${payment?.state}, not ${states.join(' or ')}`);
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    },

    /** Opens `paymentsActivity`; the activities until it is closed or breaks off, and the errors it ended with. */
    follow(variables: { readonly filter?: object; readonly after?: string } = {}) {
      const query = `subscription ($filter: PaymentFilter, $after: String) {
        paymentsActivity(filter: $filter, after: $after) {
          cursor change { sequence from state reason at settled payment { id state } } } }`;
      type Data = { paymentsActivity: ActivityAnswer };
      return subscribed<Data, ActivityAnswer>(query, variables, (data) => data.paymentsActivity);
    },

    /** Opens `paymentStateChanged`; the events until it completes, and the errors it ended with. */
    watch(paymentId: string, afterSequence?: number) {
      const query = `subscription ($paymentId: ID!, $afterSequence: Int! = 0) {
        paymentStateChanged(paymentId: $paymentId, afterSequence: $afterSequence) {
          sequence from state reason at settled payment { id state } } }`;
      type Data = { paymentStateChanged: EventAnswer };
      const variables = { paymentId, ...(afterSequence !== undefined && { afterSequence }) };
      const watching = subscribed<Data, EventAnswer>(query, variables, (data) => data.paymentStateChanged);
      return {
        ...watching,
        /** Resolves once an event with this state has come. */
        seen: (wanted: PaymentState) => watching.until((events) => events.some(({ state }) => state === wanted)),
      };
    },
  };
}

export type Person = ReturnType<typeof person>;
