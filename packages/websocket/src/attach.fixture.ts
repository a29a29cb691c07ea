import { EventEmitter, once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { type Principal, TokenError } from '@paygraph/auth';
import { assertObjectType, buildSchema, GraphQLError } from 'graphql';
import { createClient } from 'graphql-ws';
import { afterEach, expect } from 'vitest';
import { WebSocket } from 'ws';
import { attachGraphqlWs, type GraphqlWsOptions } from './attach.ts';

interface Context {
  readonly principal: Principal;
}

const customer = (expiresAt = new Date(Date.now() + 60_000)): Principal => ({
  kind: 'customer',
  id: 'cus_1',
  sessionId: 'ses_1',
  roles: ['CUSTOMER'],
  scopes: new Set(),
  expiresAt,
});

/** Stands in for verified tokens: the word after `Bearer` says what they are. */
async function authenticate(authorization: string | undefined): Promise<Principal> {
  switch (authorization) {
    case undefined:
      return { kind: 'anonymous' };
    case 'Bearer good':
      return customer();
    case 'Bearer brief':
      return customer(new Date(Date.now() + 100));
    case 'Bearer expired':
      throw new TokenError('EXPIRED', 'The token has expired');
    case 'Bearer unjudged':
      throw new Error('no keys');
    default:
      throw new TokenError('MALFORMED', 'The token is not a JWT');
  }
}

/** Sources whose ends a test can see. */
export const sources = new EventEmitter();
/** The field `slow` emits `begin`, and waits for `finish`. */
export const work = new EventEmitter();
const resolvers = {
  Query: {
    who: { resolve: (_root: unknown, _args: unknown, { principal }: Context) => principal.kind },
    slow: {
      resolve: async () => {
        const finished = once(work, 'finish');
        work.emit('begin');
        return (await finished)[0];
      },
    },
    fault: {
      resolve: () => {
        throw new Error('the secret cause');
      },
    },
  },
  Subscription: {
    ticks: {
      subscribe: async function* () {
        yield { ticks: 1 };
        yield { ticks: 2 };
      },
    },
    faultyTicks: {
      subscribe: async function* () {
        yield { faultyTicks: 1 };
        throw new GraphQLError('Too slow', { extensions: { code: 'RESUME', afterSequence: 1 } });
      },
    },
    silence: { subscribe: () => silence() },
    refused: {
      subscribe: () => {
        throw new GraphQLError('You may not do this', { extensions: { code: 'FORBIDDEN' } });
      },
    },
  },
};

function silence() {
  return {
    [Symbol.asyncIterator]() {
      return this;
    },
    next: () => {
      sources.emit('waiting');
      return new Promise<never>(() => {});
    },
    return: async () => {
      sources.emit('ended');
      return { done: true, value: undefined };
    },
  };
}

const schema = buildSchema(`
  type Query { who: String, slow: String, fault: String }
  type Subscription { ticks: Int, faultyTicks: Int, silence: Int, refused: Int }
`);
for (const [type, fields] of Object.entries(resolvers)) {
  const declared = assertObjectType(schema.getType(type)).getFields();
  for (const [name, field] of Object.entries(fields)) Object.assign(declared[name] ?? {}, field);
}

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** Sockets on a server that does not listen yet. */
export function attach(options: Partial<GraphqlWsOptions<Context>> = {}) {
  const logged: object[] = [];
  const server: Server = createServer((_request, response) => response.writeHead(404).end());
  const sockets = attachGraphqlWs<Context>({
    server,
    authenticate,
    schema,
    context: ({ principal }) => ({ principal }),
    formatError: ({ message, path, extensions }, context) =>
      extensions.code
        ? { message, extensions }
        : { message: `masked for ${context?.principal.kind ?? 'nobody'}`, ...(path && { path }) },
    logger: { debug: (details) => logged.push(details), error: (details) => logged.push(details) },
    ...options,
  });
  return { server, sockets, logged };
}

export async function serve(options: Partial<GraphqlWsOptions<Context>> = {}) {
  const { server, sockets, logged } = attach(options);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(async () => {
    await sockets.drain();
    await new Promise((resolve) => server.close(resolve));
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return { url: `ws://127.0.0.1:${address.port}/graphql`, server, sockets, logged };
}

export function client(url: string, authorization?: string) {
  const made = createClient({
    url,
    webSocketImpl: WebSocket,
    connectionParams: { authorization },
    retryAttempts: 0,
    lazy: true,
  });
  closing.push(() => made.dispose());
  return made;
}

/** All results of one operation, up to its completion. */
export async function resultsOf(made: ReturnType<typeof client>, query: string): Promise<unknown[]> {
  const results: unknown[] = [];
  for await (const result of made.iterate({ query })) results.push(result);
  return results;
}

/** A socket that speaks the protocol by hand. */
export async function rawSocket(url: string, options: object = {}) {
  const socket = new WebSocket(url, 'graphql-transport-ws', options);
  closing.push(() => socket.terminate());
  await once(socket, 'open');
  const closed = once(socket, 'close').then(([code, reason]) => ({ code, reason: String(reason) }));
  const messages: { type: string; id?: string; payload?: unknown }[] = [];
  socket.on('message', (data) => messages.push(JSON.parse(String(data))));
  const send = (message: object) => socket.send(JSON.stringify(message));
  const connect = async (authorization = 'Bearer good') => {
    send({ type: 'connection_init', payload: { authorization } });
    await expect.poll(() => messages.some(({ type }) => type === 'connection_ack')).toBe(true);
  };
  return { socket, send, connect, closed, messages };
}
