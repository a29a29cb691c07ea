/** What PostgreSQL said when it refused a statement. */
export interface PostgresError {
  /** SQLSTATE, five characters: a condition of PostgreSQL's, or of a function's own `RAISE … USING ERRCODE`. */
  code: string;
  message: string;
  /** The constraint or unique index that was violated. */
  constraint: string | undefined;
  /** Of a `RAISE` or a CHECK. It may quote the row: personal data, which belongs in no log and no answer. */
  detail: string | undefined;
  hint: string | undefined;
}

/**
 * PostgreSQL's own error inside one that Prisma threw, from a model operation or a raw query. Undefined when PostgreSQL
 * did not speak: when it cannot be reached, or when Prisma itself gave up on a transaction.
 */
export function postgresError(error: unknown): PostgresError | undefined {
  const cause = read(error, 'meta', 'driverAdapterError', 'cause');
  const code = text(read(cause, 'originalCode'));
  const message = text(read(cause, 'originalMessage'));
  if (code === undefined || message === undefined) return undefined;
  return {
    code,
    message,
    constraint: text(read(cause, 'constraint', 'index')) ?? /constraint "([^"]+)"/.exec(message)?.[1],
    detail: text(read(cause, 'detail')),
    hint: text(read(cause, 'hint')),
  };
}

const read = (value: unknown, ...path: string[]): unknown =>
  path.reduce<unknown>(
    (inner, key) => (typeof inner === 'object' && inner !== null ? Reflect.get(inner, key) : undefined),
    value,
  );

const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);
