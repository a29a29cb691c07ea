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

/** Class 08 is for connections; the others are what a server says that goes down, was killed or is not up yet. */
const awayCodes = /^(08...|57P01|57P02|57P03|53300)$/;
const awayKinds: readonly unknown[] = [
  'DatabaseNotReachable',
  'ConnectionClosed',
  'SocketTimeout',
  'TooManyConnections',
];
/** What the driver throws, in words alone, when a connection is lost or cannot be had. */
const awayMessages = /^(Connection terminated|timeout exceeded when trying to connect)/;

/**
 * Whether Prisma failed because the database was out of reach, for the moment as far as one can know. Whether what was under
 * way has been done is not known then.
 */
export function isDatabaseAway(error: unknown): boolean {
  const cause = read(error, 'meta', 'driverAdapterError', 'cause');
  return (
    awayKinds.includes(read(cause, 'kind')) ||
    awayCodes.test(text(read(cause, 'originalCode')) ?? '') ||
    (error instanceof Error && awayMessages.test(error.message))
  );
}

const read = (value: unknown, ...path: string[]): unknown =>
  path.reduce<unknown>(
    (inner, key) => (typeof inner === 'object' && inner !== null ? Reflect.get(inner, key) : undefined),
    value,
  );

const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);
