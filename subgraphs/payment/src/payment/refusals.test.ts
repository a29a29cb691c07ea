import { randomUUID } from 'node:crypto';
import { newId } from '@paygraph/ids';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Person } from '../../test/person.ts';
import { scriptRail } from '../../test/rail.ts';
import { idOf, type Scene, type Service, setScene } from '../../test/scene.ts';

let scene: Scene;
let service: Service;
let asAma: Person;

beforeAll(async () => {
  scene = await setScene();
  service = await scene.start();
  asAma = scene.asAma(service);
});

afterEach(() => {
  scene.wallets.setStatus(scene.amaUsd, 'ACTIVE');
  scene.wallets.setStatus(scene.benUsd, 'ACTIVE');
});

afterAll(async () => {
  expect(await scene.client.payment.count()).toBe(await scene.client.idempotencyKey.count());
  expect(await scene.troubles()).toEqual([]);
  await scene.stop();
});

const usd = (amount: string) => ({ amount, currency: 'USD' });

describe('what can be known at once is refused at once: ', () => {
  it.each<[string, object | (() => object), string, string]>([
    ['no money', { amount: usd('0.00') }, 'AMOUNT_TOO_SMALL', 'amount.amount'],
    ['less than a cent', { amount: usd('1.005') }, 'AMOUNT_INVALID', 'amount.amount'],
    ['more than there are numbers', { amount: usd('92233720368547758.08') }, 'AMOUNT_INVALID', 'amount.amount'],
    [
      'a currency of neither wallet',
      { amount: { amount: '1', currency: 'GHS' } },
      'CURRENCY_MISMATCH',
      'amount.currency',
    ],
    [
      'an unknown wallet to pay from',
      () => ({ payerWalletId: newId('wal') }),
      'PAYER_WALLET_NOT_FOUND',
      'payerWalletId',
    ],
    ['what is no wallet id', { payerWalletId: "'; --" }, 'PAYER_WALLET_NOT_FOUND', 'payerWalletId'],
    ["somebody else's wallet", () => ({ payerWalletId: scene.benEur }), 'PAYER_WALLET_NOT_FOUND', 'payerWalletId'],
    ['an unknown wallet to pay', () => ({ payeeWalletId: newId('wal') }), 'PAYEE_WALLET_NOT_FOUND', 'payeeWalletId'],
    ['a wallet that pays itself', () => ({ payeeWalletId: scene.amaUsd }), 'SAME_WALLET', 'payeeWalletId'],
  ])('%s', async (_name, change, code, field) => {
    const input = { ...scene.dollars('1'), ...(typeof change === 'function' ? change() : change) };
    const expected = [{ code, field: ['input', ...field.split('.')], message: expect.any(String) }];
    expect(await asAma.pay(input)).toEqual({ payment: null, replayed: false, userErrors: expected });
    expect(await asAma.quote(input)).toEqual({ quote: null, userErrors: expected });
  });

  it.each([
    ['FROZEN_OUT', 'amaUsd', 'PAYER_WALLET_UNAVAILABLE'],
    ['CLOSED', 'amaUsd', 'PAYER_WALLET_UNAVAILABLE'],
    ['FROZEN_IN', 'benUsd', 'PAYEE_WALLET_UNAVAILABLE'],
    ['FROZEN', 'benUsd', 'PAYEE_WALLET_UNAVAILABLE'],
  ] as const)('a wallet that is %s where money should pass (%s)', async (status, wallet, code) => {
    scene.wallets.setStatus(scene[wallet], status);
    expect((await asAma.pay(scene.dollars('1'))).userErrors).toMatchObject([{ code }]);
    expect((await asAma.quote(scene.dollars('1'))).userErrors).toMatchObject([{ code }]);
  });

  it.each([
    ['FROZEN_IN', 'amaUsd'],
    ['FROZEN_OUT', 'benUsd'],
  ] as const)('but not a wallet that is %s the other way (%s)', async (status, wallet) => {
    scene.wallets.setStatus(scene[wallet], status);
    expect((await asAma.pay(scene.dollars('1'))).userErrors).toEqual([]);
  });

  it('a conversion that nobody has a rate for', async () => {
    const benGhs = scene.wallets.open(scene.ben, 'GHS');
    const { userErrors } = await asAma.quote({ ...scene.dollars('1'), payeeWalletId: benGhs });
    expect(userErrors).toMatchObject([{ code: 'RATE_NOT_AVAILABLE' }]);
  });

  it('a conversion of which nothing arrives', async () => {
    scene.forex.setRate('USD', 'EUR', '0.1');
    const { userErrors } = await asAma.quote(scene.dollarsAsEuros('0.01'));
    expect(userErrors).toMatchObject([{ code: 'AMOUNT_TOO_SMALL' }]);
    scene.forex.setRate('USD', 'EUR', '0.88022588');
  });

  it.each([
    ['empty', ''],
    ['longer than 128 characters', 'k'.repeat(129)],
    ['not storable', 'a\0b'],
    ['half of a surrogate pair', 'a\ud800b'],
  ])('an idempotency key that is %s', async (_name, idempotencyKey) => {
    const { userErrors } = await asAma.pay({ ...scene.dollars('1'), idempotencyKey });
    expect(userErrors).toMatchObject([{ code: 'IDEMPOTENCY_KEY_INVALID', field: ['input', 'idempotencyKey'] }]);
  });

  it.each<[string, Record<string, unknown>]>([
    ['more than 50 keys', Object.fromEntries(Array.from({ length: 51 }, (_, index) => [`k${index}`, 1]))],
    ['more than 4 KB', { note: 'ä'.repeat(2048) }],
    ['what the database cannot hold', { note: 'a\0b' }],
    ['half a character', { note: '\ud83d' }],
  ])('metadata of %s', async (_name, metadata) => {
    const { userErrors } = await asAma.pay({ ...scene.dollars('1'), metadata });
    expect(userErrors).toMatchObject([{ code: 'METADATA_INVALID', field: ['input', 'metadata'] }]);
  });

  it.each<[string, Record<string, unknown>]>([
    ['50 keys', Object.fromEntries(Array.from({ length: 50 }, (_, index) => [`k${index}`, 1]))],
    ['4 KB', { note: 'x'.repeat(4096 - '{"note":""}'.length) }],
    ['backslashes that only look like an escape', { note: '\\u0000' }],
  ])('but not metadata of %s', async (_name, metadata) => {
    const { payment } = await asAma.pay({ ...scene.dollars('1'), metadata });
    expect(payment?.metadata).toEqual(metadata);
  });
});

describe('a quote is refused', () => {
  it('when it is missing and currencies differ', async () => {
    const { userErrors } = await asAma.pay(scene.dollarsAsEuros('1'));
    expect(userErrors).toMatchObject([{ code: 'QUOTE_REQUIRED', field: ['input', 'quoteId'] }]);
  });

  it.each([['quo_1'], [newId('quo')]])('when there is none: %s', async (quoteId) => {
    const { userErrors } = await asAma.pay({ ...scene.dollarsAsEuros('1'), quoteId });
    expect(userErrors).toMatchObject([{ code: 'QUOTE_NOT_FOUND' }]);
  });

  it("when it is somebody else's", async () => {
    scene.ledger.fund(scene.benUsd, '10', 'USD');
    const route = { payerWalletId: scene.benUsd, payeeWalletId: scene.amaUsd, amount: usd('1') };
    const { quote } = await scene.asBen(service).quote(route);
    const { userErrors } = await asAma.pay({ ...scene.dollars('1'), quoteId: quote?.id ?? '' });
    expect(userErrors).toMatchObject([{ code: 'QUOTE_NOT_FOUND' }]);
  });

  it('when it is for another amount or other wallets', async () => {
    const { quote } = await asAma.quote(scene.dollarsAsEuros('5'));
    const quoteId = quote?.id ?? '';
    const others = [scene.dollarsAsEuros('6'), scene.dollars('5')];
    for (const other of others)
      expect((await asAma.pay({ ...other, quoteId })).userErrors).toMatchObject([{ code: 'QUOTE_MISMATCH' }]);
  });

  it('when it is for another network of the same number', async () => {
    const withRail = scene.asAma(await scene.start({}, scene.bus, [scriptRail('outside')]));
    const to = (network: string) => ({
      payerWalletId: scene.amaUsd,
      payee: { mobileMoney: { phoneNumber: '+233241234567', network } },
      amount: usd('5'),
    });
    const { quote } = await withRail.quote(to('MTN'));
    const { userErrors } = await withRail.pay({ ...to('TELECEL'), quoteId: quote?.id ?? '' });
    expect(userErrors).toMatchObject([{ code: 'QUOTE_MISMATCH', field: ['input', 'quoteId'] }]);
  });

  it('when it has run out', async () => {
    const hasty = scene.asAma(await scene.start({ quoteLifeMs: 0 }));
    const { quote } = await hasty.quote(scene.dollarsAsEuros('5'));
    const { userErrors } = await hasty.pay({ ...scene.dollarsAsEuros('5'), quoteId: quote?.id ?? '' });
    expect(userErrors).toMatchObject([{ code: 'QUOTE_EXPIRED' }]);
  });

  it('when it belongs to another payment, also if both come at once', async () => {
    const { quote } = await asAma.quote(scene.dollarsAsEuros('5'));
    const input = { ...scene.dollarsAsEuros('5'), quoteId: quote?.id ?? '' };
    const answers = await Promise.all(Array.from({ length: 5 }, () => asAma.pay(input)));
    expect(answers.filter(({ payment }) => payment)).toHaveLength(1);
    expect(answers.flatMap(({ userErrors }) => userErrors.map(({ code }) => code))).toEqual(
      Array(4).fill('QUOTE_ALREADY_USED'),
    );
  });
});

describe('an input that is refused at once', () => {
  it('does not use up the key', async () => {
    const idempotencyKey = randomUUID();
    await asAma.pay({ ...scene.dollars('0'), idempotencyKey });
    const made = await asAma.pay({ ...scene.dollars('1'), idempotencyKey });
    expect(made.replayed).toBe(false);
    await asAma.paymentIn(idOf(made), 'CONFIRMED');
  });
});

describe('without permission', () => {
  const pay = 'mutation ($input: CreatePaymentInput!) { createPayment(input: $input) { replayed } }';
  const deposit = 'mutation ($input: RecordDepositInput!) { recordDeposit(input: $input) { replayed } }';

  it('nobody pays who is not signed in', async () => {
    const input = { ...scene.dollars('1'), idempotencyKey: randomUUID() };
    const { errors } = await scene.asNobody(service).send(pay, { input });
    expect(errors).toMatchObject([{ extensions: { code: 'UNAUTHENTICATED' } }]);
  });

  it('a customer records no deposits', async () => {
    const input = { walletId: scene.amaUsd, amount: usd('1'), reference: 'mine', idempotencyKey: randomUUID() };
    const { errors } = await asAma.send(deposit, { input });
    expect(errors).toMatchObject([{ extensions: { code: 'FORBIDDEN' } }]);
  });
});

describe('when a peer that must be asked does not answer', () => {
  it('nothing is made, the client is told to try again, and the same key works then', async () => {
    const input = { ...scene.dollars('1'), idempotencyKey: randomUUID() };
    const pay = 'mutation ($input: CreatePaymentInput!) { createPayment(input: $input) { replayed } }';
    scene.profiles.misbehave('down', { times: 1 });
    const { errors } = await asAma.send(pay, { input });
    expect(errors).toMatchObject([{ extensions: { code: 'SERVICE_UNAVAILABLE' } }]);
    expect(await asAma.pay(input)).toMatchObject({ replayed: false, userErrors: [] });
  });
});
