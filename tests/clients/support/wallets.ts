import { type Channel, createChannel } from '@paygraph/gateway/testing';
import { type Federation, startFederation } from '../../federation/support/federation.ts';

/** A graph small enough for a client's first steps: wallets with a label in one subgraph and a balance in another. */
export interface Wallets {
  readonly federation: Federation<'wallet' | 'ledger'>;
  /** What is published here reaches those who watch `labelChanged`. */
  readonly changes: Channel<{ readonly id: string; readonly label: string }>;
}

export async function startWallets(): Promise<Wallets> {
  const changes = createChannel<{ readonly id: string; readonly label: string }>();
  const labels = new Map([
    ['wal_1', 'Everyday'],
    ['wal_2', 'Savings'],
  ]);
  const wallet = (id: unknown) => (labels.has(String(id)) ? { id, label: labels.get(String(id)) } : null);
  const federation = await startFederation({
    wallet: {
      sdl: `
        type Query { wallet(id: ID!): Wallet  wallets: [Wallet!]! }
        type Mutation { rename(id: ID!, label: String!): Wallet }
        type Subscription { labelChanged(id: ID!): Wallet! }
        type Wallet @key(fields: "id") { id: ID! label: String! }`,
      resolvers: {
        Query: { wallet: (_query, { id }) => wallet(id), wallets: () => [...labels.keys()].map(wallet) },
        Mutation: { rename: (_mutation, { id, label }) => wallet(labels.set(String(id), String(label)) && id) },
        Subscription: { labelChanged: { subscribe: () => changes.listen(), resolve: (change) => change } },
        Wallet: { reference: ({ id }) => wallet(id) },
      },
    },
    ledger: {
      sdl: 'type Wallet @key(fields: "id") { id: ID! balance: String! }',
      resolvers: { Wallet: { balance: ({ id }) => `balance of ${id}` } },
    },
  });
  return { federation, changes };
}
