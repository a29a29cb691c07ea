import { newId } from '@paygraph/ids';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { person } from '../../test/person.ts';
import { idOf, type Scene, type Service, setScene } from '../../test/scene.ts';

describe('where payments stand', () => {
  const query = 'query ($ids: [ID!]!) { paymentStates(ids: $ids) { id state } }';
  let scene: Scene;
  let service: Service;

  beforeAll(async () => {
    scene = await setScene();
    service = await scene.start();
  });
  afterAll(async () => {
    expect(await scene.troubles()).toEqual([]);
    await scene.stop();
  });

  it('services are told, in the order asked, and nobody else is', async () => {
    const ama = scene.asAma(service);
    const id = idOf(await ama.pay(scene.dollars('1.00')));
    await ama.paymentIn(id, 'CONFIRMED');
    const asWallet = person(service, scene.walletToken());
    const { data } = await asWallet.send(query, { ids: [newId('pay'), id, 'nobody', id] });
    const standing = { id, state: 'CONFIRMED' };
    expect(data).toEqual({ paymentStates: [null, standing, null, standing] });
    for (const somebody of [ama, scene.asOperator(service)])
      expect((await somebody.send(query, { ids: [id] })).errors?.[0]?.extensions.code).toBe('FORBIDDEN');
    const many = { ids: Array.from({ length: 1_001 }, () => id) };
    expect((await asWallet.send(query, many)).errors?.[0]?.extensions.code).toBe('BAD_USER_INPUT');
  });
});
