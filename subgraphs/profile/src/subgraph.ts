import { readFileSync } from 'node:fs';
import {
  createAuthenticator,
  type KeySource,
  publicJwk,
  type SigningKey,
  staticKeys,
  type VerifyProof,
} from '@paygraph/auth';
import { databaseReady } from '@paygraph/database';
import {
  type Clock,
  type Logger,
  type Metrics,
  required,
  systemClock,
  type Tls,
  type Tracing,
} from '@paygraph/service';
import { createSubgraph, type Subgraph } from '@paygraph/subgraph';
import { contactMutations } from './contact/resolvers.ts';
import { createContactCodes } from './contact/store.ts';
import { createVerification } from './contact/verification.ts';
import type { Context } from './context.ts';
import { createLogInGuard } from './credentials/log-in-guard.ts';
import { createPasswords } from './credentials/password.ts';
import { createCustomerChanges } from './customer/change.ts';
import { createCustomerLoader } from './customer/loader.ts';
import { customerFields, customerMutations, customerQueries } from './customer/resolvers.ts';
import { createCustomerStore } from './customer/store.ts';
import { openDatabase } from './database.ts';
import type { Resolvers } from './generated/graphql.ts';
import { createHousekeeping } from './housekeeping.ts';
import type { Messengers } from './messenger/messenger.ts';
import { publicFields } from './public-fields.ts';
import { sessionMutations } from './session/resolvers.ts';
import { createSessions } from './session/session.ts';
import { createSessionStore } from './session/store.ts';

export interface ProfileDependencies {
  /** The service's connection: `postgresql://profile_service:…`. */
  readonly databaseUrl: string;
  /** Signs access tokens; its public half is served at `/.well-known/jwks.json`. */
  readonly accessTokenKey: SigningKey;
  /** The keys of the services that may ask for names. */
  readonly serviceTokenKeys: KeySource;
  /** How people are sent codes. */
  readonly messengers: Messengers;
  readonly logger: Logger;
  readonly metrics?: Metrics;
  readonly tracing?: Tracing | undefined;
  /** Has people served only through the gateway. */
  readonly verifyProof?: VerifyProof | undefined;
  /** Has it served over TLS, to services with certificates alone. */
  readonly tls?: Tls | undefined;
  readonly clock?: Clock;
}

/** How long in seconds others may keep the public keys. */
const jwksMaxAge = 300;

/** Who: customers and staff, passwords, sessions, and the keys that access tokens are verified with. */
export function createProfileSubgraph(dependencies: ProfileDependencies): Subgraph {
  const { accessTokenKey, serviceTokenKeys, logger, clock = systemClock } = dependencies;
  const jwks = { keys: [publicJwk(accessTokenKey)] };
  const prisma = openDatabase(dependencies.databaseUrl);
  const customers = createCustomerStore(prisma, clock);
  const changes = createCustomerChanges(prisma, clock);
  const passwords = createPasswords();
  const guard = createLogInGuard(prisma);
  const sessionStore = createSessionStore(prisma);
  const sessions = createSessions({ store: sessionStore, customers, accessTokenKey, clock });
  const codes = createContactCodes(prisma);
  const verification = createVerification({ codes, passwords, clock, logger, messengers: dependencies.messengers });
  const housekeeping = createHousekeeping({ stores: [guard, sessionStore, codes], clock, logger });
  const services = { customers, changes, passwords, guard, sessions, verification, clock };

  return createSubgraph<Context>({
    name: 'profile',
    typeDefs: readFileSync(new URL('../schema.graphql', import.meta.url), 'utf8'),
    resolvers: {
      Query: customerQueries(customers),
      Mutation: { ...customerMutations(services), ...sessionMutations(services), ...contactMutations(services) },
      Customer: customerFields(clock),
    } satisfies Resolvers,
    publicFields,
    context: (scope) => ({ ...scope, customers: createCustomerLoader(customers) }),
    authenticate: createAuthenticator({
      accessTokenKeys: staticKeys(jwks),
      serviceTokenKeys,
      audience: 'profile',
      acceptedScopes: { payment: ['profile:resolve'], wallet: ['profile:resolve'] },
      now: clock,
    }),
    logger,
    metrics: dependencies.metrics,
    tracing: dependencies.tracing,
    verifyProof: dependencies.verifyProof,
    tls: dependencies.tls,
    dependencies: { postgresql: required(() => databaseReady(prisma)) },
    routes: (app) => {
      app.get('/.well-known/jwks.json', (_request, reply) =>
        reply.header('cache-control', `public, max-age=${jwksMaxAge}`).send(jwks),
      );
    },
    start: async () => housekeeping.start(),
    stop: async () => {
      await housekeeping.stop();
      await prisma.$disconnect();
    },
  });
}
