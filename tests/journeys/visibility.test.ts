import { randomUUID } from 'node:crypto';
import { createGraphClient, type GraphClient, pay, quotePayment } from '@paygraph/standalone/client';
import { beforeAll, describe, expect, it } from 'vitest';
import { codesOf } from '../support/answers.ts';
import { usePlatform } from '../support/journey.ts';
import { outcomeOf, payNow, transfer } from '../support/payments.ts';
import type { Customer } from '../support/platform.ts';
import { reviewed } from '../support/staff.ts';

const platform = usePlatform('one process');
let payer: Customer;
let payee: Customer;
let stranger: Customer;
/** From dollars to euros, carried out. */
let done: string;
/** 10,000 dollars, in review. */
let waiting: string;

beforeAll(async () => {
  [payer, payee, stranger] = await Promise.all([
    platform().customer({ USD: '10025.25' }),
    platform().customer({ USD: '0.00', EUR: '0.00' }),
    platform().customer({ USD: '0.00' }),
  ]);
  const route = transfer(payer, payee, '25.00 USD', 'USD', 'EUR');
  const { id: quoteId } = await quotePayment(payer, route);
  const metadata = { invoice: 'A-17' };
  const made = await pay(payer, { ...route, quoteId, idempotencyKey: randomUUID(), metadata });
  done = made.id;
  await outcomeOf(payer, done);
  waiting = await payNow(payer, transfer(payer, payee, '10000.00 USD', 'USD'));
  await reviewed(platform(), waiting);
}, 60_000);

const people = () => ({
  payer: payer.graph,
  payee: payee.graph,
  stranger: stranger.graph,
  operator: platform().operator.graph,
  analyst: platform().analyst.graph,
});
type Who = keyof ReturnType<typeof people>;

const everything = `
  fragment Everything on Payment {
    state
    amount { amount }
    debit { amount }
    credit { amount }
    fees { amount { amount } }
    exchangeRate
    payer { displayName wallet { id balance { available { amount } } } }
    payee { displayName wallet { id balance { available { amount } } } }
    failure { code }
    metadata
    timeline { sequence state }
    riskAssessment { decision }
  }
  query ($id: ID!) { payment(id: $id) { ...Everything } }`;

const steps = (from: number) =>
  ['INITIATED', 'VALIDATING', 'PENDING', 'PROCESSING', 'CONFIRMED']
    .map((state, index) => ({ sequence: index + 1, state }))
    .slice(from - 1);

/** All there is to see of the payment that was carried out. */
const whole = () => ({
  state: 'CONFIRMED',
  amount: { amount: '25.00' },
  debit: { amount: '25.25' },
  credit: { amount: '21.89' },
  fees: [{ amount: { amount: '0.25' } }],
  exchangeRate: '0.8758247506',
  payer: {
    displayName: payer.name,
    wallet: { id: payer.wallet('USD'), balance: { available: { amount: '10000.00' } } },
  },
  payee: {
    displayName: payee.name,
    wallet: { id: payee.wallet('EUR'), balance: { available: { amount: '21.89' } } },
  },
  failure: null,
  metadata: { invoice: 'A-17' },
  timeline: steps(1),
  riskAssessment: { decision: 'APPROVE' },
});

const seen = async (who: Who, id: string) => (await people()[who]<{ payment: unknown }>(everything, { id })).payment;

describe('of a payment that was carried out', () => {
  it('the payer sees all but the wallet of the payee', async () => {
    expect(await seen('payer', done)).toEqual({ ...whole(), payee: { displayName: payee.name, wallet: null } });
  });

  it('the payee sees what arrived, and nothing of its price, its checks and what went before', async () => {
    expect(await seen('payee', done)).toEqual({
      ...whole(),
      ...{ debit: null, fees: null, exchangeRate: null, metadata: null, riskAssessment: null },
      payer: { displayName: payer.name, wallet: null },
      timeline: steps(5),
    });
  });

  it('an operator sees all', async () => {
    expect(await seen('operator', done)).toEqual(whole());
  });

  it('an analyst sees all but balances', async () => {
    const { payer: from, payee: to } = whole();
    expect(await seen('analyst', done)).toEqual({
      ...whole(),
      payer: { ...from, wallet: { ...from.wallet, balance: null } },
      payee: { ...to, wallet: { ...to.wallet, balance: null } },
    });
  });

  it('a stranger sees nothing, as if it did not exist', async () => {
    expect(await seen('stranger', done)).toBeNull();
  });
});

describe('of a payment that waits for an analyst', () => {
  it.each<[Who, string]>([
    ['payer', 'IN_REVIEW'],
    ['payee', 'nothing'],
    ['stranger', 'nothing'],
    ['operator', 'IN_REVIEW'],
    ['analyst', 'IN_REVIEW'],
  ])('the %s sees %s', async (who, expected) => {
    const query = 'query ($id: ID!) { payment(id: $id) { state } }';
    const { payment } = await people()[who]<{ payment: { state: string } | null }>(query, { id: waiting });
    expect(payment?.state ?? 'nothing').toBe(expected);
  });
});

it('lists hold what their reader may see and nothing else', async () => {
  const query = '{ payments(first: 100) { nodes { id } } wallets(first: 100) { nodes { id } } }';
  const lists = async (who: 'payer' | 'payee' | 'stranger') => {
    const { payments, wallets } =
      await people()[who]<Record<'payments' | 'wallets', { nodes: { id: string }[] }>>(query);
    return { payments: payments.nodes.map(({ id }) => id), wallets: wallets.nodes.map(({ id }) => id) };
  };
  const deposits = await depositsOf(payer);
  expect(await lists('payer')).toEqual({ payments: [waiting, done, ...deposits], wallets: [payer.wallet('USD')] });
  expect((await lists('payee')).payments).toEqual([done]);
  expect(await lists('stranger')).toEqual({ payments: [], wallets: [stranger.wallet('USD')] });
});

/** What is guarded by a scope that customers do not have, wherever a query comes to it. */
const forStaff: readonly [field: string, query: string][] = [
  ['Payment.ledgerTransactions', 'payment(id: $done) { ledgerTransactions { id } }'],
  ['RiskAssessment.score', 'payment(id: $done) { riskAssessment { score } }'],
  ['RiskAssessment.facts', 'payment(id: $done) { riskAssessment { facts { value } } }'],
  ['RiskAssessment.reasons', 'payment(id: $done) { riskAssessment { reasons { code } } }'],
  ['RiskAssessment.payment', 'payment(id: $done) { riskAssessment { payment { metadata } } }'],
  ['LedgerEntry.account', 'wallet(id: $mine) { entries { nodes { account { id } } } }'],
  [
    'LedgerEntry.transaction',
    'wallet(id: $mine) { entries { nodes { transaction { entries { account { wallet { id } } } } } } }',
  ],
  ['Query.trialBalance', 'trialBalance { currency }'],
  ['Query.ledgerAccounts', 'ledgerAccounts { nodes { id } }'],
  ['Query.riskReviewQueue', 'riskReviewQueue { nodes { id } }'],
  ['Query.riskRuleSet', 'riskRuleSet { source }'],
  ['Query.customer', 'customer(id: "cus_1") { displayName }'],
  ['a field under an innocent alias', 'payment(id: $done) { state: ledgerTransactions { id } }'],
  [
    'a field in an inline fragment',
    'payment(id: $done) { ... on Node { ... on Payment { ledgerTransactions { id } } } }',
  ],
  ['a field in a named fragment', 'payment(id: $done) { ...Hidden }'],
  [
    'a field two subgraphs away',
    'payment(id: $done) { payer { wallet { entries { nodes { account { balance { posted { amount } } } } } } } }',
  ],
];

describe('what is for staff', () => {
  it.each(forStaff)('is unauthorized for customers and for people without a token: %s', async (_field, query) => {
    for (const graph of [payer.graph, createGraphClient(platform().url)])
      expect(new Set(await codesOf(ask(graph, query)))).toEqual(new Set(['UNAUTHORIZED_FIELD_OR_TYPE']));
  });
});

describe("somebody else's wallet", () => {
  it.each<[string, string]>([
    ['does not exist', 'wallet(id: $theirs) { id }'],
    ['has no balance', 'wallet(id: $theirs) { balance { available { amount } } }'],
    ['has no entries', 'wallet(id: $theirs) { entries { nodes { id } } }'],
    ['has no owner', 'wallet(id: $theirs) { owner { email } }'],
  ])('%s', async (_sentence, query) => {
    expect(await ask(payer.graph, query)).toEqual({ wallet: null });
  });

  it('does not appear among the entries of a payment seen by both', async () => {
    const { wallet } = await ask<{ wallet: { entries: { nodes: object[] } } }>(
      payee.graph,
      'wallet(id: $theirs) { entries { nodes { direction amount { amount } balanceAfter { amount } reference } } }',
    );
    expect(wallet.entries.nodes).toEqual([
      { direction: 'CREDIT', amount: { amount: '21.89' }, balanceAfter: { amount: '21.89' }, reference: done },
    ]);
  });
});

it.each(['_entities(representations: [{ __typename: "Payment", id: "pay_1" }]) { __typename }', '_service { sdl }'])(
  'the protocol of federation does not exist for clients: %s',
  async (query) => {
    expect(await codesOf(platform().operator.graph(`{ ${query} }`))).toEqual(['GRAPHQL_VALIDATION_FAILED']);
  },
);

/** Sends a selection of the root fields above with the variables that it names. */
function ask<Data>(graph: GraphClient, selection: string): Promise<Data> {
  const variables = { done, mine: payer.wallet('USD'), theirs: payee.wallet('EUR') };
  const used = Object.entries(variables).filter(([name]) => selection.includes(`$${name}`));
  const parameters = used.length > 0 ? `(${used.map(([name]) => `$${name}: ID!`).join(', ')})` : '';
  const hidden = selection.includes('...Hidden') ? 'fragment Hidden on Payment { ledgerTransactions { id } }' : '';
  return graph<Data>(`query ${parameters} { ${selection} } ${hidden}`, Object.fromEntries(used));
}

async function depositsOf({ graph }: Customer): Promise<string[]> {
  const query = '{ payments(filter: { kinds: [COLLECTION] }) { nodes { id } } }';
  const { payments } = await graph<{ payments: { nodes: { id: string }[] } }>(query);
  return payments.nodes.map(({ id }) => id);
}
