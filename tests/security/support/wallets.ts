import type { CustomerPrincipal, Principal } from '@paygraph/auth';
import { anonymous, TokenError } from '@paygraph/auth';
import type { GatewayOptions } from '@paygraph/gateway';
import { useFederation } from '../../federation/support/federation.ts';

const person = (id: string, roles: CustomerPrincipal['roles']): CustomerPrincipal => ({
  ...{ kind: 'customer', id, roles, sessionId: `session of ${id}`, scopes: new Set() },
  expiresAt: new Date('2100-01-01T00:00:00Z'),
});

const staff: Readonly<Record<string, CustomerPrincipal>> = {
  analyst: person('cus_analyst', ['ANALYST']),
  operator: person('cus_operator', ['CUSTOMER', 'OPERATOR']),
};

/** Everybody's token is their name. */
async function authenticate(authorization: string | undefined): Promise<Principal> {
  if (authorization === undefined) return anonymous;
  if (authorization === 'nobody') throw new TokenError('INVALID', 'The token is nobody’s');
  return staff[authorization] ?? person(`cus_${authorization}`, ['CUSTOMER']);
}

const wallet = (id: unknown) => ({ id, label: `label of ${id}` });
const walletsNamed = (count: number) => Array.from({ length: count }, (_, index) => wallet(`wal_${index}`));

/** For all tests of a file: a gateway with limits, before wallets that know each other; tokens are names, of which `analyst` and `operator` are staff. */
export function useWallets(options: Partial<GatewayOptions> = {}) {
  return useFederation(
    {
      wallet: {
        sdl: `
          type Query {
            wallet(id: ID!): Wallet
            wallets(first: Int): WalletConnection
              @listSize(assumedSize: 20, slicingArguments: ["first"], sizedFields: ["nodes"], requireOneSlicingArgument: false)
            labels: [String!]
            dear: Int @cost(weight: 400)
            search(filter: Filter): [Wallet!]
          }
          type Mutation { rename(id: ID!, label: String!): Wallet }
          type Subscription { renamed(id: ID!): Wallet  dearlyRenamed: Wallet @cost(weight: 100000) }
          input Filter { label: String @cost(weight: 30) or: [Filter!] }
          type WalletConnection { nodes: [Wallet!]! }
          interface Named { label: String! }
          type Wallet implements Named @key(fields: "id") { id: ID! label: String! friend: Wallet named: Named }`,
        resolvers: {
          Query: {
            wallet: (_query, { id }) => wallet(id),
            wallets: (_query, { first }) => ({ nodes: walletsNamed(Math.min(Number(first ?? 20), 3)) }),
            labels: () => ['one'],
            dear: () => 1,
            search: () => walletsNamed(2),
          },
          Mutation: { rename: (_mutation, { id, label }) => ({ id, label }) },
          Wallet: { reference: ({ id }) => wallet(id), friend: ({ id }) => wallet(`friend of ${id}`) },
        },
      },
      ledger: {
        sdl: 'type Wallet @key(fields: "id") { id: ID! balance: String! }',
        resolvers: { Wallet: { balance: ({ id }) => `balance of ${id}` } },
      },
    },
    { authenticate, ...options },
  );
}
