import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Person } from '../../test/person.ts';
import { eventually } from '../../test/platform.ts';
import { idOf, type Scene, setScene } from '../../test/scene.ts';

let scene: Scene;
let asAma: Person;

beforeAll(async () => {
  scene = await setScene();
  asAma = scene.asAma(await scene.start({ timeToLiveMs: 1_500 }));
});

afterAll(async () => {
  expect(await scene.troubles()).toEqual([]);
  await scene.stop();
});

describe('a payment that nobody decides', () => {
  it('expires by itself, and gives back what it held', async () => {
    scene.risk.decideNext('REVIEW');
    const id = idOf(await asAma.pay(scene.dollars('10')));
    const payment = await asAma.paymentIn(id, 'EXPIRED');
    expect(payment.failure).toBeNull();
    expect(payment.timeline.at(-1)).toMatchObject({ from: 'IN_REVIEW', reason: 'TIMED_OUT', settled: true });
    scene.risk.decideNext('APPROVE');
  });
});

describe('a payment whose checks never come to an end', () => {
  it('expires, although a worker keeps trying', async () => {
    scene.risk.misbehave('down');
    const id = idOf(await asAma.pay(scene.dollars('10')));
    expect((await asAma.paymentIn(id, 'EXPIRED')).timeline.at(-1)).toMatchObject({ from: 'VALIDATING' });
    scene.risk.behave();
  });
});

describe('a payment of which the ledger says nothing', () => {
  it('expires if nothing has moved, and gives back what it held', async () => {
    scene.ledger.misbehave('down', { operation: 'Reserve' });
    const id = idOf(await asAma.pay(scene.dollars('10')));
    expect((await asAma.paymentIn(id, 'EXPIRED')).timeline.at(-1)).toMatchObject({ from: 'VALIDATING' });
    scene.ledger.behave();
  });

  it('is confirmed if its money has moved', async () => {
    scene.ledger.misbehave('mute', { operation: 'Reserve' });
    const id = idOf(await asAma.pay(scene.dollars('10')));
    const { timeline, expiresAt } = await asAma.paymentIn(id, 'CONFIRMED', 'EXPIRED');
    expect(timeline.map(({ state }) => state)).toEqual([
      ...['INITIATED', 'VALIDATING', 'PENDING', 'PROCESSING', 'CONFIRMED'],
    ]);
    expect(Date.now()).toBeGreaterThan(Date.parse(expiresAt));
    scene.ledger.behave();
  });

  it('waits for it, out of time as it is', async () => {
    scene.ledger.misbehave('mute');
    const id = idOf(await asAma.pay(scene.dollars('10')));
    const expiresAt = Date.parse((await asAma.paymentIn(id, 'VALIDATING')).expiresAt);
    await eventually(() => scene.ledger.asked.at(-1) === 'Void' && Date.now() > expiresAt);
    expect((await asAma.payment(id))?.state).toBe('VALIDATING');
    scene.ledger.behave();
    await asAma.paymentIn(id, 'CONFIRMED');
  });
});

describe('a payment that is being carried out', () => {
  it('does not expire: it is confirmed when the ledger is back, however late', async () => {
    scene.ledger.misbehave('mute', { operation: 'Capture' });
    const id = idOf(await asAma.pay({ ...scene.dollars('10'), captureMethod: 'MANUAL' }));
    const { expiresAt } = await asAma.paymentIn(id, 'PENDING');
    await asAma.capture(id);
    // Something else that expires shows that the service has looked by then.
    scene.risk.decideNext('REVIEW');
    const other = idOf(await asAma.pay(scene.dollars('1')));
    await asAma.paymentIn(other, 'EXPIRED');
    expect(Date.now()).toBeGreaterThan(Date.parse(expiresAt));
    expect((await asAma.payment(id))?.state).toBe('PROCESSING');
    scene.ledger.behave();
    await asAma.paymentIn(id, 'CONFIRMED');
  });
});
