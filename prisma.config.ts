import { defineConfig } from 'prisma/config';

/**
 * Prisma's own tools on one subgraph's database, for example
 * `SUBGRAPH=ledger LEDGER_MIGRATION_URL=postgresql://… npx prisma migrate deploy`.
 */
const subgraph = process.env.SUBGRAPH;
if (subgraph === undefined) throw new Error('SUBGRAPH names the database to work on, for example SUBGRAPH=ledger');

const url = process.env[`${subgraph.toUpperCase()}_MIGRATION_URL`];

export default defineConfig({
  schema: `prisma/${subgraph}/schema.prisma`,
  migrations: { path: `prisma/${subgraph}/migrations` },
  ...(url === undefined ? {} : { datasource: { url } }),
});
