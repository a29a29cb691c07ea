import { EventEmitter, once } from 'node:events';
import {
  createAuthenticator,
  createServiceTokenSigner,
  generateSigningKey,
  type KeySource,
  publicJwk,
  signAccessToken,
  staticKeys,
} from '@paygraph/auth';
import { createLogger } from '@paygraph/service';
import { GraphQLError, parse } from 'graphql';
import { afterEach } from 'vitest';
import type { RequestScope } from './context.ts';
import { createSubgraph, type Subgraph, type SubgraphOptions } from './create-subgraph.ts';
import { badUserInput, notFound } from './errors.ts';
import { createLoader } from './loader.ts';
import { createPeer } from './peer.ts';

const profileKey = generateSigningKey();
const paymentKey = generateSigningKey();

const typeDefs = `
  extend schema @link(url: "https://specs.apollo.dev/federation/v2.9",
    import: ["@key", "@authenticated", "@requiresScopes", "@inaccessible"])
  scalar Decimal
  scalar DateTime
  type Query {
    rate(amount: Decimal, at: DateTime): Decimal
    wallet(id: ID!): Wallet @requiresScopes(scopes: [["wallet:read"]])
    refused: Int
    fault: Int
    disguised: Int
    peer: Int
    database: Int
    post(ids: [ID!]!): [Boolean!]! @inaccessible @requiresScopes(scopes: [["ledger:post"]])
    slow: String
  }
  type Subscription {
    ticks: Int @requiresScopes(scopes: [["wallet:read"]])
    faultyTicks: Int @requiresScopes(scopes: [["wallet:read"]])
    missing: Int @requiresScopes(scopes: [["wallet:read"]])
  }
  type Wallet @key(fields: "id") {
    id: ID!
    label: String @requiresScopes(scopes: [["wallet:read"]])
  }
`;

const running: Subgraph[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((subgraph) => subgraph.stop()));
});

type Context = RequestScope & { readonly wallets: ReturnType<typeof createLoader<{ id: string; label: string }>> };

/** The field `slow` emits `begin` and `end`, and waits for `finish`. */
export const work = new EventEmitter();

/** A subgraph that serves on a free port until the end of the test. */
export async function serve(
  options: Partial<SubgraphOptions<Context>> & { accessTokenKeys?: KeySource; production?: boolean } = {},
) {
  const lines: string[] = [];
  const logger = createLogger({ service: 'wallet', level: 'info' }, { write: (line) => lines.push(line) });
  const loads: (readonly string[])[] = [];
  const down = createPeer({ name: 'risk', url: 'http://127.0.0.1:1/graphql', token: () => '', logger });
  const subgraph = createSubgraph<Context>({
    name: 'wallet',
    typeDefs,
    publicFields: { Query: ['rate', 'refused', 'fault', 'disguised', 'peer', 'database', 'slow'] },
    resolvers: {
      Query: {
        rate: (_root: unknown, { amount, at }: { amount?: string; at?: Date }) => amount ?? at?.getTime().toString(),
        wallet: (_root: unknown, { id }: { id: string }, { wallets }: Context) => wallets.load(id),
        refused: () => {
          throw badUserInput('amount must be more than zero', ['input', 'amount']);
        },
        fault: () => {
          throw new Error('the secret cause');
        },
        disguised: () => {
          throw new GraphQLError('the secret cause', { extensions: { code: 'P2002', table: 'secret' } });
        },
        peer: () => down.request(parse('{ a }'), {}),
        database: () => {
          throw new Error('Connection terminated unexpectedly');
        },
        post: (_root: unknown, { ids }: { ids: string[] }) => ids.map(() => true),
        slow: async () => {
          const finished = once(work, 'finish');
          work.emit('begin');
          const [result] = await finished;
          work.emit('end');
          return result;
        },
      },
      Wallet: {
        __resolveReference: ({ id }: { id: string }, { wallets }: Context) => wallets.load(id),
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
            throw new Error('the secret cause');
          },
        },
        missing: {
          subscribe: () => {
            throw notFound('There is no such payment');
          },
        },
      },
    },
    context: (scope) => ({
      ...scope,
      wallets: createLoader(async (ids) => {
        loads.push(ids);
        return ids.filter((id) => id !== 'wal_none').map((id) => ({ id, label: `label of ${id}` }));
      }),
    }),
    authenticate: createAuthenticator({
      accessTokenKeys: options.accessTokenKeys ?? staticKeys({ keys: [publicJwk(profileKey)] }),
      serviceTokenKeys: staticKeys({ keys: [publicJwk(paymentKey, 'payment')] }),
      audience: 'wallet',
      acceptedScopes: { payment: ['ledger:post'] },
    }),
    logger,
    ...options,
  });
  running.push(subgraph);
  const url = await subgraph.listen({ host: '127.0.0.1', port: 0 });
  const ask = async (query: string, { token, variables, headers }: Asking = {}) => {
    const response = await fetch(url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
        ...headers,
      },
      body: JSON.stringify({ query, variables }),
    });
    const body: Answer = JSON.parse(await response.text());
    return { status: response.status, headers: response.headers, body };
  };
  return { subgraph, url, ask, lines, loads };
}

interface Answer {
  readonly data?: unknown;
  readonly errors?: { readonly message: string; readonly path: string[]; readonly extensions: object }[];
}

interface Asking {
  readonly token?: string;
  readonly variables?: object;
  readonly headers?: Record<string, string>;
}

export const accessToken = (now = new Date()) =>
  signAccessToken({ key: profileKey, customerId: 'cus_1', sessionId: 'ses_1', roles: ['CUSTOMER'], now }).token;
export const serviceToken = () =>
  createServiceTokenSigner({ service: 'payment', key: paymentKey })('wallet', ['ledger:post']);
