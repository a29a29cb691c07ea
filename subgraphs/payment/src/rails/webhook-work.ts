import type { RailEvent } from '@paygraph/rails';
import type { Logger } from '@paygraph/service';
import { type Database, milliseconds } from '../database.ts';
import type { RailWebhook } from '../generated/prisma/client.ts';
import type { SuspenseItems } from '../suspense/store.ts';
import type { Attempts } from './attempt-store.ts';
import { findingOf, tellOfAmounts } from './call.ts';
import { contentFrom } from './webhook-content.ts';

export interface WebhookWorkDependencies {
  readonly database: Database;
  readonly attempts: Attempts;
  readonly items: SuspenseItems;
  readonly batchSize: number;
  readonly leaseMs: number;
  /** Told that attempts were decided, or that they are to be looked at. */
  readonly hurried: () => void;
  readonly logger: Logger;
}

/**
 * Reads webhooks: each event once, in whatever order and however often they come. All that is done may be done again, so
 * a webhook counts as read only when everything is.
 */
export function createWebhookWork(dependencies: WebhookWorkDependencies): () => Promise<boolean> {
  const { database, batchSize, leaseMs, hurried, logger } = dependencies;
  return async () => {
    const webhooks = await claim(database, batchSize, leaseMs);
    for (const webhook of webhooks) {
      try {
        await read(dependencies, webhook);
        await database.railWebhook.update({ where: { id: webhook.id }, data: { processedAt: new Date() } });
      } catch (error) {
        // It comes again when its lease has run out; those behind it have nothing to do with it.
        logger.error({ err: error, webhook: webhook.id, rail: webhook.rail }, 'a webhook could not be read');
      }
    }
    if (webhooks.length > 0) {
      logger.debug({ webhooks: webhooks.length }, 'webhooks were read');
      hurried();
    }
    return webhooks.length > 0;
  };
}

/** Relies on rail_webhook_due_idx. */
function claim(
  database: Database,
  limit: number,
  leaseMs: number,
): Promise<Pick<RailWebhook, 'id' | 'rail' | 'content'>[]> {
  return database.$queryRaw`
    WITH due AS MATERIALIZED (
      SELECT id FROM rail_webhook
      WHERE processed_at IS NULL AND next_attempt_at <= now()
      ORDER BY next_attempt_at
      LIMIT ${limit}
      FOR NO KEY UPDATE SKIP LOCKED
    )
    UPDATE rail_webhook w
    SET attempts = w.attempts + 1, next_attempt_at = clock_timestamp() + ${milliseconds(leaseMs)}
    FROM due
    WHERE w.id = due.id
    RETURNING w.id, w.rail, w.content`;
}

async function read(
  { database, attempts, items, logger }: WebhookWorkDependencies,
  { id, rail, content }: Pick<RailWebhook, 'id' | 'rail' | 'content'>,
): Promise<void> {
  const verified = contentFrom(content);
  if (verified.kind === 'NUDGE') return attempts.hurry(verified.references);
  const known = await database.railEvent.findMany({
    where: { rail, eventId: { in: verified.events.map(({ eventId }) => eventId) } },
  });
  const events = verified.events.filter(({ eventId }) => !known.some((one) => one.eventId === eventId));
  await takeAttempts({ attempts, logger }, rail, events);
  await items.receive(
    events.flatMap((event) => {
      if (event.kind !== 'CREDIT') return [];
      const { amount, railReference, remittance, senderName } = event;
      return [{ sourceId: `${rail} ${railReference}`, rail, railReference, remittance, senderName, amount }];
    }),
  );
  // Last: an event that was taken in but not marked is taken in again, to no effect.
  await database.railEvent.createMany({
    data: events.map(({ eventId }) => ({ rail, eventId, webhookId: id })),
    skipDuplicates: true,
  });
}

async function takeAttempts(
  { attempts, logger }: Pick<WebhookWorkDependencies, 'attempts' | 'logger'>,
  rail: string,
  events: readonly RailEvent[],
): Promise<void> {
  const news = events.flatMap((event) => (event.kind === 'ATTEMPT' ? [event] : []));
  const found = await attempts.byReferences(news.map(({ reference }) => reference));
  // A rail speaks for its own attempts only.
  const own = new Map(found.filter((attempt) => attempt.rail === rail).map((attempt) => [attempt.reference, attempt]));
  for (const event of news) {
    const attempt = own.get(event.reference.toLowerCase());
    if (!attempt) {
      logger.warn({ rail, reference: event.reference }, 'a rail speaks of an attempt that is none of ours');
      continue;
    }
    const finding = findingOf(attempt, event.news);
    tellOfAmounts(logger, attempt, finding);
    await attempts.record([{ ...finding, epoch: null }]);
  }
}
