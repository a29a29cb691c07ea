import type { Database } from '../database.ts';
import { Prisma } from '../generated/prisma/client.ts';
import { shownToPayee } from './conditions.ts';
import { type PaymentState, states } from './lifecycle.ts';
import type { Audience } from './selection.ts';

/** Where counting a state stops. */
export const countCap = 10_000;

/** How many payments of each side a customer's counts are of: the newest. */
const mostOfCustomer = 100_000;

export interface StateCount {
  readonly state: PaymentState;
  /** Up to `countCap`. */
  readonly count: number;
  readonly isCapped: boolean;
}

/** Counts by state, in the order of a payment's life, without states in which there are none. */
export async function countStates(database: Database, audience: Audience): Promise<StateCount[]> {
  const statement = audience === 'everybody' ? countAllStatement() : countOwnStatement(audience.customerId);
  const rows = await database.$queryRaw<{ readonly state: PaymentState; readonly count: bigint }[]>(statement);
  const found = new Map(rows.map(({ state, count }) => [state, Number(count)]));
  return states.flatMap((state) => {
    const count = found.get(state) ?? 0;
    return count === 0 ? [] : [{ state, count: Math.min(count, countCap), isCapped: count > countCap }];
  });
}

/** Reads at most a cap's worth of payment_state_id_idx for each state. */
export function countAllStatement(): Prisma.Sql {
  return Prisma.sql`
    SELECT listed.state, counted.count
    FROM unnest(${[...states]}::payment_state[]) AS listed (state)
    CROSS JOIN LATERAL (
      SELECT count(*) FROM (SELECT FROM payment p WHERE p.state = listed.state LIMIT ${countCap + 1}) AS capped
    ) AS counted`;
}

/** Reads the newest of payment_payer_customer_id_id_idx and payment_payee_customer_id_id_idx. */
export function countOwnStatement(customerId: string): Prisma.Sql {
  return Prisma.sql`
    SELECT state, count(*)
    FROM (
      (SELECT state FROM payment WHERE payer_customer_id = ${customerId} ORDER BY id DESC LIMIT ${mostOfCustomer})
      UNION ALL
      (
        SELECT state FROM payment p
        WHERE payee_customer_id = ${customerId} AND ${shownToPayee}
          AND payer_customer_id IS DISTINCT FROM ${customerId}
        ORDER BY id DESC LIMIT ${mostOfCustomer}
      )
    ) AS own
    GROUP BY state`;
}
