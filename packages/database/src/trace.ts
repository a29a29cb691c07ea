import { currentSpan, traced } from '@paygraph/tracing';
import type { PrismaPg } from '@prisma/adapter-pg';
import type { SqlQuery, SqlQueryable } from '@prisma/driver-adapter-utils';

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
  queryable.queryRaw = (statement) => (currentSpan() ? inSpan(statement, query) : query(statement));
  queryable.executeRaw = (statement) => (currentSpan() ? inSpan(statement, execute) : execute(statement));
  return queryable;
}

function inSpan<Result>(statement: SqlQuery, run: (statement: SqlQuery) => Promise<Result>): Promise<Result> {
  const [verb = 'SQL'] = statement.sql.trimStart().split(/\s/, 1);
  const attributes = { 'db.system.name': 'postgresql', 'db.query.text': statement.sql };
  return traced(verb.toUpperCase(), { kind: 'client', attributes }, () => run(statement));
}
