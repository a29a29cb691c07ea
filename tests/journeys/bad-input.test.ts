import { randomUUID } from 'node:crypto';
import { query } from '@paygraph/database/testing';
import { newId } from '@paygraph/ids';
import { createGraphClient, pay, quotePayment } from '@paygraph/standalone/client';
import { beforeAll, describe, expect, it } from 'vitest';
import { comeToRest } from '../support/agreement.ts';
import { codesOf, errorsOf } from '../support/answers.ts';
import { contentsOf } from '../support/contents.ts';
import { usePlatform } from '../support/journey.ts';
import { outcomeOf, type Transfer, transfer } from '../support/payments.ts';
import type { Customer } from '../support/platform.ts';
import { tokenWithLeft } from '../support/tokens.ts';

const platform = usePlatform('one process');
let ada: Customer;
let kofi: Customer;

beforeAll(async () => {
  ada = await platform().customer({ USD: '100.00', JPY: '5000' });
  kofi = await platform().customer({ USD: '100.00', EUR: '0.00' });
});

const createPayment = `mutation ($input: CreatePaymentInput!) {
  result: createPayment(input: $input) { done: payment { id } userErrors { code field } }
}`;
const createQuote = `mutation ($input: CreatePaymentQuoteInput!) {
  result: createPaymentQuote(input: $input) { done: quote { id } userErrors { code field } }
}`;
const recordDeposit = `mutation ($input: RecordDepositInput!) {
  result: recordDeposit(input: $input) { done: payment { id } userErrors { code field } }
}`;

type Input = Readonly<Record<string, unknown>>;
/** What is wrong with an input, the code that says so, and the path to the field at fault. */
type Case = [sentence: string, wrong: () => Input | Promise<Input>, code: string, field: string];

const usd = (amount: string) => ({ amount: { amount, currency: 'USD' } });
const withinDollars = () => transfer(ada, kofi, '10.00 USD', 'USD');
const toEuros = () => transfer(ada, kofi, '10.00 USD', 'USD', 'EUR');

/** Sends an input of which something is wrong, and expects to be told, and nothing in any database to be changed. */
async function expectRefusal(person: Customer['graph'], mutation: string, input: Input, code: string, field: string) {
  await comeToRest(platform());
  const before = await contentsOf(platform().databases);
  const { result } = await person<{ result: unknown }>(mutation, { input });
  expect(result).toEqual({ done: null, userErrors: [{ code, field: ['input', ...field.split('.')] }] });
  expect(await contentsOf(platform().databases)).toEqual(before);
}

const routes: Case[] = [
  [
    'in a currency that neither wallet holds',
    () => ({ amount: { amount: '10.00', currency: 'GBP' } }),
    'CURRENCY_MISMATCH',
    'amount.currency',
  ],
  ['with more fraction digits than the currency has', () => usd('10.001'), 'AMOUNT_INVALID', 'amount.amount'],
  [
    'with a fraction where the currency has none',
    () => ({ payerWalletId: ada.wallet('JPY'), amount: { amount: '10.0', currency: 'JPY' } }),
    'AMOUNT_INVALID',
    'amount.amount',
  ],
  ['of zero', () => usd('0.00'), 'AMOUNT_TOO_SMALL', 'amount.amount'],
  ['beyond 64 bits', () => usd('92233720368547758.08'), 'AMOUNT_INVALID', 'amount.amount'],
  ['of thirty digits', () => usd('9'.repeat(30)), 'AMOUNT_INVALID', 'amount.amount'],
  [
    'from a wallet that does not exist',
    () => ({ payerWalletId: newId('wal') }),
    'PAYER_WALLET_NOT_FOUND',
    'payerWalletId',
  ],
  [
    'from something that is no wallet',
    () => ({ payerWalletId: 'wal_1; DROP TABLE payment' }),
    'PAYER_WALLET_NOT_FOUND',
    'payerWalletId',
  ],
  [
    "from somebody else's wallet",
    () => ({ payerWalletId: kofi.wallet('EUR') }),
    'PAYER_WALLET_NOT_FOUND',
    'payerWalletId',
  ],
  [
    'to a wallet that does not exist',
    () => ({ payeeWalletId: newId('wal') }),
    'PAYEE_WALLET_NOT_FOUND',
    'payeeWalletId',
  ],
  ['from a wallet to itself', () => ({ payeeWalletId: ada.wallet('USD') }), 'SAME_WALLET', 'payeeWalletId'],
];

describe('a payment', () => {
  it.each<Case>([
    ...routes,
    ['across currencies without a quote', () => ({ payeeWalletId: kofi.wallet('EUR') }), 'QUOTE_REQUIRED', 'quoteId'],
    ['with a quote that does not exist', () => ({ quoteId: newId('quo') }), 'QUOTE_NOT_FOUND', 'quoteId'],
    [
      "with somebody else's quote",
      () => quoteOf(kofi, transfer(kofi, ada, '10.00 USD', 'USD')),
      'QUOTE_NOT_FOUND',
      'quoteId',
    ],
    [
      'with a quote for another amount',
      () => quoteOf(ada, { ...withinDollars(), ...usd('10.01') }),
      'QUOTE_MISMATCH',
      'quoteId',
    ],
    ['with a quote for other wallets', () => quoteOf(ada, toEuros()), 'QUOTE_MISMATCH', 'quoteId'],
    ['with a quote that has expired', expiredQuote, 'QUOTE_EXPIRED', 'quoteId'],
    ['with a quote used before', usedQuote, 'QUOTE_ALREADY_USED', 'quoteId'],
    ['without a key', () => ({ idempotencyKey: '' }), 'IDEMPOTENCY_KEY_INVALID', 'idempotencyKey'],
    [
      'with a key of 129 characters',
      () => ({ idempotencyKey: 'k'.repeat(129) }),
      'IDEMPOTENCY_KEY_INVALID',
      'idempotencyKey',
    ],
    ['with a key used before for another amount', usedKey, 'IDEMPOTENCY_KEY_REUSED', 'idempotencyKey'],
    [
      'with 4 KB of metadata and more',
      () => ({ metadata: { note: 'x'.repeat(4096) } }),
      'METADATA_INVALID',
      'metadata',
    ],
  ])('%s is refused', async (_sentence, wrong, code, field) => {
    const input = { ...withinDollars(), idempotencyKey: randomUUID(), ...(await wrong()) };
    await expectRefusal(ada.graph, createPayment, input, code, field);
  });

  it('refused leaves its key free for one that is right', async () => {
    const idempotencyKey = randomUUID();
    const input = { ...withinDollars(), idempotencyKey };
    await expectRefusal(ada.graph, createPayment, { ...input, ...usd('0') }, 'AMOUNT_TOO_SMALL', 'amount.amount');
    expect(await pay(ada, input)).toMatchObject({ replayed: false });
  });

  it("does not mind that somebody else's has the same key", async () => {
    const idempotencyKey = randomUUID();
    const mine = await pay(ada, { ...withinDollars(), idempotencyKey });
    const theirs = await pay(kofi, { ...transfer(kofi, ada, '1.00 USD', 'USD'), idempotencyKey });
    expect(theirs).toMatchObject({ replayed: false });
    expect(theirs.id).not.toBe(mine.id);
  });
});

describe('a quote', () => {
  it.each(routes)('for a payment %s is refused', async (_sentence, wrong, code, field) => {
    await expectRefusal(ada.graph, createQuote, { ...withinDollars(), ...(await wrong()) }, code, field);
  });

  it('for less than the smallest amount of the other currency is refused', async () => {
    const yen = { payerWalletId: ada.wallet('JPY'), payeeWalletId: kofi.wallet('EUR') };
    const input = { ...yen, amount: { amount: '1', currency: 'JPY' } };
    await expectRefusal(ada.graph, createQuote, input, 'AMOUNT_TOO_SMALL', 'amount.amount');
  });
});

describe('a deposit', () => {
  it.each<Case>([
    [
      "in another currency than the wallet's",
      () => ({ amount: { amount: '10.00', currency: 'EUR' } }),
      'CURRENCY_MISMATCH',
      'amount.currency',
    ],
    ['with more fraction digits than the currency has', () => usd('10.001'), 'AMOUNT_INVALID', 'amount.amount'],
    ['of zero', () => usd('0'), 'AMOUNT_TOO_SMALL', 'amount.amount'],
    ['beyond 64 bits', () => usd('92233720368547758.08'), 'AMOUNT_INVALID', 'amount.amount'],
    ['into a wallet that does not exist', () => ({ walletId: newId('wal') }), 'WALLET_NOT_FOUND', 'walletId'],
    ['without a reference', () => ({ reference: ' ' }), 'REFERENCE_INVALID', 'reference'],
    [
      'with a key of 129 characters',
      () => ({ idempotencyKey: 'k'.repeat(129) }),
      'IDEMPOTENCY_KEY_INVALID',
      'idempotencyKey',
    ],
  ])('%s is refused', async (_sentence, wrong, code, field) => {
    const input = {
      walletId: ada.wallet('USD'),
      ...usd('1.00'),
      reference: 'Wire',
      idempotencyKey: randomUUID(),
      ...(await wrong()),
    };
    await expectRefusal(platform().operator.graph, recordDeposit, input, code, field);
  });
});

describe('what is no input at all', () => {
  it.each<[string, Input]>([
    ['a negative amount', usd('-10.00')],
    ['an exponent', usd('1e3')],
    ['a comma', usd('10,00')],
    ['an empty amount', usd('')],
    ['an amount of a thousand digits', usd('9'.repeat(1000))],
    ['a number in place of a decimal string', { amount: { amount: 10, currency: 'USD' } }],
    ['a currency that does not exist', { amount: { amount: '10.00', currency: 'ZZZ' } }],
    ['a field that does not exist', { feeWaived: true }],
    ['metadata that is a list', { metadata: [1] }],
  ])('%s is BAD_USER_INPUT and changes nothing', async (_sentence, wrong) => {
    const before = await contentsOf(platform().databases);
    const input = { ...withinDollars(), idempotencyKey: randomUUID(), ...wrong };
    expect(await codesOf(ada.graph(createPayment, { input }))).toEqual(['BAD_USER_INPUT']);
    expect(await contentsOf(platform().databases)).toEqual(before);
  });
});

describe('a payment asked for', () => {
  const asked = () => ({ input: { ...withinDollars(), idempotencyKey: randomUUID() } });

  it.each<[string, () => string | Promise<string>, string]>([
    ['with a malformed token', () => 'not-a-token', 'MALFORMED'],
    ['with an expired token', () => tokenWithLeft(platform(), ada, -10), 'EXPIRED'],
    ['with a token that was tampered with', () => `${ada.accessToken.slice(0, -8)}AAAAAAAA`, 'INVALID'],
  ])('%s is UNAUTHENTICATED and changes nothing', async (_sentence, token, reason) => {
    const before = await contentsOf(platform().databases);
    const asking = createGraphClient(platform().url, await token())(createPayment, asked());
    const [error] = await errorsOf(asking);
    expect(error?.extensions).toMatchObject({ code: 'UNAUTHENTICATED', reason });
    expect(await contentsOf(platform().databases)).toEqual(before);
  });

  it('without a token, or by staff, who have no wallets, is unauthorized and changes nothing', async () => {
    const before = await contentsOf(platform().databases);
    for (const graph of [createGraphClient(platform().url), platform().operator.graph])
      expect(await codesOf(graph(createPayment, asked()))).toEqual(['UNAUTHORIZED_FIELD_OR_TYPE']);
    expect(await contentsOf(platform().databases)).toEqual(before);
  });
});

it('a deposit recorded by the customer who would get it is unauthorized and changes nothing', async () => {
  const before = await contentsOf(platform().databases);
  const input = { walletId: ada.wallet('USD'), ...usd('1000.00'), reference: 'Wire', idempotencyKey: randomUUID() };
  expect(await codesOf(ada.graph(recordDeposit, { input }))).toEqual(['UNAUTHORIZED_FIELD_OR_TYPE']);
  expect(await contentsOf(platform().databases)).toEqual(before);
});

async function quoteOf(person: Customer, route: Transfer): Promise<Input> {
  return { quoteId: (await quotePayment(person, route)).id };
}

async function expiredQuote(): Promise<Input> {
  const { id } = await quotePayment(ada, withinDollars());
  const past = "UPDATE payment_quote SET expires_at = clock_timestamp() - interval '1 millisecond' WHERE id = $1";
  await query(platform().databases.payment.migrationUrl, past, [id]);
  return { quoteId: id };
}

async function usedQuote(): Promise<Input> {
  const { id } = await quotePayment(ada, withinDollars());
  const used = await pay(ada, { ...withinDollars(), quoteId: id, idempotencyKey: randomUUID() });
  await outcomeOf(ada, used.id);
  return { quoteId: id };
}

async function usedKey(): Promise<Input> {
  const idempotencyKey = randomUUID();
  const used = await pay(ada, { ...withinDollars(), ...usd('9.99'), idempotencyKey });
  await outcomeOf(ada, used.id);
  return { idempotencyKey };
}
