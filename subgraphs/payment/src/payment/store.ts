import { isId } from '@paygraph/ids';
import type { Page } from '@paygraph/subgraph';
import { type Database, paymentColumns, unseen } from '../database.ts';
import { type Payment as PaymentRow, Prisma } from '../generated/prisma/client.ts';
import { branchesOf, conditionsOf } from './conditions.ts';
import { countStates, type StateCount } from './counts.ts';
import { type Payment, paymentFrom } from './payment.ts';
import { type Audience, isImpossible, type PaymentSelection } from './selection.ts';

export type PaymentOrder = 'NEWEST_FIRST' | 'OLDEST_FIRST';

export interface Payments {
  /** Those that exist, in any order. */
  byIds(ids: readonly string[]): Promise<Payment[]>;
  /** One row more than the page holds, in the order asked for (in the reverse of it for a backward page). */
  page(audience: Audience, selection: PaymentSelection, page: Page, order?: PaymentOrder): Promise<Payment[]>;
  /** How many of an audience's payments are in each state in which there are any. */
  counts(audience: Audience): Promise<StateCount[]>;
}

export function createPayments(database: Database): Payments {
  return {
    async byIds(ids) {
      const known = ids.filter((id) => isId('pay', id));
      const rows = await database.$queryRaw<PaymentRow[]>`
        SELECT ${paymentColumns('p')} FROM payment p WHERE p.id = ANY(${unseen('text', known)}::text[])`;
      return rows.map(paymentFrom);
    },

    async page(audience, selection, page, order = 'NEWEST_FIRST') {
      if (isImpossible(selection)) return [];
      const rows = await database.$queryRaw<PaymentRow[]>(pageStatement(audience, selection, page, order));
      return rows.map(paymentFrom);
    },

    counts: (audience) => countStates(database, audience),
  };
}

/**
 * A page by keyset: each branch is read in the list's order up to a page, by its index, and the branches are merged. Rows
 * that are added later change no page behind a cursor. Exported for the tests of its plans.
 */
export function pageStatement(
  audience: Audience,
  selection: PaymentSelection,
  { limit, cursor, backward }: Page,
  order: PaymentOrder,
): Prisma.Sql {
  const descending = (order === 'NEWEST_FIRST') !== backward;
  const direction = descending ? Prisma.sql`DESC` : Prisma.sql`ASC`;
  const [edge] = cursor ?? [];
  const beyond =
    edge === undefined ? Prisma.sql`true` : descending ? Prisma.sql`p.id < ${edge}` : Prisma.sql`p.id > ${edge}`;
  const conditions = conditionsOf(audience, selection);
  const branches = branchesOf(audience, selection).map(
    ({ from, where }) => Prisma.sql`(
      SELECT p.id FROM ${from} WHERE ${where} AND ${conditions} AND ${beyond} ORDER BY p.id ${direction} LIMIT ${limit + 1}
    )`,
  );
  return Prisma.sql`
    SELECT ${paymentColumns('p')}
    FROM (SELECT id FROM (${Prisma.join(branches, ' UNION ')}) found ORDER BY id ${direction} LIMIT ${limit + 1}) page
    JOIN payment p ON p.id = page.id
    ORDER BY p.id ${direction}`;
}
