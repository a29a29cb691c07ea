import type { FixtureResolvers } from '@paygraph/gateway/testing';
import type { Part } from '../support/federation.ts';

/**
 * A graph in which much that federation can express meets: several keys, requirements of requirements, interfaces as
 * objects, abstract types whose fields are spread, circles, arguments, nulls allowed and not. Every field's value is a
 * function of its object's id, so that the graph can be worked out at once or by its subgraphs.
 */

type Thing = Record<string, unknown>;
type Values = Record<string, Record<string, (object: Thing, args: Thing) => unknown>>;

const numberOf = ({ id }: Thing): number => Number(String(id).slice(4));
const customer = (number: number): Thing => ({ __typename: 'Customer', id: `cus_${number % 5}` });
const shop = (number: number): Thing => ({ __typename: 'Shop', id: `shp_${number % 2}` });
const wallet = (number: number): Thing => ({ __typename: 'Wallet', id: `wal_${number % 7}` });
const money = (amount: unknown, currency: unknown): Thing => ({ amount: String(amount), currency });
const some = (count: unknown, of: (number: number) => unknown, otherwise = 3) =>
  Array.from({ length: Number(count ?? otherwise) }, (_, index) => of(index));

const emailOf = (object: Thing): string => `${object.id}@example.org`;
const nameOf = (object: Thing): string => `name of ${object.id}`;
const currencyOf = (object: Thing): string => ['USD', 'EUR', 'GHS'][numberOf(object) % 3] ?? '';
const limitOf = (object: Thing): Thing => money(numberOf(object) * 10, currencyOf(object));
const worthOf = (currency: unknown, limit: Thing): string => `${limit.amount} in ${currency}`;
const verdictOf = (value: unknown): string => `verdict on ${value}`;
const flagOf = (name: unknown): string => `flag of ${name}`;
const visitsOf = (object: Thing, { since }: Thing): number => numberOf(object) + Number(since ?? 100);

/** What every field is, by type. */
export const values: Values = {
  Query: {
    customer: (_query, { id }) => (/^cus_[0-4]$/.test(String(id)) ? { __typename: 'Customer', id } : null),
    customers: (_query, { first }) => some(first, customer),
    search: () => [customer(1), shop(0), customer(3), shop(1)],
    things: () => [shop(1), null, customer(2)],
    riskiest: () => [customer(4), shop(0)],
    popular: () => [shop(0), customer(0), shop(1)],
    wallet: () => wallet(1),
  },
  Customer: {
    email: emailOf,
    name: nameOf,
    nick: (object) => (numberOf(object) % 2 ? null : `nick of ${object.id}`),
    friend: (object) => (numberOf(object) === 2 ? null : customer(numberOf(object) + 1)),
    friends: (object, { first }) => some(first, (index) => customer(numberOf(object) + index), 2),
    wallets: (object, { first }) => some(first, (index) => wallet(numberOf(object) * 2 + index), 2),
    main: (object) => (numberOf(object) === 4 ? null : wallet(numberOf(object))),
    score: numberOf,
    flag: (object) => flagOf(nameOf(object)),
    visits: visitsOf,
  },
  Shop: {
    title: (object) => `title of ${object.id}`,
    owner: (object) => customer(numberOf(object)),
    score: (object) => numberOf(object) + 10,
    visits: visitsOf,
  },
  Wallet: {
    currency: currencyOf,
    label: (object, { locale }) => `label of ${object.id} in ${locale ?? 'no language'}`,
    limit: limitOf,
    holder: (object) => customer(numberOf(object)),
    balance: (object, args) => (numberOf(object) === 5 ? null : money(numberOf(object), args.in ?? currencyOf(object))),
    value: (object) => worthOf(currencyOf(object), limitOf(object)),
    entries: (object, { first }) => some(first, (index) => ({ __typename: 'Entry', of: numberOf(object), index }), 2),
    broken: (object) => (numberOf(object) === 3 ? null : `whole ${object.id}`),
    verdict: (object) => verdictOf(worthOf(currencyOf(object), limitOf(object))),
  },
  Entry: {
    amount: ({ of, index }) => money(`${of}${index}`, 'USD'),
    wallet: ({ of }) => wallet(Number(of)),
    other: ({ of, index }) => (index === 1 ? null : wallet(Number(of) + 1)),
  },
};

/** The fields of some types, as the whole graph has them. */
const resolving = (fields: Readonly<Record<string, readonly string[]>>): FixtureResolvers =>
  Object.fromEntries(
    Object.entries(fields).map(([type, names]) => [
      type,
      Object.fromEntries(
        names.map((name) => [name, (object: Thing, args: Thing) => values[type]?.[name]?.(object, args)]),
      ),
    ]),
  );

/** Subgraphs know of an entity what its representation says, and nothing else. */
const known = { reference: (representation: Thing) => representation };
const byEmail = { reference: ({ id, email, ...rest }: Thing) => ({ ...rest, id: id ?? String(email).split('@')[0] }) };

const accounts = resolving({
  Query: ['customer', 'customers', 'search', 'things'],
  Customer: ['email', 'name', 'nick', 'friend', 'friends'],
  Shop: ['title', 'owner'],
});
const wallets = resolving({
  Query: ['wallet'],
  Customer: ['email', 'wallets', 'main'],
  Wallet: ['currency', 'label', 'limit', 'holder'],
});
const ledger = resolving({ Wallet: ['balance', 'entries', 'broken'], Entry: ['amount', 'wallet', 'other'] });
const risk = resolving({ Query: ['riskiest'], Customer: ['score'], Shop: ['score'] });

const moneyType = 'type Money @shareable { amount: String! currency: String! }';

export const parts = {
  accounts: {
    sdl: `
      type Query {
        customer(id: ID!): Customer  customers(first: Int): [Customer!]!  search: [Hit!]!  things: [Thing]!
      }
      interface Thing @key(fields: "id") { id: ID! }
      union Hit = Customer | Shop
      type Customer implements Thing @key(fields: "id") @key(fields: "email") {
        id: ID! email: String! name: String! nick: String friend: Customer friends(first: Int): [Customer!]!
      }
      type Shop implements Thing @key(fields: "id") { id: ID! title: String! owner: Customer! }`,
    resolvers: {
      ...accounts,
      Customer: { ...accounts.Customer, ...byEmail },
      Shop: { ...accounts.Shop, ...known },
      Thing: { reference: ({ id }) => ({ __typename: String(id).startsWith('cus') ? 'Customer' : 'Shop', id }) },
    },
  },
  wallets: {
    sdl: `
      type Query { wallet: Wallet! }
      type Customer @key(fields: "email") { email: String! wallets(first: Int): [Wallet!]! main: Wallet }
      type Wallet @key(fields: "id") {
        id: ID! currency: String! label(locale: String): String! limit: Money! holder: Customer!
      }
      ${moneyType}`,
    resolvers: { ...wallets, Customer: { ...wallets.Customer, ...byEmail }, Wallet: { ...wallets.Wallet, ...known } },
  },
  ledger: {
    sdl: `
      type Wallet @key(fields: "id") {
        id: ID! currency: String! @external limit: Money! @external
        balance(in: String): Money  entries(first: Int): [Entry!]!  broken: String!
        value: String! @requires(fields: "currency limit { amount }")
      }
      type Entry { amount: Money! wallet: Wallet! other: Wallet }
      ${moneyType}`,
    resolvers: {
      ...ledger,
      Wallet: { ...ledger.Wallet, ...known, value: ({ currency, limit }) => worthOf(currency, limit as Thing) },
    },
  },
  risk: {
    sdl: `
      type Query { riskiest: [Scored!]! }
      interface Scored { score: Int! }
      type Customer implements Scored @key(fields: "id") {
        id: ID! name: String! @external score: Int! flag: String! @requires(fields: "name")
      }
      type Shop implements Scored @key(fields: "id") { id: ID! score: Int! }
      type Wallet @key(fields: "id") {
        id: ID! value: String! @external verdict: String! @requires(fields: "value")
      }`,
    resolvers: {
      ...risk,
      Customer: { ...risk.Customer, ...known, flag: ({ name }) => flagOf(name) },
      Shop: { ...risk.Shop, ...known },
      Wallet: { ...known, verdict: ({ value }) => verdictOf(value) },
    },
  },
  stats: {
    sdl: `
      type Query { popular: [Thing!]! }
      type Thing @key(fields: "id") @interfaceObject { id: ID! visits(since: Int): Int! }`,
    resolvers: {
      // To this subgraph they are things, and no more.
      Query: { popular: () => ['shp_0', 'cus_0', 'shp_1'].map((id) => ({ id })) },
      Thing: { ...known, visits: visitsOf },
    },
  },
} satisfies Record<string, Part>;
