import { createServiceTokenSigner, generateSigningKey, publicJwk, type SigningKey, staticKeys } from '@paygraph/auth';
import { createTestDatabase } from '@paygraph/database/testing';
import { createLogger } from '@paygraph/service';
import { createProfileSubgraph } from '../subgraph.ts';

export interface ProfileServer {
  readonly url: string;
  readonly databaseUrl: string;
  readonly accessTokenKey: SigningKey;
  /** Everything logged so far, as it is written. */
  log(): string;
  /** Moves the clock of the subgraph, which stands still otherwise. */
  advance(ms: number): void;
  now(): Date;
  /** A token of the service payment for these scopes. */
  serviceToken(...scopes: string[]): string;
  post(query: string, variables?: object, token?: string): Promise<GraphqlAnswer>;
  stop(): Promise<void>;
}

export interface GraphqlAnswer {
  readonly data: Fields;
  readonly errors?: readonly { readonly message: string; readonly extensions: Record<string, unknown> }[];
}

/** What the operations of the tests ask for; each has some of it. */
interface Fields {
  readonly register: Outcome;
  readonly logIn: Outcome;
  readonly refreshSession: Outcome;
  readonly logOut: { readonly ended: boolean };
  readonly viewer: Person | null;
  readonly customer: Person | null;
  readonly customerNames: readonly (Person | null)[];
  readonly findCustomers: readonly (object | null)[];
  readonly changeHandle: object;
  readonly changePhone: object;
  readonly setCustomerTier: object;
  readonly _entities: readonly (Person | null)[];
}

interface Outcome {
  readonly session: Session | null;
  readonly userErrors: readonly { readonly code: string; readonly field: readonly string[] | null }[];
}

export interface Session {
  readonly id: string;
  readonly accessToken: string;
  readonly accessTokenExpiresAt: string;
  readonly refreshToken: string;
  readonly customer: Person | null;
}

interface Person {
  readonly id: string;
  readonly displayName: string;
  readonly roles: readonly string[];
}

/** The subgraph over HTTP with a database of its own. */
export async function startProfile(): Promise<ProfileServer> {
  const database = await createTestDatabase('profile');
  const accessTokenKey = generateSigningKey();
  const paymentKey = generateSigningKey();
  const lines: string[] = [];
  const logger = createLogger({ service: 'profile', level: 'trace' }, { write: (line) => lines.push(line) });
  let now = new Date();
  const clock = () => now;
  const subgraph = createProfileSubgraph({
    databaseUrl: database.databaseUrl,
    accessTokenKey,
    serviceTokenKeys: staticKeys({ keys: [publicJwk(paymentKey, 'payment')] }),
    logger,
    clock,
  });
  const url = await subgraph.listen({ host: '127.0.0.1', port: 0 });
  const signServiceToken = createServiceTokenSigner({ service: 'payment', key: paymentKey, now: clock });

  return {
    url,
    databaseUrl: database.databaseUrl,
    accessTokenKey,
    log: () => lines.join(''),
    advance: (ms) => {
      now = new Date(now.getTime() + ms);
    },
    now: clock,
    serviceToken: (...scopes) => signServiceToken('profile', scopes),
    async post(query, variables = {}, token) {
      const headers = { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) };
      const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify({ query, variables }) });
      return JSON.parse(await answer.text());
    },
    async stop() {
      await subgraph.stop();
      await database.drop();
    },
  };
}
