import { createServiceTokenSigner, generateSigningKey, publicJwk, type SigningKey, staticKeys } from '@paygraph/auth';
import { createTestDatabase } from '@paygraph/database/testing';
import { createLogger } from '@paygraph/service';
import type { ContactKind } from '../generated/prisma/enums.ts';
import type { Delivery, Message, Messenger } from '../messenger/messenger.ts';
import { createProfileSubgraph } from '../subgraph.ts';

export interface ProfileServer {
  readonly url: string;
  readonly databaseUrl: string;
  /** The owner's connection. */
  readonly migrationUrl: string;
  readonly accessTokenKey: SigningKey;
  /** Everything logged so far, as it is written. */
  log(): string;
  /** Moves the clock of the subgraph, which stands still otherwise. */
  advance(ms: number): void;
  now(): Date;
  /** Every message that people were sent so far, with the kind of contact. */
  readonly sent: readonly SentMessage[];
  /** Has a code sent to a person's contact and verifies it. */
  verify(contact: ContactKind, accessToken: string): Promise<void>;
  /** What becomes of the next message, which is none then. */
  failNext(delivery: Exclude<Delivery, { kind: 'sent' }>): void;
  /** A token of the service payment for these scopes. */
  serviceToken(...scopes: string[]): string;
  post(query: string, variables?: object, token?: string): Promise<GraphqlAnswer>;
  stop(): Promise<void>;
}

export interface SentMessage extends Message {
  readonly kind: ContactKind;
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
  readonly requestContactCode: { readonly expiresAt: string | null } & Refusals;
  readonly verifyContact: { readonly customer: object | null } & Refusals;
  readonly changeHandle: object;
  readonly changePhone: object;
  readonly setCustomerTier: object;
  readonly _entities: readonly (Person | null)[];
}

interface Refusals {
  readonly userErrors: readonly { readonly code: string; readonly field: readonly string[] | null }[];
}

interface Outcome extends Refusals {
  readonly session: Session | null;
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

export const requestCodeDocument = `mutation ($contact: ContactKind!) {
  requestContactCode(input: { contact: $contact }) { expiresAt userErrors { code field } }
}`;
export const verifyDocument = `mutation ($contact: ContactKind!, $code: String!) {
  verifyContact(input: { contact: $contact, code: $code }) {
    customer { emailVerified phone phoneVerified } userErrors { code field }
  }
}`;

/** The code that a message brings. */
export function codeIn(text: string): string {
  return /\b\d{6}\b/.exec(text)?.[0] ?? '';
}

/** The subgraph over HTTP with a database of its own. */
export async function startProfile(): Promise<ProfileServer> {
  const database = await createTestDatabase('profile');
  const accessTokenKey = generateSigningKey();
  const paymentKey = generateSigningKey();
  const lines: string[] = [];
  const logger = createLogger({ service: 'profile', level: 'trace' }, { write: (line) => lines.push(line) });
  const sent: SentMessage[] = [];
  const failures: Delivery[] = [];
  const messenger = (kind: ContactKind): Messenger => ({
    async send(message) {
      const failure = failures.shift();
      if (!failure) sent.push({ ...message, kind });
      return failure ?? { kind: 'sent' };
    },
  });
  let now = new Date();
  const clock = () => now;
  const subgraph = createProfileSubgraph({
    databaseUrl: database.databaseUrl,
    accessTokenKey,
    serviceTokenKeys: staticKeys({ keys: [publicJwk(paymentKey, 'payment')] }),
    messengers: { EMAIL: messenger('EMAIL'), PHONE: messenger('PHONE') },
    logger,
    clock,
  });
  const url = await subgraph.listen({ host: '127.0.0.1', port: 0 });
  const signServiceToken = createServiceTokenSigner({ service: 'payment', key: paymentKey, now: clock });

  const post: ProfileServer['post'] = async (query, variables = {}, token) => {
    const headers = { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) };
    const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify({ query, variables }) });
    return JSON.parse(await answer.text());
  };

  return {
    url,
    databaseUrl: database.databaseUrl,
    migrationUrl: database.migrationUrl,
    accessTokenKey,
    log: () => lines.join(''),
    advance: (ms) => {
      now = new Date(now.getTime() + ms);
    },
    now: clock,
    sent,
    failNext: (delivery) => failures.push(delivery),
    serviceToken: (...scopes) => signServiceToken('profile', scopes),
    post,
    async verify(contact, accessToken) {
      await post(requestCodeDocument, { contact }, accessToken);
      const code = codeIn(sent.at(-1)?.text ?? '');
      await post(verifyDocument, { contact, code }, accessToken);
    },
    async stop() {
      await subgraph.stop();
      await database.drop();
    },
  };
}
