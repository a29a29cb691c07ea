import { isId, newId } from '@paygraph/ids';
import type { Counterparty } from '@paygraph/rails';
import type { Page } from '@paygraph/subgraph';
import { type Database, json, literals, milliseconds, suspenseColumns } from '../database.ts';
import type { SuspenseItem as ItemRow } from '../generated/prisma/client.ts';
import type { SuspenseState } from '../generated/prisma/enums.ts';
import type { KeyUse } from '../payment/idempotency.ts';
import type { Collection } from '../payment/payment.ts';
import { itemFrom, type SuspenseItem } from './item.ts';

/** Money that came without having been asked for. */
export interface UnknownCredit {
  readonly sourceId: string;
  readonly rail: string;
  readonly railReference: string;
  readonly senderName: string | null;
  readonly remittance: string | null;
  readonly amount: SuspenseItem['amount'];
}

/** Where an operator wants an item to go. */
export type Direction =
  | { readonly kind: 'release'; readonly walletId: string; readonly fee: bigint }
  | { readonly kind: 'return'; readonly counterparty: Counterparty; readonly rail: string };

/** What became of an item that a worker had in hand. */
export interface ItemStep {
  readonly item: SuspenseItem;
  readonly to: SuspenseState;
  readonly carriedBy: string | null;
}

export interface SuspenseItems {
  byIds(ids: readonly string[]): Promise<SuspenseItem[]>;
  /** One row more than the page holds, oldest first (newest first for a backward page). */
  page(states: readonly SuspenseState[] | null, page: Page): Promise<SuspenseItem[]>;
  /** Takes in what came unasked, each source once. */
  receive(credits: readonly UnknownCredit[]): Promise<void>;
  /**
   * Gathers up to `limit` collections that were paid after their payments had ended, or for a second time: an item each.
   * Says how many attempts were looked at.
   */
  gather(limit: number): Promise<number>;
  /** Whether what the wallet of a collection could not take was given to it later. */
  wasReleased(collection: Collection): Promise<boolean>;
  /** Sends an open item on its way, with the key in the same statement; undefined if it is not open, or the key is used. */
  direct(id: string, direction: Direction, note: string, use: KeyUse): Promise<SuspenseItem | undefined>;
  claim(limit: number, leaseMs: number): Promise<SuspenseItem[]>;
  step(steps: readonly ItemStep[]): Promise<void>;
  postpone(postponements: readonly { readonly item: SuspenseItem; readonly delayMs: number }[]): Promise<void>;
}

const final = ['RELEASED', 'RETURNED', 'REOPENED'] as const satisfies SuspenseState[];

export function createSuspenseItems(database: Database): SuspenseItems {
  return {
    async byIds(ids) {
      const rows = await database.suspenseItem.findMany({ where: { id: { in: ids.filter((id) => isId('sus', id)) } } });
      return rows.map(itemFrom);
    },

    async page(states, { limit, cursor, backward }) {
      const [edge] = cursor ?? [];
      const rows = await database.suspenseItem.findMany({
        where: {
          AND: [
            edge === undefined ? {} : { id: backward ? { lt: edge } : { gt: edge } },
            { state: states ? { in: [...states] } : { notIn: [...final] } },
          ],
        },
        orderBy: { id: backward ? 'desc' : 'asc' },
        take: limit + 1,
      });
      return rows.map(itemFrom);
    },

    async receive(credits) {
      await database.suspenseItem.createMany({
        data: credits.map(({ amount, ...credit }) => ({
          ...credit,
          id: newId('sus'),
          origin: 'UNKNOWN_CREDIT' as const,
          ...amount,
          transactionId: newId('txn'),
        })),
        skipDuplicates: true,
      });
    },

    /** Relies on payment_attempt_unbooked_idx. What was carried by the attempt is booked with its payment. */
    async gather(limit) {
      const ids = Array.from({ length: limit }, () => ({ item: newId('sus'), transaction: newId('txn') }));
      return database.$executeRaw`
        WITH stray AS MATERIALIZED (
          SELECT a.id, p.id AS payment_id, p.state AS payment_state, p.carried_by, a.amount, a.currency, a.rail,
            a.rail_reference, a.counterparty, p.payer_display_name, row_number() OVER () AS place
          FROM payment_attempt a JOIN payment p ON p.id = a.payment_id
          WHERE a.state = 'CONFIRMED' AND NOT a.booked AND a.direction = 'COLLECTION'
            AND (p.state IN ('FAILED', 'EXPIRED', 'CANCELLED') OR p.carried_by IS NOT NULL)
          LIMIT ${limit}
        ),
        items AS (
          INSERT INTO suspense_item
            (id, origin, amount, currency, payment_id, source_id, rail, rail_reference, sender_name, counterparty,
            transaction_id)
          SELECT n.item, 'LATE_COLLECTION', s.amount, s.currency, s.payment_id, s.id, s.rail, s.rail_reference,
            s.payer_display_name, s.counterparty, n.transaction
          FROM stray s
          JOIN unnest(
            ${ids.map(({ item }) => item)}::text[], ${ids.map(({ transaction }) => transaction)}::text[]
          ) WITH ORDINALITY AS n (item, transaction, place) USING (place)
          WHERE s.carried_by IS DISTINCT FROM s.id
          ON CONFLICT (source_id) DO NOTHING
        )
        UPDATE payment_attempt a SET booked = true FROM stray WHERE a.id = stray.id AND NOT a.booked`;
    },

    async wasReleased({ id, payee }) {
      const to = { state: 'RELEASED', walletId: payee.walletId } as const;
      const released = await database.suspenseItem.count({
        where: { paymentId: id, refundId: null, origin: 'WALLET_UNAVAILABLE', ...to },
      });
      return released > 0;
    },

    async direct(id, direction, note, { principalId, key, fingerprint }) {
      const isRelease = direction.kind === 'release';
      const rows = await database.$queryRaw<ItemRow[]>`
        WITH locked AS MATERIALIZED (SELECT id, state FROM suspense_item WHERE id = ${id} FOR NO KEY UPDATE),
        used AS (
          INSERT INTO idempotency_key (principal_id, key, fingerprint, subject_id)
          SELECT ${principalId}, ${key}, ${fingerprint}, id FROM locked WHERE state = 'OPEN'
          ON CONFLICT DO NOTHING
          RETURNING subject_id
        )
        UPDATE suspense_item s SET
          state = ${isRelease ? 'RELEASING' : 'RETURNING'}::suspense_state,
          wallet_id = ${isRelease ? direction.walletId : null},
          fee = ${isRelease ? direction.fee : 0n}::bigint,
          counterparty = COALESCE(${json(isRelease ? null : direction.counterparty)}, s.counterparty),
          return_rail = ${isRelease ? null : direction.rail},
          release_id = ${newId('txn')}, settlement_id = ${isRelease ? null : newId('txn')},
          actor = ${principalId}, note = ${note}, attempts = 0, next_attempt_at = clock_timestamp()
        FROM used u
        WHERE s.id = u.subject_id
        RETURNING ${suspenseColumns('s')}`;
      const [row] = rows;
      return row && itemFrom(row);
    },

    /** Relies on suspense_item_due_idx. */
    async claim(limit, leaseMs) {
      const rows = await database.$queryRaw<ItemRow[]>`
        WITH due AS MATERIALIZED (
          SELECT id FROM suspense_item
          WHERE state IN (${literals(['INCOMING', 'RELEASING', 'RETURNING'])}) AND next_attempt_at <= now()
            AND (lease_until IS NULL OR lease_until <= now())
          ORDER BY next_attempt_at
          LIMIT ${limit}
          FOR NO KEY UPDATE SKIP LOCKED
        )
        UPDATE suspense_item s
        SET lease_until = clock_timestamp() + ${milliseconds(leaseMs)}, lease_epoch = s.lease_epoch + 1
        FROM due
        WHERE s.id = due.id
        RETURNING ${suspenseColumns('s')}`;
      return rows.map(itemFrom);
    },

    /** Back to OPEN it is as it was before it was sent on its way, but for what the operator said. */
    async step(steps) {
      if (steps.length === 0) return;
      await database.$executeRaw`
        WITH moved AS (
          UPDATE suspense_item s SET
            state = q.state::suspense_state, lease_until = NULL, attempts = 0,
            carried_by = q.carried_by,
            wallet_id = CASE q.state WHEN 'OPEN' THEN NULL ELSE s.wallet_id END,
            release_id = CASE q.state WHEN 'OPEN' THEN NULL ELSE s.release_id END,
            ended_at = CASE WHEN q.state IN (${literals(final)}) THEN clock_timestamp() END
          FROM unnest(
            ${steps.map(({ item }) => item.id)}::text[],
            ${steps.map(({ item }) => item.leaseEpoch)}::int[],
            ${steps.map(({ to }) => to)}::text[],
            ${steps.map(({ carriedBy }) => carriedBy)}::text[],
            ${steps.map(() => newId('sus'))}::text[]
          ) AS q (id, epoch, state, carried_by, next_id)
          WHERE s.id = q.id AND s.lease_epoch = q.epoch
          RETURNING s.*, q.next_id
        )
        INSERT INTO suspense_item
          (id, origin, state, amount, currency, payment_id, refund_id, source_id, rail, rail_reference, sender_name,
          remittance, counterparty, transaction_id)
        SELECT next_id, origin, 'OPEN', amount, currency, payment_id, refund_id, id, rail, rail_reference, sender_name,
          remittance, counterparty, settlement_id
        FROM moved
        WHERE state = 'REOPENED'`;
    },

    async postpone(postponements) {
      if (postponements.length === 0) return;
      await database.$executeRaw`
        UPDATE suspense_item s
        SET lease_until = NULL, attempts = s.attempts + 1,
          next_attempt_at = clock_timestamp() + q.delay * interval '1 millisecond'
        FROM unnest(
          ${postponements.map(({ item }) => item.id)}::text[],
          ${postponements.map(({ item }) => item.leaseEpoch)}::int[],
          ${postponements.map(({ delayMs }) => Math.round(delayMs))}::int[]
        ) AS q (id, epoch, delay)
        WHERE s.id = q.id AND s.lease_epoch = q.epoch`;
    },
  };
}
