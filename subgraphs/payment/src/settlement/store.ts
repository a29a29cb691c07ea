import { newId } from '@paygraph/ids';
import type { Page } from '@paygraph/subgraph';
import { type Database, milliseconds, settlementColumns } from '../database.ts';
import type { RailSettlement as SettlementRow } from '../generated/prisma/client.ts';
import type { KeyUse } from '../payment/idempotency.ts';
import { type Settlement, settlementFrom } from './settlement.ts';

export type SettlementDraft = Pick<Settlement, 'rail' | 'direction' | 'amount' | 'reference' | 'note'>;

export interface Settlements {
  byIds(ids: readonly string[]): Promise<Settlement[]>;
  /** One row more than the page holds, newest first (oldest first for a backward page). */
  page(rail: string | null, page: Page): Promise<Settlement[]>;
  /** Records a settlement with its key in one statement; undefined when the key, or the rail's reference, is used by now. */
  record(draft: SettlementDraft, use: KeyUse): Promise<Settlement | undefined>;
  /** Takes up to `limit` that the books do not have. */
  claim(limit: number, leaseMs: number): Promise<Settlement[]>;
  booked(settlements: readonly Settlement[]): Promise<void>;
  postpone(settlement: Settlement, delayMs: number): Promise<void>;
}

export function createSettlements(database: Database): Settlements {
  return {
    async byIds(ids) {
      return (await database.railSettlement.findMany({ where: { id: { in: [...ids] } } })).map(settlementFrom);
    },

    async page(rail, { limit, cursor, backward }) {
      const [edge] = cursor ?? [];
      const rows = await database.railSettlement.findMany({
        where: {
          ...(edge !== undefined && { id: backward ? { gt: edge } : { lt: edge } }),
          ...(rail !== null && { rail }),
        },
        orderBy: { id: backward ? 'asc' : 'desc' },
        take: limit + 1,
      });
      return rows.map(settlementFrom);
    },

    async record({ rail, direction, amount, reference, note }, { principalId, key, fingerprint }) {
      const id = newId('stl');
      // The settlement first: without it, because its reference is used, the key stays free.
      const rows = await database.$queryRaw<SettlementRow[]>`
        WITH free AS (
          SELECT WHERE NOT EXISTS (SELECT FROM idempotency_key WHERE principal_id = ${principalId} AND key = ${key})
        ),
        made AS (
          INSERT INTO rail_settlement (id, rail, direction, amount, currency, reference, note, actor, transaction_id)
          SELECT ${id}, ${rail}, ${direction}::settlement_direction, ${amount.amount}::bigint, ${amount.currency},
            ${reference}, ${note}, ${principalId}, ${newId('txn')}
          FROM free
          ON CONFLICT (rail, reference) DO NOTHING
          RETURNING *
        ),
        used AS (
          INSERT INTO idempotency_key (principal_id, key, fingerprint, subject_id)
          SELECT ${principalId}, ${key}, ${fingerprint}, id FROM made
        )
        SELECT ${settlementColumns('m')} FROM made m`;
      const [row] = rows;
      return row && settlementFrom(row);
    },

    /** Relies on rail_settlement_due_idx. */
    async claim(limit, leaseMs) {
      const rows = await database.$queryRaw<SettlementRow[]>`
        WITH due AS MATERIALIZED (
          SELECT id FROM rail_settlement
          WHERE booked_at IS NULL AND next_attempt_at <= now()
          ORDER BY next_attempt_at
          LIMIT ${limit}
          FOR NO KEY UPDATE SKIP LOCKED
        )
        UPDATE rail_settlement s
        SET attempts = s.attempts + 1, next_attempt_at = clock_timestamp() + ${milliseconds(leaseMs)}
        FROM due
        WHERE s.id = due.id
        RETURNING ${settlementColumns('s')}`;
      return rows.map(settlementFrom);
    },

    async booked(settlements) {
      await database.$executeRaw`
        UPDATE rail_settlement SET booked_at = clock_timestamp()
        WHERE id = ANY(${settlements.map(({ id }) => id)}::text[]) AND booked_at IS NULL`;
    },

    async postpone({ id }, delayMs) {
      await database.$executeRaw`
        UPDATE rail_settlement SET next_attempt_at = clock_timestamp() + ${milliseconds(delayMs)}
        WHERE id = ${id} AND booked_at IS NULL`;
    },
  };
}
