import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { buildSubgraphSchema } from '@apollo/subgraph';
import { execute, type GraphQLResolveInfo, parse, subscribe, validate } from 'graphql';
import { useServer } from 'graphql-ws/use/ws';
import { type WebSocket, WebSocketServer } from 'ws';

type Resolver = (
  parent: Record<string, unknown>,
  args: Record<string, unknown>,
  scope: FixtureScope,
  info: GraphQLResolveInfo,
) => unknown;
type FieldResolvers = Record<string, Resolver | { subscribe: Resolver; resolve?: Resolver }>;

/** Resolvers by type and field; a type's `__resolveReference` is `reference`. */
export type FixtureResolvers = Record<
  string,
  FieldResolvers & { reference?: (representation: Record<string, unknown>) => unknown }
>;

/** What a resolver sees of its caller. */
export interface FixtureScope {
  readonly authorization: string | undefined;
  readonly requestId: string | undefined;
}

/** A request as it came over HTTP. */
export interface RecordedRequest extends FixtureScope {
  readonly query: string;
  readonly variables: Record<string, unknown>;
}

/** One socket as it was opened. */
export interface RecordedSocket {
  readonly authorization: unknown;
  readonly socket: WebSocket;
}

/** How it answers over HTTP: as a subgraph, never, or with something else. */
export type Behaviour = 'well' | 'never' | { readonly status: number; readonly body: string };

/** A real subgraph on a real port, small and at the test's command. */
export interface FixtureSubgraph {
  readonly name: string;
  readonly url: string;
  readonly sdl: string;
  readonly requests: RecordedRequest[];
  /** Sockets that are open now. */
  readonly sockets: Set<RecordedSocket>;
  behave(behaviour: Behaviour): void;
  /** Refuses or closes WebSocket connections from here on with this code; undefined takes that back. */
  refuseSockets(code: number | undefined): void;
  /** Dies without a word to anybody. */
  crash(): Promise<void>;
  /** Comes back on the same port. */
  restart(): Promise<void>;
}

export async function startFixtureSubgraph(
  name: string,
  sdl: string,
  resolvers: FixtureResolvers,
): Promise<FixtureSubgraph> {
  const schema = buildSubgraphSchema({ typeDefs: parse(sdl), resolvers: withReferences(resolvers) });
  const requests: RecordedRequest[] = [];
  const sockets = new Set<RecordedSocket>();
  let behaviour: Behaviour = 'well';
  let refusal: number | undefined;

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await bodyOf(request);
    const { query, variables } = parsed(body);
    if (query === undefined) {
      response.writeHead(400).end(); // The gateway has given up in the middle of it.
      return;
    }
    const scope = scopeOf(request);
    requests.push({ query, variables, ...scope });
    if (behaviour === 'never') return;
    if (behaviour !== 'well') {
      response.writeHead(behaviour.status, { 'content-type': 'application/json' }).end(behaviour.body);
      return;
    }
    const document = parse(query);
    const errors = validate(schema, document);
    const result =
      errors.length > 0
        ? { errors }
        : await execute({ schema, document, variableValues: variables, contextValue: scope });
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(result));
  };

  const open = async (port: number) => {
    const server = createServer((request, response) => void answer(request, response));
    const socketServer = new WebSocketServer({ server, path: '/graphql' });
    useServer<{ authorization?: unknown }>(
      {
        schema,
        execute,
        subscribe,
        context: ({ connectionParams }) => ({ authorization: connectionParams?.authorization }),
        onConnect: ({ extra, connectionParams }) => {
          const recorded = { authorization: connectionParams?.authorization, socket: extra.socket };
          if (refusal !== undefined) extra.socket.close(refusal);
          if (refusal !== undefined) return false;
          sockets.add(recorded);
          extra.socket.on('close', () => sockets.delete(recorded));
          return true;
        },
      },
      socketServer,
    );
    // As long as a subgraph's: a caller that is busy must not find a connection closed that it takes for open.
    server.keepAliveTimeout = 72_000;
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('The fixture listens on no port');
    const close = async (): Promise<void> => {
      for (const socket of socketServer.clients) socket.terminate();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    };
    return { port: address.port, close };
  };

  let running = await open(0);
  const { port } = running;
  return {
    name,
    url: `http://127.0.0.1:${port}/graphql`,
    sdl,
    requests,
    sockets,
    behave: (next) => {
      behaviour = next;
    },
    refuseSockets: (code) => {
      refusal = code;
    },
    crash: () => running.close(),
    restart: async () => {
      running = await open(port);
    },
  };
}

export function withReferences(resolvers: FixtureResolvers) {
  return Object.fromEntries(
    Object.entries(resolvers).map(([type, { reference, ...fields }]) => [
      type,
      { ...fields, ...(reference && { __resolveReference: reference }) },
    ]),
  );
}

function scopeOf({ headers }: IncomingMessage): FixtureScope {
  const requestId = headers['x-request-id'];
  return { authorization: headers.authorization, requestId: typeof requestId === 'string' ? requestId : undefined };
}

function parsed(body: string) {
  try {
    return JSON.parse(body);
  } catch {
    return {};
  }
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let body = '';
  for await (const chunk of request) body += chunk;
  return body;
}
