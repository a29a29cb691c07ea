/** `npm run migrate`: applies the migrations of every database whose `<NAME>_MIGRATION_URL` is set, before services that go without. */
import { createLogger, OperatorError } from '@paygraph/service';
import { databaseNames, migrationsDirectory } from '../names.ts';
import { migrate } from './migrate.ts';

const logger = createLogger({ service: 'migrations', level: process.env.LOG_LEVEL || 'info' });
const databases = databaseNames.flatMap((name) => {
  const migrationUrl = process.env[`${name.toUpperCase()}_MIGRATION_URL`];
  return migrationUrl ? [{ name, migrationUrl }] : [];
});

try {
  if (databases.length === 0) throw new OperatorError('Set <NAME>_MIGRATION_URL of the databases to migrate.');
  for (const { name, migrationUrl } of databases) {
    const applied = await migrate({ migrationUrl, directory: migrationsDirectory(name), logger });
    logger.info({ database: name, applied: applied.length }, 'up to date');
  }
  // The engine leaves a timer of ten seconds behind.
  process.exit();
} catch (error) {
  console.error(error instanceof OperatorError ? error.message : error);
  process.exit(1);
}
