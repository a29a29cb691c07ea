import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Person } from '../../test/person.ts';
import { idOf, type Scene, setScene } from '../../test/scene.ts';

let scene: Scene;
let asAma: Person;

beforeAll(async () => {
  scene = await setScene({ peerTimeoutMs: 500 });
  asAma = scene.asAma(await scene.start({ leaseMs: 1_500 }));
});

afterAll(async () => {
  expect(await scene.troubles()).toEqual([]);
  await scene.stop();
});

/** The id of a payment that is asked for again, with its key, when a peer was too slow for its making. */
async function paid(): Promise<string> {
  const input = { ...scene.dollars('1'), idempotencyKey: randomUUID() };
  for (let tries = 1; ; tries += 1) {
    try {
      return idOf(await asAma.pay(input));
    } catch (error) {
      if (tries === 20 || !String(error).includes('SERVICE_UNAVAILABLE')) throw error;
    }
  }
}

describe('a payment whose peer does not answer', () => {
  it.each([
    ['wallet', 'ReserveLimits'],
    ['risk', 'AssessPayments'],
    ['ledger', 'Reserve'],
  ] as const)('waits for %s (%s) however it fails, and is then carried out once', async (peer, operation) => {
    const server = { wallet: scene.wallets, risk: scene.risk, ledger: scene.ledger }[peer];
    for (const how of ['down', 'deaf', 'mute', 'hanging', 'broken'] as const) {
      server.misbehave(how, { operation, times: 2 });
      const payment = await asAma.paymentIn(await paid(), 'CONFIRMED', 'FAILED');
      expect(payment.state).toBe('CONFIRMED');
    }
  });

  it.each(['Reserve', 'Capture'])(
    'waits for ledger (%s), captured by hand, and is then carried out once',
    async (operation) => {
      for (const how of ['down', 'deaf', 'mute', 'hanging', 'broken'] as const) {
        scene.ledger.misbehave(how, { operation, times: 2 });
        const id = idOf(await asAma.pay({ ...scene.dollars('1'), captureMethod: 'MANUAL' }));
        await asAma.paymentIn(id, 'PENDING');
        await asAma.capture(id);
        expect((await asAma.paymentIn(id, 'CONFIRMED', 'FAILED')).state).toBe('CONFIRMED');
      }
    },
  );

  it('holds up no payment that does not need that peer', async () => {
    const { quote } = await asAma.quote(scene.dollarsAsEuros('1'));
    scene.forex.misbehave('down');
    const stuck = idOf(await asAma.pay({ ...scene.dollarsAsEuros('1'), quoteId: quote?.id ?? '' }));
    await asAma.paymentIn(idOf(await asAma.pay(scene.dollars('1'))), 'CONFIRMED');
    expect((await asAma.payment(stuck))?.state).toBe('VALIDATING');
    scene.forex.behave();
    await asAma.paymentIn(stuck, 'CONFIRMED');
  });
});
