import { memoryBus } from '@paygraph/events';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually, silent } from '../../test/platform.ts';
import { createMaker, type Scene, setScene } from '../../test/scene.ts';
import { createRelay } from './relay.ts';
import { createActivityStore } from './store.ts';

/** Takes a step that leaves a payment where it is, as a partial refund does. */
const step = `
  WITH moved AS (UPDATE payment SET sequence = sequence + 1 WHERE id = $1 RETURNING id, sequence)
  INSERT INTO payment_timeline (payment_id, sequence, from_state, to_state, reason, actor)
  SELECT id, sequence, 'CONFIRMED', 'CONFIRMED', 'REFUND_SUCCEEDED', 'test' FROM moved`;

describe('the relay', () => {
  let scene: Scene;
  let ids: string[];
  const clients: pg.Client[] = [];

  beforeAll(async () => {
    scene = await setScene();
    const maker = createMaker(scene);
    const made = await Promise.all([1, 2, 3].map(() => maker.transfer(scene.dollars('1.00'))));
    ids = made.map(({ id }) => id);
    await maker.close();
    const owner = await connected();
    await owner.query(`
      WITH moved AS (UPDATE payment SET sequence = 2, state = 'CONFIRMED' RETURNING id)
      INSERT INTO payment_timeline (payment_id, sequence, from_state, to_state, reason, actor)
      SELECT id, 2, 'PROCESSING', 'CONFIRMED', 'FUNDS_MOVED', 'test' FROM moved`);
  });
  afterAll(async () => {
    await Promise.all(clients.map((client) => client.end()));
    await scene.stop();
  });

  const connected = async () => {
    const client = new pg.Client(scene.database.migrationUrl);
    await client.connect();
    clients.push(client);
    return client;
  };
  const number = async () => {
    const rows = await scene.client.$queryRaw<{ last: bigint | null }[]>`SELECT number_steps(1000) AS last`;
    return rows[0]?.last;
  };
  const relayed = async (id: string) => {
    const rows = await scene.client.paymentRelay.findMany({ where: { paymentId: id }, orderBy: { position: 'asc' } });
    return rows.map(({ sequence }) => sequence);
  };

  it('keeps a payment’s order where the later step was taken by the transaction that began earlier', async () => {
    const [id = ''] = ids;
    const [early, late] = [await connected(), await connected()];
    await early.query('BEGIN');
    await early.query('SELECT pg_current_xact_id()');
    await late.query(step, [id]);
    // Its row is there to be read, while the earlier transaction holds the horizon back.
    await number();
    expect(await relayed(id)).toEqual([1, 2, 3]);
    await early.query(step, [id]);
    await number();
    expect(await relayed(id)).toEqual([1, 2, 3]);
    await early.query('COMMIT');
    await number();
    expect(await relayed(id)).toEqual([1, 2, 3, 4]);
  });

  it('leaves out what was rolled back, and no number with it', async () => {
    const [, id = ''] = ids;
    const before = await scene.client.paymentRelay.count();
    const client = await connected();
    await client.query('BEGIN');
    await client.query(step, [id]);
    await client.query('ROLLBACK');
    await client.query(step, [id]);
    await number();
    expect(await scene.client.paymentRelay.count()).toBe(before + 1);
    const { position } = (await scene.client.paymentRelay.findFirst({ orderBy: { position: 'desc' } })) ?? {};
    expect(position).toBe(BigInt(before + 1));
  });

  it('is one’s alone until it is done, and then anybody’s', async () => {
    const client = await connected();
    await client.query('BEGIN');
    await client.query('SELECT number_steps(1)');
    expect(await number()).toBeNull();
    await client.query('ROLLBACK');
    expect(await number()).not.toBeNull();
  });

  it('gives each step one position, however many processes are at it while steps are taken', async () => {
    const bus = memoryBus();
    const relays = [1, 2, 3].map(() => createRelay({ database: scene.client, bus, pollMs: 10, logger: silent }));
    for (const relay of relays) relay.start();
    const takers = await Promise.all([1, 2, 3, 4].map(connected));
    await Promise.all(
      takers.map(async (client, index) => {
        for (let count = 0; count < 40; count += 1) {
          await client.query(step, [ids[(index + count) % 3]]);
          relays[count % 3]?.nudge();
        }
      }),
    );
    await eventually(async () => (await scene.client.paymentRelayQueue.count()) === 0);
    await Promise.all(relays.map((relay) => relay.stop()));
    await bus.close();
    const rows = await scene.client.paymentRelay.findMany({ orderBy: { position: 'asc' } });
    expect(rows.map(({ position }) => Number(position))).toEqual(rows.map((_, index) => index + 1));
    expect(rows).toHaveLength(await scene.client.paymentStep.count());
    for (const id of ids) {
      const sequences = await relayed(id);
      expect(sequences).toEqual(sequences.map((_, index) => index + 1));
    }
  });

  it('cannot be changed, and tells how far it is behind', async () => {
    await expect(scene.client.$executeRaw`UPDATE payment_relay SET sequence = 9`).rejects.toThrow(/denied|never/);
    const store = createActivityStore(scene.client);
    expect(await store.backlog()).toEqual({ steps: 0, ageMs: 0 });
    await (await connected()).query(step, [ids[0]]);
    expect((await store.backlog()).steps).toBe(1);
  });
});
