import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Person } from '../../test/person.ts';
import { eventually } from '../../test/platform.ts';
import { idOf, type Scene, setScene } from '../../test/scene.ts';

let scene: Scene;
let asAma: Person;

const minuteMs = 60_000;

beforeAll(async () => {
  scene = await setScene();
  // Payments live for a minute here, and reservations for sixteen: with this lead all are about to end from the start.
  asAma = scene.asAma(await scene.start({ timeToLiveMs: minuteMs, extendMs: 50, extendLeadMs: 17 * minuteMs }));
});

afterAll(async () => {
  expect(await scene.troubles()).toEqual([]);
  await scene.stop();
});

/** The id of a payment that is being carried out, while the ledger acknowledges no capture. */
async function carriedOut(): Promise<string> {
  scene.ledger.misbehave('down', { operation: 'Capture' });
  const id = idOf(await asAma.pay({ ...scene.dollars('1'), captureMethod: 'MANUAL' }));
  await asAma.paymentIn(id, 'PENDING');
  await asAma.capture(id);
  return id;
}

async function reservationOf(id: string): Promise<string> {
  const { reservationId } = await scene.client.payment.findUniqueOrThrow({ where: { id } });
  return reservationId;
}

/** In minutes from now. */
const timeLeft = (reservationId: string) =>
  ((scene.ledger.expiryOf(reservationId)?.getTime() ?? 0) - Date.now()) / minuteMs;

const isExtended = (reservationId: string) => eventually(() => timeLeft(reservationId) > 30, 25_000);

describe('a payment whose capture the ledger does not acknowledge', () => {
  it('has its reservation extended for as long as that lasts, and is confirmed then', async () => {
    const id = await carriedOut();
    await isExtended(await reservationOf(id));
    scene.ledger.behave();
    await asAma.paymentIn(id, 'CONFIRMED');
  });

  it('fails, and moves nothing, if its reservation has ended nevertheless', async () => {
    const before = scene.ledger.available(scene.amaUsd);
    const id = await carriedOut();
    scene.ledger.expireReservation(await reservationOf(id));
    // One that the ledger refuses to extend keeps it from no other.
    const other = await carriedOut();
    await isExtended(await reservationOf(other));
    scene.ledger.behave();
    expect((await asAma.paymentIn(id, 'FAILED')).failure).toMatchObject({ code: 'INTERNAL' });
    await asAma.paymentIn(other, 'CONFIRMED');
    expect(scene.ledger.available(scene.amaUsd)).toBe(before - 100n);
  });
});

describe('a payment that waits to be captured by hand', () => {
  it('keeps the time it has: its reservation outlasts it', async () => {
    const waiting = idOf(await asAma.pay({ ...scene.dollars('1'), captureMethod: 'MANUAL' }));
    await asAma.paymentIn(waiting, 'PENDING');
    const id = await carriedOut();
    await isExtended(await reservationOf(id));
    expect(timeLeft(await reservationOf(waiting))).toBeLessThan(16);
    scene.ledger.behave();
    await asAma.cancel(waiting);
    await asAma.paymentIn(id, 'CONFIRMED');
  });
});
