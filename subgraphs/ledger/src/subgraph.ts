import { readFileSync } from 'node:fs';
import { type Authenticate, createLinks, type SigningKey, type VerifyProof } from '@paygraph/auth';
import { createPool, databaseReady, prismaAdapter } from '@paygraph/database';
import type { EventBus } from '@paygraph/events';
import { type Logger, type Metrics, optional, required, type Tls, type Tracing } from '@paygraph/service';
import { createSubgraph, type Subgraph } from '@paygraph/subgraph';
import { accountResolvers } from './account/resolvers.ts';
import { createAccountStore } from './account/store.ts';
import { createTrialBalanceStore, trialBalanceResolvers } from './account/trial-balance.ts';
import { announcing } from './activity/announce.ts';
import { activityResolvers } from './activity/resolvers.ts';
import { createActivity } from './activity/subscription.ts';
import { createAccountWatcher } from './activity/watcher.ts';
import { Context } from './context.ts';
import { createEngine } from './engine/engine.ts';
import { createEngineMetrics } from './engine/metrics.ts';
import { commandResolvers } from './engine/resolvers.ts';
import { createHistoryReader } from './entry/history.ts';
import { createEntryStore } from './entry/store.ts';
import { exportResolvers } from './export/resolvers.ts';
import { exportRoutes } from './export/routes.ts';
import { createExportStore } from './export/store.ts';
import type { Resolvers } from './generated/graphql.ts';
import { PrismaClient } from './generated/prisma/client.ts';
import { createHeadSigner } from './heads/signer.ts';
import { createPartitionRoutine } from './partitions/partitions.ts';
import { createProofMetrics } from './proof/metrics.ts';
import { createProof } from './proof/proof.ts';
import { createProofWorker } from './proof/worker.ts';
import { createExpiryWorker } from './reservation/expiry-worker.ts';
import { transactionResolvers } from './transaction/resolvers.ts';
import { createTransactionStore } from './transaction/store.ts';

export interface LedgerDependencies {
  /** The connection of the role that may read the books and execute the ledger's functions, and nothing else. */
  readonly databaseUrl: string;
  /** Carries hints between ledger processes; closed by whoever made it. */
  readonly bus: EventBus;
  readonly authenticate: Authenticate;
  /** Of the service: signs links to exports, and where the chain ends. The same key in every process. */
  readonly key: SigningKey;
  readonly logger: Logger;
  readonly metrics?: Metrics;
  readonly tracing?: Tracing | undefined;
  /** Has people served only through the gateway. */
  readonly verifyProof?: VerifyProof | undefined;
  /** Has it served over TLS, to services with certificates alone. */
  readonly tls?: Tls | undefined;
  /** How many commands are decided in one transaction of the database, 256 unless told. */
  readonly maxBatch?: number;
  /** Longest time in ms after which a reservation that ran out is ended. */
  readonly expiryIntervalMs?: number;
  /** Time in ms between two proofs of the books, a minute unless told. */
  readonly proofIntervalMs?: number;
}

/** Life of a link to an export in seconds. */
const linkLifetime = 300;

const typeDefs = readFileSync(new URL('../schema.graphql', import.meta.url), 'utf8');

const resolvers: Resolvers = {
  ...accountResolvers,
  ...transactionResolvers,
  ...activityResolvers,
  Query: {
    ...accountResolvers.Query,
    ...transactionResolvers.Query,
    ...trialBalanceResolvers.Query,
    ...commandResolvers.Query,
  },
  Mutation: { ...commandResolvers.Mutation, ...exportResolvers.Mutation },
};

/** The books behind the graph, and the workers that end reservations when they run out and sign the chain. */
export function createLedgerSubgraph(dependencies: LedgerDependencies): Subgraph {
  const {
    databaseUrl,
    bus,
    authenticate,
    key,
    logger,
    metrics,
    tracing,
    maxBatch,
    expiryIntervalMs = 1_000,
    proofIntervalMs = 60_000,
  } = dependencies;
  const database = new PrismaClient({ adapter: prismaAdapter({ url: databaseUrl }) });
  const commands = createPool({ url: databaseUrl });
  // Of its own: what reads at length does not keep commands waiting for a connection.
  const background = new PrismaClient({ adapter: prismaAdapter({ url: databaseUrl, poolSize: 3 }) });
  const links = createLinks({ key, use: 'ledger-export', lifetime: linkLifetime });
  const observe = metrics && createEngineMetrics(metrics.registry);
  const watcher = createAccountWatcher({ database, bus, logger });
  const accounts = createAccountStore(database);
  const entries = createEntryStore(database);
  const stores = {
    links,
    engine: announcing(createEngine(commands, { maxBatch, observe }), watcher.posted),
    accounts,
    activity: createActivity({ accounts, entries, watcher }),
    transactions: createTransactionStore(database),
    entries,
    isAtHand: createHistoryReader(database),
    trialBalance: createTrialBalanceStore(database),
  };
  const proof = createProofWorker({
    proof: createProof(background),
    metrics: metrics && createProofMetrics(metrics.registry),
    logger,
    intervalMs: proofIntervalMs,
  });
  const expiry = createExpiryWorker({ database, logger, intervalMs: expiryIntervalMs });
  const partitions = createPartitionRoutine({ database: background, registry: metrics?.registry, logger });
  const heads = createHeadSigner({ database: background, key, logger });

  return createSubgraph<Context>({
    name: 'ledger',
    typeDefs,
    resolvers,
    authenticate,
    logger,
    metrics,
    tracing,
    verifyProof: dependencies.verifyProof,
    tls: dependencies.tls,
    context: (scope) => new Context(scope, stores),
    routes: exportRoutes({ links, exports: createExportStore(background) }),
    dependencies: {
      postgresql: required(() => databaseReady(database)),
      ...(bus.ready && { redis: optional(bus.ready) }),
    },
    start: async () => {
      await partitions.start();
      await watcher.start();
      expiry.start();
      proof.start();
      heads.start();
    },
    stop: async () => {
      await Promise.all([expiry.stop(), proof.stop(), heads.stop(), partitions.stop(), watcher.stop()]);
      await commands.end();
      await background.$disconnect();
      await database.$disconnect();
    },
  });
}
