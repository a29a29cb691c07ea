import { randomUUID } from 'node:crypto';
import { newId } from '@paygraph/ids';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Person } from '../../test/person.ts';
import { idOf, type Scene, type Service, setScene } from '../../test/scene.ts';

let scene: Scene;
let service: Service;
let asOperator: Person;

beforeAll(async () => {
  scene = await setScene();
  service = await scene.start();
  asOperator = scene.asOperator(service);
});

afterEach(() => {
  scene.wallets.setStatus(scene.benUsd, 'ACTIVE');
  scene.ledger.freeze(scene.benUsd, null);
});

afterAll(async () => {
  expect(await scene.troubles()).toEqual([]);
  await scene.stop();
});

const deposit = (change: object = {}) => ({
  walletId: scene.benUsd,
  amount: { amount: '100', currency: 'USD' },
  reference: randomUUID(),
  ...change,
});

describe('a recorded deposit', () => {
  it('arrives in the wallet without a fee, step by step', async () => {
    const id = idOf(await asOperator.deposit(deposit({ reference: 'BANK-2026-0815' })));
    const payment = await asOperator.paymentIn(id, 'CONFIRMED');
    expect(payment).toMatchObject({
      kind: 'COLLECTION',
      rail: 'manual',
      externalReference: 'BANK-2026-0815',
      amount: { amount: '100.00', currency: 'USD' },
      debit: null,
      credit: { amount: '100.00', currency: 'USD' },
      fees: [],
      payer: { displayName: 'Deposit', handle: null, wallet: null },
      payee: { displayName: 'Ben Okafor', wallet: { id: scene.benUsd } },
    });
    expect(payment.timeline.map(({ state }) => state)).toEqual([
      'INITIATED',
      'VALIDATING',
      'PENDING',
      'PROCESSING',
      'CONFIRMED',
    ]);
    expect(scene.ledger.posted(scene.benUsd)).toBe(10_000n);
  });

  it('is seen by the owner of the wallet once it has arrived, with its fees', async () => {
    const reference = randomUUID();
    const id = idOf(await asOperator.deposit(deposit({ reference })));
    await asOperator.paymentIn(id, 'CONFIRMED');
    const payment = await scene.asBen(service).payment(id);
    expect(payment).toMatchObject({ debit: null, fees: [], metadata: null, externalReference: reference });
    expect(payment?.timeline.map(({ state }) => state)).toEqual(['CONFIRMED']);
    expect(await scene.asAma(service).payment(id)).toBeNull();
  });

  it('is assessed for risk like any payment', async () => {
    const id = idOf(await asOperator.deposit(deposit()));
    await asOperator.paymentIn(id, 'CONFIRMED');
    expect(scene.risk.requestFor(id)).toMatchObject({
      kind: 'COLLECTION',
      payerId: null,
      payeeId: scene.ben,
      targetCurrency: 'USD',
      amount: { amount: '100.00', currency: 'USD' },
    });
  });

  it('lies in suspense, and not in nobody’s hands, when the account cannot take it', async () => {
    scene.ledger.freeze(scene.benUsd, 'FROZEN_CREDIT');
    const payment = await asOperator.paymentIn(idOf(await asOperator.deposit(deposit())), 'CONFIRMED');
    expect(payment.timeline.at(-1)).toMatchObject({ from: 'PROCESSING', reason: 'HELD_IN_SUSPENSE' });
    const [item] = await scene.client.suspenseItem.findMany({ where: { paymentId: payment.id } });
    expect(item).toMatchObject({ origin: 'WALLET_UNAVAILABLE', state: 'OPEN', currency: 'USD' });
    expect(scene.ledger.entriesOf(payment.id)).toContain(`CREDIT SUSPENSE USD  ${item?.amount}`);
  });

  it.each(['mute', 'hanging', 'down'] as const)('is posted once although the ledger is %s', async (how) => {
    scene.ledger.misbehave(how, { operation: 'PostTransactions', times: 1 });
    await asOperator.paymentIn(idOf(await asOperator.deposit(deposit())), 'CONFIRMED');
  });
});

describe('a bank’s reference', () => {
  const used = { payment: null, userErrors: [{ code: 'REFERENCE_USED', field: ['input', 'reference'] }] };

  it('is credited once, however many operators record it at once, and leaves the keys of the others free', async () => {
    const reference = randomUUID();
    const keys = [1, 2, 3, 4].map(() => randomUUID());
    const answers = await Promise.all(
      keys.map((idempotencyKey) => asOperator.deposit(deposit({ reference, idempotencyKey }))),
    );
    const [made] = answers.flatMap(({ payment }) => payment ?? []);
    for (const answer of answers.filter(({ payment }) => payment === null)) expect(answer).toMatchObject(used);
    expect(await scene.client.payment.count({ where: { externalReference: reference } })).toBe(1);
    await asOperator.paymentIn(made?.id ?? '', 'CONFIRMED');
    expect(await asOperator.deposit(deposit({ reference, walletId: scene.benUsd }))).toMatchObject(used);

    const free = keys.find((_, index) => answers[index]?.payment === null);
    await asOperator.paymentIn(idOf(await asOperator.deposit(deposit({ idempotencyKey: free }))), 'CONFIRMED');
  });

  it('can be recorded again once what was recorded under it has come to nothing', async () => {
    const reference = randomUUID();
    scene.risk.decideNext('DECLINE');
    const declined = idOf(await asOperator.deposit(deposit({ reference })));
    await asOperator.paymentIn(declined, 'FAILED');
    scene.risk.decideNext('APPROVE');
    await asOperator.paymentIn(idOf(await asOperator.deposit(deposit({ reference }))), 'CONFIRMED');
  });
});

describe('a deposit is refused at once', () => {
  it.each<[string, object | (() => object), string, string[]]>([
    ['of nothing', { amount: { amount: '0', currency: 'USD' } }, 'AMOUNT_TOO_SMALL', ['amount', 'amount']],
    ['of less than a cent', { amount: { amount: '0.001', currency: 'USD' } }, 'AMOUNT_INVALID', ['amount', 'amount']],
    ['in another currency', { amount: { amount: '1', currency: 'EUR' } }, 'CURRENCY_MISMATCH', ['amount', 'currency']],
    ['for an unknown wallet', () => ({ walletId: newId('wal') }), 'WALLET_NOT_FOUND', ['walletId']],
    ['without a reference', { reference: ' ' }, 'REFERENCE_INVALID', ['reference']],
    ['with a reference of 65 characters', { reference: 'x'.repeat(65) }, 'REFERENCE_INVALID', ['reference']],
    ['without a key', { idempotencyKey: '' }, 'IDEMPOTENCY_KEY_INVALID', ['idempotencyKey']],
  ])('%s', async (_name, change, code, field) => {
    const outcome = await asOperator.deposit(deposit(typeof change === 'function' ? change() : change));
    expect(outcome).toMatchObject({ payment: null, userErrors: [{ code, field: ['input', ...field] }] });
  });

  it.each(['FROZEN', 'FROZEN_IN', 'CLOSED'] as const)('into a wallet that is %s', async (status) => {
    scene.wallets.setStatus(scene.benUsd, status);
    expect((await asOperator.deposit(deposit())).userErrors).toMatchObject([{ code: 'WALLET_UNAVAILABLE' }]);
  });
});
