import { execFile } from 'node:child_process';
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { anonymous } from '@paygraph/auth';
import { createGateway, type Gateway } from '@paygraph/gateway';
import { post } from '@paygraph/gateway/testing';
import { createLogger } from '@paygraph/service';
import {
  buildClientSchema,
  type GraphQLSchema,
  getIntrospectionQuery,
  type IntrospectionQuery,
  parse,
  printSchema,
  validate,
} from 'graphql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const app = fileURLToPath(new URL('relay/app.ts', import.meta.url));
const compiler = createRequire(import.meta.url).resolve('relay-compiler/cli.js');
const supergraph = fileURLToPath(new URL('../../supergraph.graphql', import.meta.url));

let gateway: Gateway;
let directory: string;
/** The graph as clients see it. */
let schema: GraphQLSchema;
/** What relay-compiler has made of each operation, by its name. */
let operations: ReadonlyMap<string, string>;

beforeAll(async () => {
  const logger = createLogger({ service: 'gateway', level: 'silent' });
  const supergraphSdl = await readFile(supergraph, 'utf8');
  gateway = createGateway({ supergraphSdl, authenticate: async () => anonymous, logger });
  const url = await gateway.listen({ host: '127.0.0.1', port: 0 });
  const { body } = await post(url, getIntrospectionQuery());
  schema = buildClientSchema(body.data as unknown as IntrospectionQuery);
  directory = await mkdtemp(join(tmpdir(), 'paygraph-relay-'));
  operations = await compile();
});
afterAll(async () => {
  await gateway.stop();
  await rm(directory, { recursive: true, force: true });
});

async function compile(): Promise<ReadonlyMap<string, string>> {
  await cp(app, join(directory, 'app.ts'));
  await writeFile(join(directory, 'schema.graphql'), printSchema(schema));
  const config = { src: '.', schema: 'schema.graphql', language: 'typescript', eagerEsModules: true };
  await writeFile(join(directory, 'relay.config.json'), JSON.stringify(config));
  await promisify(execFile)(process.execPath, [compiler, 'relay.config.json'], {
    cwd: directory,
    env: { ...process.env, FORCE_NO_WATCHMAN: '1' },
  });
  const artifacts = join(directory, '__generated__');
  const made = await Promise.all((await readdir(artifacts)).map((file) => readFile(join(artifacts, file), 'utf8')));
  return new Map(
    made.flatMap((artifact) => {
      const [, name] = /"name": "(\w+)",\s+"operationKind"/.exec(artifact) ?? [];
      const [, text] = /"text": (".*")$/m.exec(artifact) ?? [];
      return name && text ? [[name, JSON.parse(text)] as const] : [];
    }),
  );
}

describe('relay-compiler takes our schema', () => {
  it('and compiles queries, mutations, subscriptions and what it adds for refetching', () => {
    expect([...operations.keys()].sort()).toEqual([
      'appHolderRefetchQuery',
      'appNodeQuery',
      'appOpenWalletMutation',
      'appPageQuery',
      'appPaymentsPageQuery',
      'appWalletRefetchQuery',
      'appWalletsPageQuery',
      'appWatchSubscription',
    ]);
  });

  it('and the gateway takes what it makes', () => {
    const problems = [...operations].flatMap(([name, text]) =>
      validate(schema, parse(text)).map(({ message }) => `${name}: ${message}`),
    );
    expect(problems).toEqual([]);
  });

  it('and asks for an object again by `node`', () => {
    expect(operations.get('appWalletRefetchQuery')).toMatch(/node\(id: \$id\)/);
    expect(operations.get('appHolderRefetchQuery')).toMatch(/node\(id: \$id\)/);
  });

  it('and asks for the next page by cursor', () => {
    const text = operations.get('appWalletsPageQuery');
    expect(text).toMatch(/wallets\(first: \$first, after: \$after\)/);
    expect(text).toMatch(/pageInfo \{\s+endCursor\s+hasNextPage/);
  });
});
