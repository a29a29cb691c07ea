import { query } from '@paygraph/database/testing';
import { newId } from '@paygraph/ids';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { eventually, testRails } from '../../test/platform.ts';
import { scriptRail } from '../../test/rail.ts';
import { type Scene, setScene } from '../../test/scene.ts';
import { defaultRailTuning, webhookRetention } from './tuning.ts';
import { purgeWebhooks } from './webhook-purge.ts';

// Many steps each, on a machine that may be busy.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let scene: Scene;

beforeAll(async () => {
  scene = await setScene();
});

afterAll(() => scene.stop());

const { webhookRetentionMs } = defaultRailTuning;
const dayMs = 24 * 60 * 60_000;

/** A webhook that was read so many days ago, or never. */
async function webhook(readDaysAgo: number | null): Promise<string> {
  const id = newId('whk');
  await query(
    scene.database.migrationUrl,
    `INSERT INTO rail_webhook (id, rail, method, headers, body, content, received_at, processed_at, next_attempt_at)
    VALUES ($1, 'second', 'POST', '{}', '', '{"kind": "NUDGE", "references": []}', now() - interval '1 year',
      now() - $2::int * interval '1 day', now() + interval '1 day')`,
    [id, readDaysAgo],
  );
  return id;
}

const kept = async () => new Set((await scene.client.railWebhook.findMany()).map(({ id }) => id));

it('webhooks are removed once they were read and kept for long enough, some at a time, and no others', async () => {
  const [unread, fresh] = [await webhook(null), await webhook(89)];
  const old = [await webhook(91), await webhook(92), await webhook(93)];
  expect(await purgeWebhooks(scene.client, webhookRetentionMs, 2)).toBe(2);
  expect(await kept()).toEqual(new Set([unread, fresh, old[0]]));
  expect(await purgeWebhooks(scene.client, webhookRetentionMs, 2)).toBe(1);
  expect(await kept()).toEqual(new Set([unread, fresh]));
});

it('a webhook that was not read cannot be removed at all', async () => {
  const unread = await webhook(null);
  const removal = scene.client.$executeRaw`DELETE FROM rail_webhook WHERE id = ${unread}`;
  await expect(removal).rejects.toThrow('not read');
});

it('the service removes them by itself, and an event of one of them is still known', async () => {
  const rail = scriptRail('first');
  const service = await scene.start({ rails: { ...testRails, webhookRetentionMs: 0 }, purgeMs: 20 }, scene.bus, [rail]);
  const address = service.url.replace('/graphql', '/webhooks/rails/first');
  const amount = { amount: '700', currency: 'USD' };
  const gift = {
    kind: 'CREDIT',
    eventId: 'gift',
    railReference: 'gift-1',
    remittance: null,
    senderName: 'Kofi',
    amount,
  };
  const send = () =>
    fetch(address, { method: 'POST', headers: { 'x-signature': 'good' }, body: JSON.stringify([gift]) });
  const isGone = async () => (await scene.client.railWebhook.count({ where: { rail: 'first' } })) === 0;
  for (let delivery = 1; delivery <= 2; delivery += 1) {
    await send();
    await eventually(isGone, 25_000);
  }
  expect(await scene.client.railEvent.count()).toBe(1);
  expect(await scene.client.suspenseItem.count()).toBe(1);
});

it('the retention is a number of days', () => {
  expect(webhookRetention.parse(undefined)).toBe(90 * dayMs);
  expect(webhookRetention.parse('30')).toBe(30 * dayMs);
  expect(webhookRetention.safeParse('0').success).toBe(false);
  expect(webhookRetention.safeParse('a month').success).toBe(false);
});
