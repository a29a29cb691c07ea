import { type Database, milliseconds } from '../database.ts';

/**
 * Removes up to `limit` webhooks that were read so long ago, and says how many: their raw content names people. What was
 * taken in from them stays known by its event's id. Relies on rail_webhook_processed_at_idx.
 */
export function purgeWebhooks(database: Database, retentionMs: number, limit: number): Promise<number> {
  return database.$executeRaw`
    DELETE FROM rail_webhook WHERE id IN (
      SELECT id FROM rail_webhook
      WHERE processed_at < now() - ${milliseconds(retentionMs)}
      ORDER BY processed_at
      LIMIT ${limit}
    )`;
}
