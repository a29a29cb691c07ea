/**
 * The process of all subgraphs. A request that has come before is answered with the same bytes again, so that next to
 * nothing is spent here, and what a gateway asks for costs it nothing extra.
 */
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buildSubgraphSchema } from '@apollo/subgraph';
import { execute, type GraphQLSchema, parse, validate } from 'graphql';
import { resolvers } from './graph/data.ts';
import { type SubgraphName, sdl, subgraphNames } from './graph/sdl.ts';
import { serveActivity } from './subgraphs/activity.ts';

/** What the parent hears first. */
export interface SubgraphsReady {
  readonly addresses: Record<SubgraphName, string>;
  readonly jwksUrl: string;
}

/** What the parent may ask; `count` is answered with the requests so far. */
export type SubgraphsCommand = { readonly kind: 'count' } | { readonly kind: 'publish'; readonly perSecond: number };

let requests = 0;
const schemas = Object.fromEntries(
  subgraphNames.map((name) => [name, buildSubgraphSchema({ typeDefs: parse(sdl[name]), resolvers: resolvers[name] })]),
) as Record<SubgraphName, GraphQLSchema>;

async function answer(schema: GraphQLSchema, body: string): Promise<Buffer> {
  const { query, variables } = JSON.parse(body);
  const document = parse(query);
  const errors = validate(schema, document);
  const result = errors.length > 0 ? { errors } : await execute({ schema, document, variableValues: variables });
  return Buffer.from(JSON.stringify(result));
}

function serve(schema: GraphQLSchema): Server {
  const known = new Map<string, Buffer>();
  return createServer(async (request, response) => {
    requests += 1;
    const body = await bodyOf(request);
    const bytes = known.get(body) ?? (await answer(schema, body));
    known.set(body, bytes);
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': bytes.length }).end(bytes);
  });
}

function bodyOf(request: IncomingMessage): Promise<string> {
  return new Promise((resolve, reject) => {
    let body = '';
    request.setEncoding('utf8');
    request.on('data', (chunk: string) => {
      body += chunk;
    });
    request.on('end', () => resolve(body)).on('error', reject);
  });
}

async function portOf(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

const servers = subgraphNames.map((name) => [name, serve(schemas[name])] as const);
const addresses = Object.fromEntries(
  await Promise.all(servers.map(async ([name, server]) => [name, `http://127.0.0.1:${await portOf(server)}/graphql`])),
) as Record<SubgraphName, string>;
const ledger = servers.find(([name]) => name === 'ledger')?.[1];
if (!ledger) throw new Error('There is no ledger');
const publisher = serveActivity(ledger, schemas.ledger);

const keys = createServer((_request, response) => {
  response.writeHead(200, { 'content-type': 'application/json' }).end(process.env.BENCH_JWKS);
});
const jwksUrl = `http://127.0.0.1:${await portOf(keys)}/jwks.json`;

process.on('message', (command: SubgraphsCommand) => {
  if (command.kind === 'count') process.send?.(requests);
  else publisher.publishing(command.perSecond);
});
process.on('disconnect', () => process.exit());
process.send?.({ addresses, jwksUrl } satisfies SubgraphsReady);
