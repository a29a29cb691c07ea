import { instantOf } from '@paygraph/scalars';
import { badUserInput } from './errors.ts';

const defaultPageSize = 20;
const maxPageSize = 100;

export interface PageArguments {
  readonly first?: number | null | undefined;
  readonly after?: string | null | undefined;
  readonly last?: number | null | undefined;
  readonly before?: string | null | undefined;
}

/**
 * What a column of the order may hold, so that a forged cursor is the client's error and not the database's.
 * `time` is RFC 3339, `integer` an int8.
 */
export type CursorColumn = 'text' | 'integer' | 'time';

/** What a store needs to read a page by keyset. */
export interface Page {
  /** Rows of the page, 1 to 100. Read one row more: its presence says that there is another page. */
  readonly limit: number;
  /** Values of the order's columns to begin behind, exclusive; undefined at the end that reading starts from. */
  readonly cursor: readonly string[] | undefined;
  /** Read in the reverse of the list's order. */
  readonly backward: boolean;
}

/**
 * Reads the arguments of a Relay connection: `first`/`after` forward or `last`/`before` backward, 1 to 100 rows, 20
 * unless told. `columns` are those of the order, which together identify one row.
 *
 * @throws GraphQLError BAD_USER_INPUT naming the argument.
 */
export function pageFrom(args: PageArguments, columns: readonly CursorColumn[] = ['text']): Page {
  const { first, after, last, before } = args;
  const backward = isGiven(last) || isGiven(before);
  if (backward && isGiven(first)) throw badUserInput('first cannot be combined with last or before', ['first']);
  if (backward && isGiven(after)) throw badUserInput('after cannot be combined with last or before', ['after']);
  const [sizeName, size, cursorName, cursor] = backward
    ? (['last', last, 'before', before] as const)
    : (['first', first, 'after', after] as const);
  const limit = size ?? defaultPageSize;
  if (!Number.isInteger(limit) || limit < 1 || limit > maxPageSize)
    throw badUserInput(`${sizeName} must be 1 to ${maxPageSize}`, [sizeName]);
  return { limit, cursor: isGiven(cursor) ? decodeCursor(cursor, columns, cursorName) : undefined, backward };
}

export interface Connection<Row> {
  readonly edges: { readonly node: Row; readonly cursor: string }[];
  readonly nodes: Row[];
  readonly pageInfo: {
    readonly hasNextPage: boolean;
    readonly hasPreviousPage: boolean;
    readonly startCursor: string | null;
    readonly endCursor: string | null;
  };
}

/**
 * Makes a connection of the rows read for a page: in the order read, up to `limit + 1` of them. `cursorOf` gives the
 * values of the order's columns of a row.
 */
export function toConnection<Row>(
  rows: readonly Row[],
  page: Page,
  cursorOf: (row: Row) => readonly string[],
): Connection<Row> {
  const more = rows.length > page.limit;
  const nodes = rows.slice(0, page.limit);
  if (page.backward) nodes.reverse();
  const edges = nodes.map((node) => ({ node, cursor: encodeCursor(cursorOf(node)) }));
  const begun = page.cursor !== undefined;
  const pageInfo = {
    hasNextPage: page.backward ? begun : more,
    hasPreviousPage: page.backward ? more : begun,
    startCursor: edges[0]?.cursor ?? null,
    endCursor: edges.at(-1)?.cursor ?? null,
  };
  return { edges, nodes, pageInfo };
}

/** An opaque cursor from the values of the order's columns. */
export function encodeCursor(values: readonly string[]): string {
  return Buffer.from(JSON.stringify(values)).toString('base64url');
}

/** The values of the order's columns in a cursor. @throws GraphQLError BAD_USER_INPUT naming the argument. */
function decodeCursor(cursor: string, columns: readonly CursorColumn[], argument: string): readonly string[] {
  const values = parsed(cursor);
  const sound =
    values !== undefined &&
    values.length === columns.length &&
    columns.every((column, index) => fits(column, values[index]));
  if (!sound) throw badUserInput(`${argument} is not a cursor of this list`, [argument]);
  return values;
}

function parsed(cursor: string): string[] | undefined {
  if (cursor.length > 1024) return undefined;
  try {
    const values: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
    return Array.isArray(values) && values.every((value) => typeof value === 'string') ? values : undefined;
  } catch {
    return undefined;
  }
}

const maxInteger = 2n ** 63n - 1n;

function fits(column: CursorColumn, value: string | undefined): boolean {
  if (value === undefined) return false;
  switch (column) {
    case 'text':
      return value.length <= 256 && !value.includes('\0');
    case 'integer':
      return /^-?\d{1,19}$/.test(value) && BigInt(value) <= maxInteger && BigInt(value) >= -maxInteger;
    case 'time':
      return instantOf(value) !== undefined;
  }
}

function isGiven<T>(value: T | null | undefined): value is T {
  return value !== null && value !== undefined;
}
