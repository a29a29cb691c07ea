import { currentSpan, traced } from '@paygraph/tracing';
import type { PrismaPg } from '@prisma/adapter-pg';
import type { SqlQueryable } from '@prisma/driver-adapter-utils';

/** Has every statement that runs for a traced piece of work shown in a span of its own: its text, never its values. */
export function tracedAdapter(factory: PrismaPg): PrismaPg {
  const connect = factory.connect.bind(factory);
  factory.connect = async () => {
    const adapter = traceStatements(await connect());
    const begin = adapter.startTransaction.bind(adapter);
    adapter.startTransaction = async (isolation) => traceStatements(await begin(isolation));
    return adapter;
  };
  return factory;
}

function traceStatements<Queryable extends SqlQueryable>(queryable: Queryable): Queryable {
  const query = queryable.queryRaw.bind(queryable);
  const execute = queryable.executeRaw.bind(queryable);
  queryable.queryRaw = (statement) => tracedStatement(statement.sql, () => query(statement));
  queryable.executeRaw = (statement) => tracedStatement(statement.sql, () => execute(statement));
  return queryable;
}

/** Runs a statement, for a traced piece of work in a span that shows its text. */
export function tracedStatement<Result>(sql: string, run: () => Promise<Result>): Promise<Result> {
  if (!currentSpan()) return run();
  const [verb = 'SQL'] = sql.trimStart().split(/\s/, 1);
  return traced(
    verb.toUpperCase(),
    { kind: 'client', attributes: { 'db.system.name': 'postgresql', 'db.query.text': sql } },
    run,
  );
}
