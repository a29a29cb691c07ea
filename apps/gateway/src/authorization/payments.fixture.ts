import { anonymous, type CustomerPrincipal, type Principal } from '@paygraph/auth';
import { beforeAll, beforeEach } from 'vitest';
import { type LocalGraph, localGraph } from '../testing/local-graph.ts';

export const person = (...scopes: string[]): CustomerPrincipal => ({
  ...{ kind: 'customer', id: 'cus_1', sessionId: 'ses_1', roles: ['CUSTOMER'] },
  scopes: new Set(scopes),
  expiresAt: new Date(Date.now() + 60_000),
});
/** The error for what may not be seen at a path. */
export const refused = (...path: string[]) => ({
  ...{ message: 'Unauthorized field or type', path },
  extensions: { code: 'UNAUTHORIZED_FIELD_OR_TYPE' },
});

const wallet = (id: unknown) => ({ __typename: 'Wallet', id, label: 'Everyday', currency: 'USD', pin: '1234' });
const shop = { __typename: 'Shop', name: 'Corner', rating: 5 };
const payment = {
  ...{ id: 'pay_1', amount: 5, secret: 'x', strict: 's', note: 'n' },
  ...{ wallet: wallet('wal_1'), wallets: [wallet('wal_1'), wallet('wal_2')], sure: { hidden: 'h', open: 'o' } },
};

function payments(): LocalGraph {
  return localGraph(
    {
      payment: {
        sdl: `
          type Query {
            payment: Payment
            payments: [Payment!]!
            sealed: Sealed
            stamp: Stamp
            party: Party
            parties: [Party!]!
            owner: Owner
            named: Named
            audit: String @policy(policies: [["weekday"], ["auditor"]])
            both: String @authenticated @requiresScopes(scopes: [["a", "b"], ["c"]])
            required: String! @authenticated
            open: String
          }
          type Mutation { pay: Payment @requiresScopes(scopes: [["pay"]])  ping: String }
          type Payment @key(fields: "id") {
            id: ID!  amount: Int  note: String
            secret: String @authenticated
            strict: String! @authenticated
            wallet: Wallet
            wallets: [Wallet!]!
            sure: Sure!
          }
          type Sure { hidden: String! @authenticated  open: String }
          type Sealed @authenticated { id: ID }
          scalar Stamp @authenticated
          type Wallet @key(fields: "id", resolvable: false) { id: ID! }
          union Party = Person | Shop
          type Person @authenticated { name: String! }
          type Shop implements Named { name: String  rating: Int @authenticated }
          interface Named { name: String }
          type Brand implements Named { name: String @authenticated }
          interface Owner { id: ID }
          type Firm implements Owner @requiresScopes(scopes: [["firm"]]) { id: ID }
          type Man implements Owner { id: ID }`,
        resolvers: {
          Query: {
            payment: () => payment,
            payments: () => [payment],
            sealed: () => ({ id: '1' }),
            stamp: () => 'now',
            party: () => shop,
            parties: () => [shop, { __typename: 'Person', name: 'Ada' }],
            owner: () => ({ __typename: 'Man', id: '7' }),
            named: () => shop,
            ...{ audit: () => 'seen', both: () => 'both', required: () => 'it', open: () => 'open' },
          },
          Mutation: { pay: () => payment, ping: () => 'pong' },
          Payment: { reference: () => payment },
        },
      },
      wallet: {
        sdl: `type Wallet @key(fields: "id") {
          id: ID!
          label: String
          currency: String! @requiresScopes(scopes: [["wallet:read"]])
          pin: String @requiresScopes(scopes: [["wallet:read:any"]])
        }`,
        resolvers: { Wallet: { reference: ({ id }) => wallet(id) } },
      },
      risk: {
        sdl: `
          type Payment @key(fields: "id") {
            id: ID!
            secret: String @external
            score: Int @requires(fields: "secret") @authenticated
          }`,
        resolvers: { Payment: { reference: (it) => it, score: ({ secret }) => String(secret).length } },
      },
    },
    anonymous,
    { weekday: () => false, auditor: (principal) => principal.kind === 'customer' },
  );
}

/** For all tests of a file: a graph of payments, of which nobody, people and people with scopes may see different parts. */
export function usePayments() {
  let graph: LocalGraph | undefined;
  const started = (): LocalGraph => {
    if (!graph) throw new Error('The graph has not been made');
    return graph;
  };
  beforeAll(() => {
    graph = payments();
  });
  beforeEach(() => {
    started().requests.length = 0;
  });
  return {
    get graph() {
      return started();
    },
    ask: (source: string, as?: Principal) => started().ask(source, {}, as),
  };
}
