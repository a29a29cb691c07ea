export { createPool, databaseReady, prismaAdapter } from './adapter.ts';
export { columnOf, columnsAsFields } from './columns.ts';
export { type PostgresError, postgresError } from './errors.ts';
export { MigrationError, migrate } from './migrations/migrate.ts';
export { type DatabaseName, databaseNames, migrationsDirectory } from './names.ts';
export { tracedStatement } from './trace.ts';
