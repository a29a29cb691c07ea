import { query } from '@paygraph/database/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createMaker, type Scene, setScene } from '../../test/scene.ts';
import { createQuotes } from './quote.ts';

let scene: Scene;
let maker: ReturnType<typeof createMaker>;

beforeAll(async () => {
  scene = await setScene();
  maker = createMaker(scene);
});

afterAll(async () => {
  await maker.close();
  await scene.stop();
});

it('quotes that nobody used are removed by the service an hour after they ran out, and no others', async () => {
  await maker.conversion(scene.dollarsAsEuros('1'));
  const used = await scene.client.paymentQuote.findFirstOrThrow();
  const kept = { usedLongAgo: used.id, fresh: 'pqt_fresh', forgotten: 'pqt_forgotten' };
  const copy = (id: string, hoursAgo: number) => `
    INSERT INTO payment_quote
    SELECT (jsonb_populate_record(quote, jsonb_build_object(
      'id', '${id}', 'expires_at', now() - interval '${hoursAgo} hours', 'created_at', now() - interval '1 day'
    ))).* FROM payment_quote AS quote WHERE id = '${used.id}'`;
  await query(scene.database.migrationUrl, copy(kept.fresh, 0));
  await query(scene.database.migrationUrl, copy(kept.forgotten, 2));
  await query(
    scene.database.migrationUrl,
    `UPDATE payment_quote SET expires_at = now() - interval '2 hours' WHERE id = $1`,
    [kept.usedLongAgo],
  );
  expect(await createQuotes(scene.client, { quoteLifeMs: 30_000 }).purge(10)).toBe(1);
  const left = await scene.client.paymentQuote.findMany({ select: { id: true } });
  expect(new Set(left.map(({ id }) => id))).toEqual(new Set([kept.usedLongAgo, kept.fresh]));
});
