import { createHmac } from 'node:crypto';
import type { DatabaseName } from '../names.ts';

export const SUPERUSER = 'postgres';

/** A role's password in an embedded cluster: derived, so that one secret serves roles that are yet to come. */
export const passwordOf = (secret: string, role: string): string =>
  createHmac('sha256', secret).update(role).digest('hex');

/** Where a running embedded server is reached, and the secret of its passwords. Plain data: it may cross processes. */
export interface ServerAddress {
  port: number;
  secret: string;
}

const urlOf = ({ port, secret }: ServerAddress, role: string, database: string): string =>
  `postgresql://${role}:${passwordOf(secret, role)}@127.0.0.1:${port}/${database}`;

/** The superuser's connection. */
export const adminUrl = (server: ServerAddress, database = 'postgres'): string => urlOf(server, SUPERUSER, database);

/** The owner's connection, which migrations run on. */
export const migrationUrl = (server: ServerAddress, name: DatabaseName, database: string = name): string =>
  urlOf(server, `${name}_owner`, database);

/** The service's connection. */
export const databaseUrl = (server: ServerAddress, name: DatabaseName, database: string = name): string =>
  urlOf(server, `${name}_service`, database);
