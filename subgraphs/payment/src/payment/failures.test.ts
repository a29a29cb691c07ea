import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Person } from '../../test/person.ts';
import { eventually } from '../../test/platform.ts';
import { idOf, type Scene, setScene } from '../../test/scene.ts';
import { failureMessages } from './failure.ts';

let scene: Scene;
let asAma: Person;

beforeAll(async () => {
  scene = await setScene();
  asAma = scene.asAma(await scene.start());
});

afterEach(() => {
  const { wallets, ledger, risk, amaUsd, benUsd, benEur } = scene;
  wallets.setLimits(amaUsd, {});
  for (const wallet of [amaUsd, benUsd, benEur]) {
    wallets.setStatus(wallet, 'ACTIVE');
    ledger.freeze(wallet, null);
    ledger.setCeiling(wallet, null);
  }
  risk.decideNext('APPROVE');
});

afterAll(async () => {
  expect(await scene.troubles()).toEqual([]);
  await scene.stop();
});

describe('a payment fails with', () => {
  it.each<[keyof typeof failureMessages, string, () => void]>([
    ['LIMIT_EXCEEDED', 'it is above what one may take', () => scene.wallets.setLimits(scene.amaUsd, { payment: 999n })],
    ['LIMIT_EXCEEDED', 'the day has less left', () => scene.wallets.setLimits(scene.amaUsd, { daily: 999n })],
    ['RISK_DECLINED', 'the rules say no', () => scene.risk.decideNext('DECLINE')],
    ['PAYER_WALLET_UNAVAILABLE', 'its account is frozen', () => scene.ledger.freeze(scene.amaUsd, 'FROZEN_DEBIT')],
    ['PAYEE_WALLET_UNAVAILABLE', 'its account is frozen', () => scene.ledger.freeze(scene.benUsd, 'FROZEN_CREDIT')],
    ['PAYEE_WALLET_UNAVAILABLE', 'its account is closed', () => scene.ledger.freeze(scene.benUsd, 'CLOSED')],
    ['MAXIMUM_BALANCE_EXCEEDED', 'its account is full', () => scene.ledger.setCeiling(scene.benUsd, 999n)],
  ])('%s when %s', async (code, _when, change) => {
    change();
    const before = scene.ledger.available(scene.amaUsd);
    const payment = await asAma.paymentIn(idOf(await asAma.pay(scene.dollars('10'))), 'FAILED', 'CONFIRMED');
    expect(payment.failure).toEqual({ code, message: failureMessages[code] });
    expect(payment.timeline.at(-1)).toMatchObject({ from: 'VALIDATING', reason: code, settled: true });
    await eventually(() => scene.ledger.available(scene.amaUsd) === before);
  });

  it('INSUFFICIENT_FUNDS when the wallet does not hold enough', async () => {
    const payment = await asAma.paymentIn(idOf(await asAma.pay(scene.dollars('5000'))), 'FAILED', 'CONFIRMED');
    expect(payment.failure?.code).toBe('INSUFFICIENT_FUNDS');
  });

  it('PAYER_WALLET_UNAVAILABLE when the wallet was frozen while it was under way', async () => {
    scene.wallets.misbehave('down', { operation: 'ReserveLimits' });
    const id = idOf(await asAma.pay(scene.dollars('10')));
    scene.wallets.setStatus(scene.amaUsd, 'FROZEN_OUT');
    scene.wallets.behave();
    expect((await asAma.paymentIn(id, 'FAILED', 'CONFIRMED')).failure?.code).toBe('PAYER_WALLET_UNAVAILABLE');
  });

  it.each<['QUOTE_EXPIRED' | 'QUOTE_ALREADY_USED', () => void]>([
    ['QUOTE_EXPIRED', () => scene.forex.expireQuotes()],
    ['QUOTE_ALREADY_USED', () => scene.forex.takeQuotes()],
  ])('%s when forex says so', async (code, change) => {
    const { quote } = await asAma.quote(scene.dollarsAsEuros('10'));
    scene.forex.misbehave('down');
    const id = idOf(await asAma.pay({ ...scene.dollarsAsEuros('10'), quoteId: quote?.id ?? '' }));
    change();
    scene.forex.behave();
    const payment = await asAma.paymentIn(id, 'FAILED', 'CONFIRMED');
    expect(payment.failure).toEqual({ code, message: failureMessages[code] });
  });

  it('INTERNAL when the reservation ran out before it was captured, and nothing has moved', async () => {
    scene.ledger.misbehave('down', { operation: 'Capture' });
    const id = idOf(await asAma.pay({ ...scene.dollars('10'), captureMethod: 'MANUAL' }));
    await asAma.paymentIn(id, 'PENDING');
    await asAma.capture(id);
    const { reservationId } = await scene.client.payment.findUniqueOrThrow({ where: { id } });
    scene.ledger.expireReservation(reservationId);
    scene.ledger.behave();
    const payment = await asAma.paymentIn(id, 'FAILED', 'CONFIRMED');
    expect(payment.failure).toEqual({ code: 'INTERNAL', message: failureMessages.INTERNAL });
  });

  it('INTERNAL when its reservation was closed by somebody who did not live to say why', async () => {
    scene.risk.misbehave('down');
    const id = idOf(await asAma.pay(scene.dollars('10')));
    const { reservationId } = await scene.client.payment.findUniqueOrThrow({ where: { id } });
    scene.ledger.closeReservation(reservationId);
    scene.risk.behave();
    const payment = await asAma.paymentIn(id, 'FAILED', 'CONFIRMED');
    expect(payment.failure).toEqual({ code: 'INTERNAL', message: failureMessages.INTERNAL });
  });

  it('what the payer can mend, when several checks refuse', async () => {
    scene.wallets.setLimits(scene.amaUsd, { payment: 1n });
    scene.risk.decideNext('DECLINE');
    const payment = await asAma.paymentIn(idOf(await asAma.pay(scene.dollars('10'))), 'FAILED');
    expect(payment.failure?.code).toBe('LIMIT_EXCEEDED');
  });

  it('a refusal that is certain, although another peer does not answer', async () => {
    scene.risk.misbehave('down');
    scene.wallets.setLimits(scene.amaUsd, { payment: 1n });
    const payment = await asAma.paymentIn(idOf(await asAma.pay(scene.dollars('10'))), 'FAILED');
    expect(payment.failure?.code).toBe('LIMIT_EXCEEDED');
    scene.risk.behave();
  });
});

describe('a payment under review', () => {
  it('goes on when an analyst approves it', async () => {
    scene.risk.decideNext('REVIEW');
    const id = idOf(await asAma.pay(scene.dollars('10')));
    await asAma.paymentIn(id, 'IN_REVIEW');
    scene.risk.review(id, 'APPROVE');
    const { timeline } = await asAma.paymentIn(id, 'CONFIRMED', 'FAILED');
    expect(timeline.map(({ state, reason }) => [state, reason])).toEqual([
      ['INITIATED', 'REQUESTED'],
      ['VALIDATING', 'CHECKS_STARTED'],
      ['IN_REVIEW', 'REVIEW_REQUIRED'],
      ['PENDING', 'REVIEW_APPROVED'],
      ['PROCESSING', 'EXECUTION_STARTED'],
      ['CONFIRMED', 'FUNDS_MOVED'],
    ]);
  });

  it('fails when an analyst declines it', async () => {
    scene.risk.decideNext('REVIEW');
    const id = idOf(await asAma.pay(scene.dollars('10')));
    await asAma.paymentIn(id, 'IN_REVIEW');
    scene.risk.review(id, 'DECLINE');
    const payment = await asAma.paymentIn(id, 'FAILED');
    expect(payment.failure?.code).toBe('RISK_DECLINED');
    expect(payment.timeline.at(-1)).toMatchObject({ from: 'IN_REVIEW', reason: 'REVIEW_DECLINED' });
  });

  it('fails when the money has gone by the time it is approved', async () => {
    scene.risk.decideNext('REVIEW');
    const id = idOf(await asAma.pay(scene.dollars('900')));
    await asAma.paymentIn(id, 'IN_REVIEW');
    scene.risk.decideNext('APPROVE');
    await asAma.paymentIn(idOf(await asAma.pay(scene.dollars('200'))), 'CONFIRMED');
    scene.risk.review(id, 'APPROVE');
    expect((await asAma.paymentIn(id, 'FAILED')).failure?.code).toBe('INSUFFICIENT_FUNDS');
  });
});
