import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { PrismaPg } from '@prisma/adapter-pg';
import {
  bindMigrationAwareSqlAdapterFactory,
  type ColumnType,
  ColumnTypeEnum,
  type SqlDriverAdapter,
} from '@prisma/driver-adapter-utils';
import * as bindings from '@prisma/schema-engine-wasm/schema_engine_bg';

/** Node's global, of which its types know only the names of types. */
declare const WebAssembly: {
  instantiate(bytes: Uint8Array, imports: Record<string, object>): Promise<{ instance: { exports: Exports } }>;
};

interface Exports {
  __wbindgen_start(): void;
}

/**
 * Prisma Migrate's own engine, compiled to WebAssembly: it needs no binary and no network. Its bindings keep their
 * WebAssembly instance in a variable of their module, so a process has one, made when this module is first imported.
 * Import it late: reading five megabytes is a waste in a process that does not migrate.
 */
Object.assign(globalThis, { PRISMA_WASM_PANIC_REGISTRY: { set_message: fail } });
const require = createRequire(import.meta.url);
const file = path.join(path.dirname(require.resolve('@prisma/schema-engine-wasm')), 'schema_engine_bg.wasm');
const { instance } = await WebAssembly.instantiate(await readFile(file), { './schema_engine_bg.js': bindings });
bindings.__wbg_set_wasm(instance.exports);
instance.exports.__wbindgen_start();

/** Where the engine leaves its last words. */
function fail(message: string): never {
  throw new Error(`Prisma's schema engine failed: ${message}`);
}

export type SchemaEngine = bindings.SchemaEngine;

/**
 * Runs `use` with a schema engine on the database at `url`.
 *
 * One connection only: the engine serializes migrations with a session's advisory lock, which has to be the session
 * that migrates.
 */
export async function withSchemaEngine<T>(url: string, use: (engine: SchemaEngine) => Promise<T>): Promise<T> {
  const factory = new PrismaPg({ connectionString: url, max: 1, options: '-c TimeZone=UTC' });
  const connections: SqlDriverAdapter[] = [];
  const engine = await bindings.SchemaEngine.new(
    { datamodels: undefined },
    () => {},
    bindMigrationAwareSqlAdapterFactory({
      provider: factory.provider,
      adapterName: factory.adapterName,
      connect: async () => {
        const connection = await factory.connect();
        connections.push(connection);
        return forMigrations(connection);
      },
      connectToShadowDb: () => factory.connectToShadowDb(),
    }),
  );
  try {
    return await use(engine);
  } finally {
    engine.free();
    await Promise.all(connections.map((connection) => connection.dispose()));
  }
}

/** What the engine asks of the catalogue in PostgreSQL's type `"char"`, and the names of these columns in the result. */
const CHAR_EXPRESSIONS = /\b(constr\.contype|con\.confdeltype|con\.confupdtype)\b(?=,| AS)/g;
const CHAR_COLUMNS = new Set(['constraint_type', 'confdeltype', 'confupdtype']);

/**
 * Two repairs of the adapter, which was made for clients and not for this engine.
 *
 * It cuts scripts at every semicolon, which breaks function bodies. PostgreSQL takes a whole script as one simple
 * query, in one implicit transaction, and that is what Prisma's native engine sends.
 *
 * It refuses columns of type `"char"`: they are asked for as text, and handed over as what they are.
 */
function forMigrations(connection: SqlDriverAdapter): SqlDriverAdapter {
  const queryRaw = connection.queryRaw.bind(connection);
  connection.queryRaw = async (query) => {
    const result = await queryRaw({ ...query, sql: query.sql.replace(CHAR_EXPRESSIONS, '$1::text') });
    const typeOf = (type: ColumnType, column: number) =>
      CHAR_COLUMNS.has(result.columnNames[column] ?? '') ? ColumnTypeEnum.Character : type;
    return { ...result, columnTypes: result.columnTypes.map(typeOf) };
  };
  connection.executeScript = async (script) => {
    await connection.executeRaw({ sql: script, args: [], argTypes: [] });
  };
  return connection;
}
