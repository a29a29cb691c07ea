import type { SubgraphName } from './sdl.ts';

/** What the subgraphs know: a thing for every id that is asked, the same each time. */

type Resolver = (parent: Record<string, unknown>, args: Record<string, unknown>) => unknown;
type Resolvers = Record<string, Record<string, Resolver>>;

const currencies = ['USD', 'EUR', 'GHS', 'JPY'];
const states = ['INITIATED', 'VALIDATING', 'PENDING', 'PROCESSING', 'CONFIRMED'];
const tiers = ['BASIC', 'VERIFIED', 'BUSINESS'];

const pick = (list: readonly string[], number: number): string => list[number % list.length] ?? '';
const numberOf = (id: unknown): number => Number(String(id).slice(-6));
const idOf = (prefix: string, number: number): string =>
  `${prefix}_01997b5c-5f0a-7000-8000-${String(number).padStart(12, '0')}`;
const at = (number: number): string => new Date(Date.UTC(2026, 8, 29) + number * 60_000).toISOString();
const money = (number: number) => ({
  amount: `${(number * 37) % 5000}.${String((number * 7) % 100).padStart(2, '0')}`,
  currency: pick(currencies, number),
});

const WALLETS = 480;
const CUSTOMERS = 160;

export const walletId = (number: number): string => idOf('wal', number % WALLETS);
export const paymentId = (number: number): string => idOf('pay', number);

function wallet(id: unknown) {
  const number = numberOf(id);
  return {
    ...{ id, label: `Wallet ${number}`, currency: pick(currencies, number), status: 'ACTIVE', createdAt: at(number) },
    owner: { id: idOf('cus', number % CUSTOMERS) },
    limits: { perPayment: money(number), daily: money(number + 1), dailyUsed: money(number + 2) },
  };
}

const balance = ({ id }: Record<string, unknown>) => {
  const number = numberOf(id);
  return { available: money(number + 3), pending: money(number + 4), posted: money(number + 5) };
};

function payment(id: unknown) {
  const number = numberOf(id);
  const party = (other: number) => ({ displayName: `Customer ${other % CUSTOMERS}`, wallet: { id: walletId(other) } });
  return {
    ...{ id, kind: 'TRANSFER', state: pick(states, number), createdAt: at(number), amount: money(number) },
    fees: [{ label: 'Transfer', amount: money(number + 6) }],
    ...{ payer: party(number * 7), payee: party(number * 11 + 5) },
    timeline: states.map((state, index) => ({ sequence: index + 1, state, at: at(number + index) })),
  };
}

function customer(id: unknown) {
  const number = numberOf(id);
  return {
    ...{ id, displayName: `Customer ${number}`, handle: `@customer-${number}` },
    ...{ tier: pick(tiers, number), country: 'GH' },
  };
}

const assessment = ({ id }: Record<string, unknown>) => ({
  ...{ decision: 'APPROVE', score: numberOf(id) % 100, reasons: ['KNOWN_PAYEE', 'USUAL_AMOUNT'] },
});

/** One step of a wallet's activity. `at` is when it was published, in ms since 1970. */
export const activity = (id: string, version: number, now: number) => ({
  ...{ version, at: String(now), amount: money(version), wallet: { id } },
});

export const resolvers: Readonly<Record<SubgraphName, Resolvers>> = {
  wallet: {
    Query: { wallet: (_query, { id }) => wallet(id) },
    Wallet: { __resolveReference: ({ id }) => wallet(id) },
  },
  ledger: {
    Query: { trialBalance: () => [] },
    Wallet: { __resolveReference: ({ id }) => ({ id }), balance },
  },
  payment: {
    Query: {
      payment: (_query, { id }) => payment(id),
      payments: (_query, { first, after }) =>
        Array.from({ length: Number(first) }, (_, index) => payment(paymentId(Number(after) + index))),
    },
    Payment: { __resolveReference: ({ id }) => payment(id) },
  },
  profile: {
    Query: { customer: (_query, { id }) => customer(id) },
    Customer: { __resolveReference: ({ id }) => customer(id) },
  },
  risk: {
    Query: { riskRules: () => [] },
    Payment: { __resolveReference: ({ id }) => ({ id }), riskAssessment: assessment },
  },
};
