import { readFileSync } from 'node:fs';
import { createAuthenticator, type KeySource, type VerifyProof } from '@paygraph/auth';
import { databaseReady } from '@paygraph/database';
import {
  type Clock,
  createRoutine,
  type Logger,
  type Metrics,
  required,
  systemClock,
  type Tls,
  type Tracing,
} from '@paygraph/service';
import { createSubgraph, dependenciesOn, type Peer, type Subgraph } from '@paygraph/subgraph';
import type { Context } from './context.ts';
import { openDatabase } from './database.ts';
import type { Resolvers } from './generated/graphql.ts';
import { followTiers } from './limits/ceilings.ts';
import { createLimitHolds } from './limits/holds.ts';
import { type LimitTable, loadLimitTable } from './limits/limit-table.ts';
import { limitFields, limitMutations } from './limits/resolvers.ts';
import { sweepHolds } from './limits/sweep.ts';
import { createTierLoader, createTiers } from './limits/tiers.ts';
import { createUsageLoader } from './limits/usage.ts';
import { createWalletLedger } from './wallet/ledger.ts';
import { createWalletLoader } from './wallet/loader.ts';
import { customerFields, walletFields, walletMutations, walletQueries } from './wallet/resolvers.ts';
import { createWalletStore } from './wallet/store.ts';

export interface WalletDependencies {
  /** The service's connection: `postgresql://wallet_service:…`. */
  readonly databaseUrl: string;
  /** The keys of customers' tokens. */
  readonly accessTokenKeys: KeySource;
  /** The keys of the services that may hold limits. */
  readonly serviceTokenKeys: KeySource;
  /** Where wallets' accounts are opened and frozen; closed with the subgraph. */
  readonly ledger: Peer;
  /** Says how well people are known; closed with the subgraph. */
  readonly profile: Peer;
  /** Is asked about payments that seem to have forgotten what they hold; closed with the subgraph. */
  readonly payment: Peer;
  readonly logger: Logger;
  readonly metrics?: Metrics;
  readonly tracing?: Tracing | undefined;
  /** Has people served only through the gateway. */
  readonly verifyProof?: VerifyProof | undefined;
  /** Has it served over TLS, to services with certificates alone. */
  readonly tls?: Tls | undefined;
  readonly clock?: Clock;
  /** The table in force unless given. */
  readonly limits?: LimitTable;
}

const sweepEveryMs = 60_000;
const ceilingsEveryMs = 10_000;

/** What a customer holds: wallets, freezes, and limits on what may leave them. */
export function createWalletSubgraph(dependencies: WalletDependencies): Subgraph {
  const { accessTokenKeys, serviceTokenKeys, logger, clock = systemClock, limits = loadLimitTable() } = dependencies;
  const peers = { ledger: dependencies.ledger, profile: dependencies.profile, payment: dependencies.payment };
  const prisma = openDatabase(dependencies.databaseUrl);
  const store = createWalletStore(prisma);
  const holds = createLimitHolds(prisma);
  const ledger = createWalletLedger(dependencies.ledger);
  const tiers = createTiers(dependencies.profile, clock);
  const ceilings = createRoutine({
    name: 'ceilings',
    run: () => followTiers({ store, ledger, tiers, table: limits }),
    everyMs: ceilingsEveryMs,
    logger,
  });
  const sweep = createRoutine({
    name: 'sweep of limits',
    run: () => sweepHolds({ holds, payment: dependencies.payment, clock, logger }),
    everyMs: sweepEveryMs,
    logger,
  });

  return createSubgraph<Context>({
    name: 'wallet',
    typeDefs: readFileSync(new URL('../schema.graphql', import.meta.url), 'utf8'),
    resolvers: {
      Query: walletQueries(store),
      Mutation: {
        ...walletMutations({ store, ledger, limits, tiers, clock }),
        ...limitMutations({ holds, table: limits, tiers, store, clock }),
      },
      Wallet: { ...walletFields, ...limitFields(limits) },
      Customer: customerFields(store),
    } satisfies Resolvers,
    context: (scope) => ({
      ...scope,
      wallets: createWalletLoader(store),
      usage: createUsageLoader(prisma, clock()),
      tiers: createTierLoader(tiers),
    }),
    authenticate: createAuthenticator({
      accessTokenKeys,
      serviceTokenKeys,
      audience: 'wallet',
      acceptedScopes: { payment: ['wallet:resolve', 'wallet:limit'] },
      now: clock,
    }),
    logger,
    metrics: dependencies.metrics,
    tracing: dependencies.tracing,
    verifyProof: dependencies.verifyProof,
    tls: dependencies.tls,
    dependencies: {
      postgresql: required(() => databaseReady(prisma)),
      limits: required(async () => ({ version: limits.version })),
      ...dependenciesOn(peers),
    },
    start: async () => {
      sweep.start();
      ceilings.start();
    },
    stop: async () => {
      await Promise.all([sweep.stop(), ceilings.stop()]);
      await Promise.all(Object.values(peers).map((peer) => peer.close()));
      await prisma.$disconnect();
    },
  });
}
