import { readFile } from 'node:fs/promises';
import pg from 'pg';

const script = new URL('../../../deploy/postgres/init.sql', import.meta.url);

/** The variables of `deploy/postgres/init.sql`. */
export interface Provisioning {
  database: string;
  owner: string;
  owner_password: string;
  service: string;
  service_password: string;
}

/**
 * Runs `deploy/postgres/init.sql` as psql would: fills in its variables, and executes what a query that ends in
 * `\gexec` answers.
 *
 * @param client a superuser's connection
 */
export async function provision(client: pg.Client, variables: Provisioning): Promise<void> {
  for (const { sql, execute } of statements(await readFile(script, 'utf8'))) {
    const { rows } = await client.query<unknown[]>({ text: fill(sql, { ...variables }), rowMode: 'array' });
    if (!execute) continue;
    for (const [command] of rows) await client.query(String(command));
  }
}

function statements(text: string): { sql: string; execute: boolean }[] {
  const withoutComments = text.replace(/^\s*(--|\\(?!gexec)).*$/gm, '');
  return [...withoutComments.matchAll(/([^;\\]+)(;|\\gexec)/g)].map(([, sql = '', end]) => ({
    sql: sql.trim(),
    execute: end === '\\gexec',
  }));
}

function fill(sql: string, variables: Record<string, string>): string {
  return sql.replace(/:(['"])(\w+)\1/g, (_, quote: string, name: string) => {
    const value = variables[name];
    if (value === undefined) throw new Error(`init.sql: variable ${name} has no value`);
    return quote === '"' ? pg.escapeIdentifier(value) : pg.escapeLiteral(value);
  });
}
