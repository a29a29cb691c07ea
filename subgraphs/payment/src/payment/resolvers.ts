import { hasScope } from '@paygraph/auth';
import { badUserInput, ownerIs, pageFrom, requireCustomer, toConnection } from '@paygraph/subgraph';
import type { Context } from '../context.ts';
import type { Resolvers } from '../generated/graphql.ts';
import { debitOf } from '../quote/price.ts';
import { visibleSteps } from '../timeline/timeline.ts';
import { failureMessages } from './failure.ts';
import { hasMovedMoney } from './lifecycle.ts';
import type { Made } from './make.ts';
import { capturedPrice, type Payment } from './payment.ts';
import { type RefusalCode, type Refused, userErrorOf } from './refusal.ts';
import { audienceOf, selectionFrom } from './selection.ts';
import { type PaymentView, seesAll, seesFees, viewFor } from './visibility.ts';

const mostIds = 1_000;

/** A payment by id as the caller may see it; null when there is none to see. */
export async function viewOf({ loaders, principal }: Context, id: string): Promise<PaymentView | null> {
  const payment = await loaders.payment.load(id);
  return payment && viewFor(principal, payment);
}

export const paymentResolvers = {
  Query: {
    payment: (_parent, { id }, context) => viewOf(context, id),

    async paymentStates(_parent, { ids }, { loaders }) {
      if (ids.length > mostIds) throw badUserInput(`At most ${mostIds} ids a call`, ['ids']);
      return Promise.all(ids.map((id) => loaders.payment.load(id)));
    },

    async payments(_parent, { filter, orderBy, ...range }, { payments, principal, loaders }) {
      const page = pageFrom(range);
      const audience = audienceOf(requireCustomer(principal));
      const found = await payments.page(audience, selectionFrom(filter, audience), page, orderBy);
      for (const payment of found) loaders.payment.prime(payment.id, payment);
      const views = found.flatMap((payment) => viewFor(principal, payment) ?? []);
      return toConnection(views, page, ({ payment }) => [payment.id]);
    },

    paymentCounts: (_parent, _args, { payments, principal }) => payments.counts(audienceOf(requireCustomer(principal))),
  },

  Mutation: {
    async createPayment(_parent, { input }, { operations, principal }) {
      return payloadOf(await operations.pay(requireCustomer(principal), input), 'PAYER');
    },
    async recordDeposit(_parent, { input }, { operations, principal }) {
      return payloadOf(await operations.deposit(requireCustomer(principal), input), 'STAFF');
    },
    async cancelPayment(_parent, { input }, { operations, principal }) {
      const outcome = await operations.cancel(requireCustomer(principal), input.paymentId);
      if (outcome.kind === 'refused') return { payment: null, userErrors: [userErrorOf(outcome)] };
      return { payment: viewFor(principal, outcome.payment), userErrors: [] };
    },
    async capturePayment(_parent, { input }, { operations, principal }) {
      const outcome = await operations.capture(requireCustomer(principal), input);
      if (outcome.kind === 'refused') return { payment: null, replayed: false, userErrors: [userErrorOf(outcome)] };
      return { payment: viewFor(principal, outcome.payment), replayed: outcome.replayed, userErrors: [] };
    },
    async retryPayment(_parent, { input }, { operations, principal }) {
      const outcome = await operations.retry(requireCustomer(principal), input);
      if (outcome.kind === 'refused') return { payment: null, userErrors: [userErrorOf(outcome)] };
      return { payment: viewFor(principal, outcome.payment), userErrors: [] };
    },
  },

  Payment: {
    __resolveReference: ({ id }, context) => viewOf(context, id),
    id: ({ payment }) => payment.id,
    kind: ({ payment }) => payment.kind,
    state: ({ payment }) => payment.state,
    amount: ({ payment }) => payment.amount,
    debit: ({ payment, viewer }) =>
      payment.kind === 'COLLECTION' || viewer === 'PAYEE' ? null : debitOf(capturedPrice(payment)),
    credit: ({ payment }) => capturedPrice(payment).target,
    fees: (view) =>
      seesFees(view) ? [capturedPrice(view.payment).fee].filter(({ amount }) => amount.amount > 0n) : null,
    exchangeRate: (view) => (seesAll(view) ? (view.payment.price.conversion?.exchangeRate ?? null) : null),
    quote: (view, _args, { loaders }) =>
      view.payment.quoteId !== null && seesAll(view) ? loaders.quote.load(view.payment.quoteId) : null,
    payer: ({ payment }) => payment.payer,
    payee: ({ payment }) => payment.payee,
    rail: ({ payment }) => payment.rail,
    captureMethod: ({ payment }) => payment.captureMethod,
    captured: (view) => (seesAll(view) && isCaptured(view.payment) ? capturedPrice(view.payment).source : null),
    refunded: ({ payment }) =>
      hasMovedMoney(payment.state) ? { amount: payment.refunded, currency: payment.price.source.currency } : null,
    refunds: async ({ payment }, _args, { loaders }) => [...(await loaders.refunds.load(payment.id))],
    attempts: async ({ payment, viewer }, _args, { loaders }) =>
      viewer === 'STAFF' ? [...(await loaders.attempts.load(payment.id))] : null,
    retries: async ({ payment, viewer }, _args, { loaders }) =>
      viewer === 'STAFF' ? [...(await loaders.retries.load(payment.id))] : null,
    externalReference: ({ payment }) => payment.externalReference,
    failure: (view) => (seesAll(view) ? view.payment.failureCode : null),
    timeline: async ({ payment, viewer }, _args, { loaders }) =>
      visibleSteps((await loaders.timeline.load(payment.id))?.steps ?? [], viewer),
    metadata: (view) => (seesAll(view) ? view.payment.metadata : null),
    createdAt: ({ payment }) => payment.createdAt,
    expiresAt: ({ payment }) => payment.expiresAt,
  },

  PaymentRetry: {
    requestedBy: ({ actor }) => actor,
    note: ({ note }) => note,
    at: ({ at }) => at,
  },

  PaymentParty: {
    displayName: (party) => party.displayName,
    handle: (party) => ('handle' in party ? party.handle : null),
    wallet(party, _args, { principal }) {
      if (!('walletId' in party)) return null;
      const visible = ownerIs(principal, party.customerId) || hasScope(principal, 'wallet:read:any');
      return visible ? { id: party.walletId } : null;
    },
  },

  PaymentFailure: {
    code: (code) => code,
    message: (code) => failureMessages[code],
  },
} satisfies Resolvers;

/** Whether what is to be captured is settled: whatever follows, it is not captured again. */
function isCaptured({ state }: Payment): boolean {
  return state === 'PROCESSING' || hasMovedMoney(state);
}

/** Who makes a payment sees it in the capacity in which it was made. */
function payloadOf<Code extends RefusalCode>(outcome: Made | Refused<Code>, viewer: PaymentView['viewer']) {
  if (outcome.kind === 'refused') return { payment: null, replayed: false, userErrors: [userErrorOf(outcome)] };
  return { payment: { payment: outcome.payment, viewer }, replayed: outcome.replayed, userErrors: [] };
}
