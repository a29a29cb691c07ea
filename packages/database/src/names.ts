import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** The subgraphs that own a database. The database of a subgraph carries the subgraph's name. */
export const databaseNames = ['profile', 'wallet', 'ledger', 'payment', 'forex', 'risk'] as const;

export type DatabaseName = (typeof databaseNames)[number];

const prismaRoot = fileURLToPath(new URL('../../../prisma', import.meta.url));

/** `prisma/<name>/schema.prisma` */
export const schemaFile = (name: DatabaseName): string => path.join(prismaRoot, name, 'schema.prisma');

/** The folder with the migrations of a subgraph's database, as `migrate` and `prisma migrate deploy` read it. */
export const migrationsDirectory = (name: DatabaseName): string => path.join(prismaRoot, name, 'migrations');

export const isDatabaseName = (name: string): name is DatabaseName => databaseNames.some((known) => known === name);
