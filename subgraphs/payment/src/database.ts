import { columnOf, columnsAsFields, prismaAdapter } from '@paygraph/database';
import { Prisma, PrismaClient } from './generated/prisma/client.ts';

export type Database = PrismaClient;
/** The database, or a transaction in it. */
export type Transaction = Prisma.TransactionClient;

export function openDatabase(url: string): Database {
  return new PrismaClient({ adapter: prismaAdapter({ url, transactionSeconds: 10, prepared: true }) });
}

/** What no text in PostgreSQL can hold: NUL and halves of surrogate pairs. */
export const unstorable = /\0|\p{Cs}/u;

/** The columns of the row `alias`, named as the fields of its model, for SQL that answers whole rows. */
type Columns = (alias: string) => Prisma.Sql;

export const paymentColumns = columnsOf(Prisma.PaymentScalarFieldEnum);
export const quoteColumns = columnsOf(Prisma.PaymentQuoteScalarFieldEnum);
export const attemptColumns = columnsOf(Prisma.PaymentAttemptScalarFieldEnum);
export const refundColumns = columnsOf(Prisma.PaymentRefundScalarFieldEnum);
export const suspenseColumns = columnsOf(Prisma.SuspenseItemScalarFieldEnum);
export const settlementColumns = columnsOf(Prisma.RailSettlementScalarFieldEnum);

/** Spelt once for each alias, of which statements have a few. */
function columnsOf(fields: Readonly<Record<string, string>>): Columns {
  const spelt = new Map<string, Prisma.Sql>();
  return (alias) => {
    const known = spelt.get(alias) ?? Prisma.raw(columnsAsFields(alias, fields));
    spelt.set(alias, known);
    return known;
  };
}

/** Values by the fields of a model, as JSON holds them: minor units as text. */
export type Values = Readonly<Record<string, string | number | object | null>>;

/**
 * Rows to be inserted, all with values of the same fields: the names of their columns, and themselves as JSON, for
 * `jsonb_populate_recordset`. So a statement stays the same however many rows it is for.
 */
export function insertion(rows: readonly Values[]): { columns: Prisma.Sql; records: string } {
  const fields = Object.keys(rows[0] ?? {}).map((field) => [field, columnOf(field)] as const);
  const records = rows.map((row) => Object.fromEntries(fields.map(([field, column]) => [column, row[field]])));
  return { columns: Prisma.raw(fields.map(([, column]) => column).join(', ')), records: JSON.stringify(records) };
}

/** Minor units of a currency. */
export function int8(value: bigint): Prisma.Sql {
  return Prisma.sql`${value}::bigint`;
}

/** Null, or anything that JSON can hold. */
export function json(value: unknown): Prisma.Sql {
  return Prisma.sql`${value === null ? null : JSON.stringify(value)}::jsonb`;
}

/** Constants of our own as a list of SQL literals: unlike a parameter, it lets the planner use a partial index. */
export function literals(values: readonly string[]): Prisma.Sql {
  return Prisma.raw(values.map((value) => `'${value}'`).join(', '));
}

/** A duration given in milliseconds, be it months. */
export function milliseconds(duration: number): Prisma.Sql {
  return Prisma.sql`${Math.round(duration)}::float8 * interval '1 millisecond'`;
}

/**
 * An array that the planner does not look into. It plans a statement anew for every content of the arrays that it sees, as it takes a
 * short one for cheaper than one of any length: of a step of one payment that was half of PostgreSQL's time.
 * In `ANY` it needs a cast of its own, or is taken for a query of rows.
 */
export function unseen(type: string, values: (string | number | boolean | null)[]): Prisma.Sql {
  return Prisma.sql`(SELECT ${values}::${Prisma.raw(type)}[])`;
}
