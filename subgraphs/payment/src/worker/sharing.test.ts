import { memoryBus } from '@paygraph/events';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../../test/platform.ts';
import { createMaker, idOf, type Scene, setScene } from '../../test/scene.ts';

let scene: Scene;

beforeAll(async () => {
  scene = await setScene();
});

afterAll(async () => {
  expect(await scene.troubles()).toEqual([]);
  await scene.stop();
});

const confirmed = (ids: readonly string[]) =>
  scene.client.payment.count({ where: { id: { in: [...ids] }, state: 'CONFIRMED' } });

async function makeHundred(): Promise<string[]> {
  const maker = createMaker(scene);
  const payments = await Promise.all(Array.from({ length: 100 }, () => maker.transfer(scene.dollars('1'))));
  await maker.close();
  return payments.map(({ id }) => id);
}

describe('a lone payment', () => {
  const never = { pollMs: 3_600_000 };

  it('waits for no poll from its making to its last compensation', async () => {
    const service = await scene.start(never);
    const asAma = scene.asAma(service);
    await asAma.paymentIn(idOf(await asAma.pay(scene.dollars('1'))), 'CONFIRMED');
    expect(await scene.troubles()).toEqual([]);
    await service.stop();
  });

  it('waits for no poll and no lease once it is captured by hand', async () => {
    const service = await scene.start({ ...never, leaseMs: 3_600_000 });
    const asAma = scene.asAma(service);
    const id = idOf(await asAma.pay({ ...scene.dollars('1'), captureMethod: 'MANUAL' }));
    await asAma.paymentIn(id, 'PENDING');
    expect((await asAma.capture(id)).userErrors).toEqual([]);
    await asAma.paymentIn(id, 'CONFIRMED');
    await service.stop();
  });

  it('waits for none either when a peer did not answer at first', async () => {
    const service = await scene.start(never);
    const asAma = scene.asAma(service);
    scene.risk.misbehave('down', { times: 3 });
    await asAma.paymentIn(idOf(await asAma.pay(scene.dollars('1'))), 'CONFIRMED');
    await service.stop();
  });
});

describe('payment processes', () => {
  it('share the work that one of them was given, and do none of it twice', async () => {
    const ids = await makeHundred();
    const tuning = { batchSize: 5, concurrency: 1 };
    const services = await Promise.all([scene.start(tuning), scene.start(tuning)]);
    await eventually(async () => (await confirmed(ids)) === 100);
    for (const service of services) expect(service.peerCalls()).toBeGreaterThan(0);
    await Promise.all(services.map((service) => service.stop()));
  });

  it('call each peer once for many payments', async () => {
    const ids = await makeHundred();
    const before = scene.ledger.asked.length;
    const service = await scene.start({ batchSize: 100, concurrency: 1, leaseMs: 5_000 });
    await eventually(async () => (await confirmed(ids)) === 100);
    expect(scene.ledger.asked.slice(before)).toEqual(['Reserve']);
    await service.stop();
  });

  it('hear of work from each other at once', async () => {
    const bus = memoryBus();
    const slow = { pollMs: 3_600_000 };
    // The first takes nothing up by itself: it is busy for good with a payment whose check never answers.
    const maker = createMaker(scene);
    scene.risk.misbehave('hanging', { times: 1 });
    await maker.transfer(scene.dollars('1'));
    await maker.close();
    const asked = scene.risk.asked.length;
    const first = await scene.start({ ...slow, concurrency: 1 }, bus);
    await eventually(() => scene.risk.asked.length > asked);
    const second = await scene.start(slow, bus);
    const id = idOf(await scene.asAma(first).pay(scene.dollars('1')));
    await scene.asAma(second).paymentIn(id, 'CONFIRMED');
    await Promise.all([first.stop(), second.stop()]);
  });
});
