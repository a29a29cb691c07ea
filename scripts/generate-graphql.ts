/**
 * Writes `subgraphs/<name>/src/generated/graphql.ts` (resolver types, from the subgraph's own contract) and
 * `src/generated/peers/<peer>.ts` (typed documents, from the operations in `src/peers/<peer>.graphql`, checked against
 * that peer's contract). One process for all, on the generator's core: its command line loads much that is of no use here.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { codegen } from '@graphql-codegen/core';
import * as typedDocumentNode from '@graphql-codegen/typed-document-node';
import * as typescript from '@graphql-codegen/typescript';
import * as operations from '@graphql-codegen/typescript-operations';
import * as resolvers from '@graphql-codegen/typescript-resolvers';
import { type DocumentNode, parse } from 'graphql';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));

/** What federation adds to a contract: the generator needs the definitions, a subgraph's SDL only links to them. */
const federation = `
  directive @link(url: String!, import: [String]) repeatable on SCHEMA
  directive @key(fields: String!, resolvable: Boolean = true) repeatable on OBJECT | INTERFACE
  directive @shareable on FIELD_DEFINITION | OBJECT
  directive @inaccessible on FIELD_DEFINITION | OBJECT | INTERFACE | UNION | ENUM | ENUM_VALUE | SCALAR | INPUT_OBJECT | INPUT_FIELD_DEFINITION | ARGUMENT_DEFINITION
  directive @authenticated on FIELD_DEFINITION | OBJECT | INTERFACE | SCALAR | ENUM
  directive @requiresScopes(scopes: [[String!]!]!) on FIELD_DEFINITION | OBJECT | INTERFACE | SCALAR | ENUM
  directive @composeDirective(name: String!) repeatable on SCHEMA
`;

const scalars = {
  ID: 'string',
  DateTime: 'Date',
  Decimal: 'string',
  CurrencyCode: 'string',
  CountryCode: 'string',
  EmailAddress: 'string',
  PhoneNumber: 'string',
  JSONObject: 'Record<string, unknown>',
};

/** On the wire between services every scalar is JSON. */
const wireScalars = { ...scalars, DateTime: 'string' };

const common = { useTypeImports: true, enumsAsTypes: true, enumType: 'string-literal', strictScalars: true };

const subgraphs = readdirSync('subgraphs').filter((name) => existsSync(`subgraphs/${name}/schema.graphql`));

interface Settings {
  /** Which of our types stands for which of the schema's, as `"Wallet": "../wallet/wallet.ts#Wallet"`. */
  readonly mappers?: Record<string, string>;
}

function settingsOf(name: string): Settings {
  const file = `subgraphs/${name}/codegen.json`;
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {};
}

type Output = Pick<Parameters<typeof codegen>[0], 'schema' | 'documents' | 'plugins' | 'pluginMap' | 'config'>;

function resolverTypes(name: string): Output {
  const config = {
    ...common,
    scalars,
    federation: true,
    contextType: '../context.ts#Context',
    mappers: settingsOf(name).mappers ?? {},
    inputMaybeValue: 'T | null | undefined',
    emitLegacyCommonJSImports: false,
    importExtension: '.ts',
  };
  return { schema: contractOf(name), documents: [], config, ...using({ typescript, resolvers }) };
}

function peerDocuments(name: string, peer: string): Output {
  const location = `subgraphs/${name}/src/peers/${peer}.graphql`;
  const config = {
    ...common,
    scalars: wireScalars,
    onlyOperationTypes: true,
    importExtension: '.ts',
    documentMode: 'documentNodeImportFragments',
  };
  const documents = [{ location, document: parse(readFileSync(location, 'utf8')) }];
  return { schema: contractOf(peer), documents, config, ...using({ operations, typedDocumentNode }) };
}

function using(pluginMap: Output['pluginMap']): Pick<Output, 'plugins' | 'pluginMap'> {
  return { plugins: Object.keys(pluginMap).map((name) => ({ [name]: {} })), pluginMap };
}

function contractOf(name: string): DocumentNode {
  return parse(federation + readFileSync(`subgraphs/${name}/schema.graphql`, 'utf8'));
}

function peersOf(name: string): string[] {
  const folder = `subgraphs/${name}/src/peers`;
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((file) => file.endsWith('.graphql'))
    .map((file) => file.slice(0, -'.graphql'.length));
}

async function write(filename: string, output: Output): Promise<void> {
  const text = await codegen({ ...output, filename });
  await mkdir(dirname(filename), { recursive: true });
  await writeFile(filename, text);
}

for (const name of subgraphs) {
  const generated = `subgraphs/${name}/src/generated`;
  await write(`${generated}/graphql.ts`, resolverTypes(name));
  for (const peer of peersOf(name)) await write(`${generated}/peers/${peer}.ts`, peerDocuments(name, peer));
}
