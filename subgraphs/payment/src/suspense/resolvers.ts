import { pageFrom, requireCustomer, toConnection } from '@paygraph/subgraph';
import type { Resolvers } from '../generated/graphql.ts';
import { type RefusalCode, type Refused, userErrorOf } from '../payment/refusal.ts';
import { viewOf } from '../payment/resolvers.ts';
import type { Directed } from './direct.ts';

export const suspenseResolvers = {
  Query: {
    async suspenseItems(_parent, { states, ...range }, { items }) {
      const page = pageFrom(range);
      const found = await items.page(states ?? null, page);
      return toConnection(found, page, ({ id }) => [id]);
    },
  },

  Mutation: {
    releaseSuspense: async (_parent, { input }, { operations, principal }) =>
      payloadOf(await operations.release(requireCustomer(principal), input)),
    returnSuspense: async (_parent, { input }, { operations, principal }) =>
      payloadOf(await operations.sendBack(requireCustomer(principal), input)),
  },

  SuspenseItem: {
    id: ({ id }) => id,
    origin: ({ origin }) => origin,
    state: ({ state }) => state,
    amount: ({ amount }) => amount,
    payment: ({ paymentId }, _args, context) => (paymentId === null ? null : viewOf(context, paymentId)),
    rail: ({ rail }) => rail,
    railReference: ({ railReference }) => railReference,
    senderName: ({ senderName }) => senderName,
    remittance: ({ remittance }) => remittance,
    walletId: ({ walletId }) => walletId,
    note: ({ note }) => note,
    createdAt: ({ createdAt }) => createdAt,
    endedAt: ({ endedAt }) => endedAt,
  },
} satisfies Resolvers;

function payloadOf<Code extends RefusalCode>(outcome: Directed | Refused<Code>) {
  if (outcome.kind === 'refused') return { item: null, replayed: false, userErrors: [userErrorOf(outcome)] };
  return { item: outcome.item, replayed: outcome.replayed, userErrors: [] };
}
