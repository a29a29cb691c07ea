import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Person } from '../../test/person.ts';
import { idOf, type Scene, setScene } from '../../test/scene.ts';

let scene: Scene;
let asAma: Person;

beforeAll(async () => {
  scene = await setScene();
  asAma = scene.asAma(await scene.start());
});

afterAll(async () => {
  expect(await scene.troubles()).toEqual([]);
  await scene.stop();
});

describe('a transfer within one currency', () => {
  it('moves the money free of charge, step by step', async () => {
    const made = await asAma.pay({ ...scene.dollars('12.3'), metadata: { invoice: 'A-17' } });
    expect(made).toMatchObject({ replayed: false, userErrors: [], payment: {} });
    // Its checks begin as it is made, unless there is work that it goes with.
    expect(['INITIATED', 'VALIDATING']).toContain(made.payment?.state);
    const payment = await asAma.paymentIn(idOf(made), 'CONFIRMED');

    expect(payment).toMatchObject({
      kind: 'TRANSFER',
      amount: { amount: '12.30', currency: 'USD' },
      debit: { amount: '12.30', currency: 'USD' },
      credit: { amount: '12.30', currency: 'USD' },
      fees: [],
      exchangeRate: null,
      payer: { displayName: 'Ama Mensah', handle: 'ama', wallet: { id: scene.amaUsd } },
      payee: { displayName: 'Ben Okafor', handle: null, wallet: null },
      rail: 'book',
      externalReference: null,
      failure: null,
      metadata: { invoice: 'A-17' },
    });
    expect(payment.timeline).toMatchObject([
      { sequence: 1, from: null, state: 'INITIATED', reason: 'REQUESTED', settled: false },
      { sequence: 2, from: 'INITIATED', state: 'VALIDATING', reason: 'CHECKS_STARTED', settled: false },
      { sequence: 3, from: 'VALIDATING', state: 'PENDING', reason: 'CHECKS_PASSED', settled: false },
      { sequence: 4, from: 'PENDING', state: 'PROCESSING', reason: 'EXECUTION_STARTED', settled: false },
      { sequence: 5, from: 'PROCESSING', state: 'CONFIRMED', reason: 'FUNDS_MOVED', settled: true },
    ]);
    expect(scene.ledger.posted(scene.benUsd)).toBe(1230n);
  });

  it('keeps the names that its parties had when it was made', async () => {
    const id = idOf(await asAma.pay(scene.dollars('1')));
    scene.profiles.rename(scene.ama, 'Ama Boateng');
    expect((await asAma.payment(id))?.payer).toMatchObject({ displayName: 'Ama Mensah', handle: 'ama' });
  });

  it('may use a quote as well', async () => {
    const { quote } = await asAma.quote(scene.dollars('3'));
    expect(quote).toMatchObject({
      debit: { amount: '3.00' },
      credit: { amount: '3.00' },
      fees: [],
      exchangeRate: null,
    });
    const id = idOf(await asAma.pay({ ...scene.dollars('3.00'), quoteId: quote?.id ?? '' }));
    await asAma.paymentIn(id, 'CONFIRMED');
  });

  it('is told to risk with what leaves the wallet', async () => {
    const id = idOf(await asAma.pay(scene.dollars('4')));
    await asAma.paymentIn(id, 'CONFIRMED');
    expect(scene.risk.requestFor(id)).toMatchObject({
      kind: 'TRANSFER',
      payerId: scene.ama,
      payeeId: scene.ben,
      amount: { amount: '4.00', currency: 'USD' },
      targetCurrency: 'USD',
    });
  });
});

describe('a transfer across currencies', () => {
  it('debits a fixed amount, the fee on top, and converts the rest', async () => {
    const { quote } = await asAma.quote(scene.dollarsAsEuros('25'));
    expect(quote).toMatchObject({
      amount: { amount: '25.00', currency: 'USD' },
      debit: { amount: '25.25', currency: 'USD' },
      credit: { amount: '21.89', currency: 'EUR' },
      fees: [{ label: 'Currency conversion', amount: { amount: '0.25', currency: 'USD' } }],
      exchangeRate: '0.8758247506',
    });
    const before = scene.ledger.posted(scene.amaUsd);
    const id = idOf(await asAma.pay({ ...scene.dollarsAsEuros('25.00'), quoteId: quote?.id ?? '' }));
    const payment = await asAma.paymentIn(id, 'CONFIRMED');
    expect(payment).toMatchObject({ debit: quote?.debit, credit: quote?.credit, fees: quote?.fees });
    expect(scene.ledger.posted(scene.amaUsd)).toBe(before - 2525n);
    expect(scene.ledger.posted(scene.benEur)).toBe(2189n);
  });

  it('credits a fixed amount when that is what was asked for', async () => {
    const route = {
      payerWalletId: scene.amaUsd,
      payeeWalletId: scene.benJpy,
      amount: { amount: '1000', currency: 'JPY' },
    };
    const { quote } = await asAma.quote(route);
    expect(quote).toMatchObject({ amount: { amount: '1000' }, credit: { amount: '1000', currency: 'JPY' } });
    const id = idOf(await asAma.pay({ ...route, quoteId: quote?.id ?? '' }));
    await asAma.paymentIn(id, 'CONFIRMED');
    expect(scene.ledger.posted(scene.benJpy)).toBe(1000n);
  });

  it('keeps its rate for as long as it lives, once that is locked', async () => {
    scene.risk.decideNext('REVIEW');
    const { quote } = await asAma.quote(scene.dollarsAsEuros('10'));
    const id = idOf(await asAma.pay({ ...scene.dollarsAsEuros('10'), quoteId: quote?.id ?? '' }));
    await asAma.paymentIn(id, 'IN_REVIEW');
    scene.risk.decideNext('APPROVE');
    scene.forex.expireQuotes();
    scene.risk.review(id, 'APPROVE');
    expect((await asAma.paymentIn(id, 'CONFIRMED', 'FAILED')).credit).toEqual(quote?.credit);
  });
});
