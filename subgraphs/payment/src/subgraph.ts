import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Authenticate, VerifyProof } from '@paygraph/auth';
import { databaseReady } from '@paygraph/database';
import type { EventBus } from '@paygraph/events';
import type { RailAdapter } from '@paygraph/rails';
import { type Logger, type Metrics, optional, required, type Tls, type Tracing } from '@paygraph/service';
import { createGroupLoader, createLoader, createSubgraph, dependenciesOn, type Subgraph } from '@paygraph/subgraph';
import { measureRelay } from './activity/metrics.ts';
import { createRelay, type Relay } from './activity/relay.ts';
import { activityResolvers } from './activity/resolvers.ts';
import { createActivityStore } from './activity/store.ts';
import { createActivities } from './activity/subscription.ts';
import { createTail } from './activity/tail.ts';
import type { Context, Operations } from './context.ts';
import { type Database, openDatabase } from './database.ts';
import type { Resolvers } from './generated/graphql.ts';
import { cancelPayment } from './payment/cancel.ts';
import { capturePayment } from './payment/capture.ts';
import { createTransfer } from './payment/create.ts';
import { createOutside } from './payment/create-outside.ts';
import { createDeposit } from './payment/deposit.ts';
import { createDirectory } from './payment/directory.ts';
import { createEndings, type Endings } from './payment/ending.ts';
import { birth, checkLifecycle, lifecycle } from './payment/lifecycle.ts';
import { createLookupBudget } from './payment/lookup-budget.ts';
import { createInsert } from './payment/make.ts';
import { createMoves, type Moves } from './payment/move.ts';
import { goesOutside } from './payment/outside.ts';
import type { Payment } from './payment/payment.ts';
import { paymentResolvers } from './payment/resolvers.ts';
import { retriesOf, retryPayment } from './payment/retry.ts';
import { createPayments, type Payments } from './payment/store.ts';
import type { Peers } from './peers/peers.ts';
import { createQuote } from './quote/create.ts';
import { type FeeSchedule, loadFeeSchedule } from './quote/fees.ts';
import { createQuotes, type Quotes } from './quote/quote.ts';
import { quoteResolvers } from './quote/resolvers.ts';
import { createAttempts } from './rails/attempt-store.ts';
import { createAttention } from './rails/attention.ts';
import { decideAttempt, decisionsOf } from './rails/decide.ts';
import { createLiveRail, type LiveRail } from './rails/live-rail.ts';
import { measureAttention, measureCircuits, measureRails, type RailObserver } from './rails/metrics.ts';
import { railResolvers } from './rails/resolvers.ts';
import { createRouter, type Router } from './rails/router.ts';
import { webhookRoutes } from './rails/webhook-intake.ts';
import { askRefund } from './refund/ask.ts';
import { refundResolvers } from './refund/resolvers.ts';
import { createRefunds, type Refunds } from './refund/store.ts';
import { recordSettlement } from './settlement/record.ts';
import { settlementResolvers } from './settlement/resolvers.ts';
import { createSettlements, type Settlements } from './settlement/store.ts';
import { releaseItem, returnItem } from './suspense/direct.ts';
import { suspenseResolvers } from './suspense/resolvers.ts';
import { createSuspenseItems, type SuspenseItems } from './suspense/store.ts';
import { createHints, type Hints } from './timeline/hints.ts';
import { timelineResolvers } from './timeline/resolvers.ts';
import { createSubscriptions } from './timeline/subscription.ts';
import { createTimelines, timelinesOf } from './timeline/timeline.ts';
import { defaultTuning, type Tuning } from './tuning.ts';
import { type Books, createBooks } from './worker/books.ts';
import { measureWork } from './worker/metrics.ts';
import { createWorkers, type Work, type Workers } from './worker/workers.ts';

export interface PaymentDependencies {
  readonly databaseUrl: string;
  /** Carries hints between payment processes; closed by whoever made it. */
  readonly bus: EventBus;
  readonly peers: Peers;
  readonly authenticate: Authenticate;
  readonly logger: Logger;
  readonly metrics?: Metrics;
  readonly tracing?: Tracing | undefined;
  /** Has people served only through the gateway. */
  readonly verifyProof?: VerifyProof | undefined;
  /** Has it served over TLS, to services with certificates alone. */
  readonly tls?: Tls | undefined;
  /** The schedule in `data/fees.json` unless given. */
  readonly fees?: FeeSchedule;
  /** What carries money outside; none unless given. */
  readonly rails?: readonly RailAdapter[];
  readonly tuning?: Partial<Tuning>;
}

const typeDefs = readFileSync(new URL('../schema.graphql', import.meta.url), 'utf8');

const resolvers: Resolvers = {
  ...paymentResolvers,
  ...quoteResolvers,
  ...timelineResolvers,
  ...activityResolvers,
  ...refundResolvers,
  ...railResolvers,
  ...suspenseResolvers,
  ...settlementResolvers,
  Query: {
    ...paymentResolvers.Query,
    ...railResolvers.Query,
    ...suspenseResolvers.Query,
    ...settlementResolvers.Query,
  },
  Mutation: {
    ...paymentResolvers.Mutation,
    ...quoteResolvers.Mutation,
    ...railResolvers.Mutation,
    ...refundResolvers.Mutation,
    ...suspenseResolvers.Mutation,
    ...settlementResolvers.Mutation,
  },
  Subscription: { ...timelineResolvers.Subscription, ...activityResolvers.Subscription },
};

/** The payment subgraph with its workers, which run from `listen` to `stop`. @throws {Error} for a broken lifecycle. */
export function createPaymentSubgraph(dependencies: PaymentDependencies): Subgraph {
  checkLifecycle(lifecycle, birth.state);
  const { databaseUrl, bus, peers, authenticate, logger, tracing } = dependencies;
  const tuning = { ...defaultTuning, ...dependencies.tuning };
  const owner = randomUUID();
  const database = openDatabase(databaseUrl);
  const relay = createRelay({ database, bus, pollMs: tuning.pollMs, logger });
  const hints = withRelay(createHints(bus, owner, logger), relay);
  const activityStore = createActivityStore(database);
  const tail = createTail({ store: activityStore, bus, rereadMs: tuning.rereadMs, logger });
  const activities = createActivities({ store: activityStore, tail, rereadMs: tuning.rereadMs });
  const registry = dependencies.metrics?.registry;
  if (registry) measureRelay(registry, activityStore);
  const observe = registry && measureWork(registry, database);
  const observeRails = registry && measureRails(registry);
  const moves = createMoves(database, tuning);
  const endings = createEndings(database, tuning);
  const payments = createPayments(database);
  const timelines = createTimelines(database);
  const quotes = createQuotes(database, tuning);
  const attempts = createAttempts(database, observeRails, logger);
  const attention = createAttention(database, tuning.rails);
  const refunds = createRefunds(database);
  const items = createSuspenseItems(database);
  const settlements = createSettlements(database);
  const liveRails = (dependencies.rails ?? []).map((adapter) => createLiveRail(adapter, tuning.rails, observeRails));
  if (registry) {
    measureCircuits(registry, liveRails);
    measureAttention(registry, attention, liveRails);
  }
  const rails = new Map(liveRails.map((rail) => [rail.adapter.name, rail]));
  const router = createRouter(database, liveRails, tuning.rails);
  const stores = { database, moves, endings, payments, quotes, attempts, refunds, items, settlements, router };
  const workers = createWorkers({ ...stores, peers, rails, hints, owner, tuning, logger, observe, tracing });
  const fees = dependencies.fees ?? loadFeeSchedule();
  const operations = createOperations({
    ...stores,
    books: createBooks(peers, logger),
    rails,
    peers,
    fees,
    tuning,
    workers,
    observeRails,
  });
  const subscriptions = createSubscriptions({ payments, timelines, hints, rereadMs: tuning.rereadMs });

  return createSubgraph<Context>({
    name: 'payment',
    typeDefs,
    resolvers,
    authenticate,
    logger,
    metrics: dependencies.metrics,
    tracing,
    verifyProof: dependencies.verifyProof,
    tls: dependencies.tls,
    context: (scope) => ({
      ...scope,
      operations,
      payments,
      items,
      settlements,
      attention,
      subscriptions,
      activities,
      loaders: {
        payment: createLoader((ids) => payments.byIds(ids)),
        quote: createLoader((ids) => quotes.byIds(ids)),
        timeline: createLoader(
          async (ids) => timelinesOf(await timelines.byPaymentIds(ids)),
          ({ paymentId }) => paymentId,
        ),
        refunds: createGroupLoader(
          (ids) => refunds.ofPayments(ids),
          ({ paymentId }) => paymentId,
        ),
        attempts: createGroupLoader(
          (ids) => attempts.ofSubjects(ids),
          ({ subjectId }) => subjectId,
        ),
        retries: createGroupLoader(
          (ids) => retriesOf(database, ids),
          ({ paymentId }) => paymentId,
        ),
        attention: createLoader(
          (ids) => attention.of(ids),
          ({ attemptId }) => attemptId,
        ),
        decisions: createGroupLoader(
          (ids) => decisionsOf(database, ids),
          ({ attemptId }) => attemptId,
        ),
      },
    }),
    dependencies: {
      postgresql: required(() => databaseReady(database)),
      ...(bus.ready && { redis: optional(bus.ready) }),
      ...dependenciesOn({ ...peers }),
    },
    routes: webhookRoutes({ database, rails, received: () => workers.made('webhooks') }),
    async start() {
      await tail.start();
      relay.start();
      await workers.start();
    },
    async stop() {
      await workers.stop();
      await Promise.all([relay.stop(), tail.stop()]);
      await Promise.all(Object.values(peers).map((peer) => peer.close()));
      await database.$disconnect();
    },
  });
}

interface OperationParts {
  readonly database: Database;
  readonly peers: Peers;
  readonly books: Books;
  readonly fees: FeeSchedule;
  readonly tuning: Tuning;
  readonly payments: Payments;
  readonly quotes: Quotes;
  readonly refunds: Refunds;
  readonly items: SuspenseItems;
  readonly settlements: Settlements;
  readonly rails: ReadonlyMap<string, LiveRail>;
  readonly router: Router;
  readonly moves: Moves;
  readonly endings: Endings;
  readonly workers: Workers;
  readonly observeRails: RailObserver | undefined;
}

function createOperations(parts: OperationParts): Operations {
  const { database, peers, books, fees, tuning, payments, quotes, refunds, items, router, moves, workers } = parts;
  const { endings, settlements, rails, observeRails } = parts;
  const { timeToLiveMs, batchSize } = tuning;
  const directory = createDirectory(peers, batchSize);
  const lookups = createLookupBudget(tuning.payeeLookups);
  const insert = createInsert({ database, timeToLiveMs, batchSize, workers });
  const creation = { database, directory, lookups, peers, fees, quotes, router, insert };
  const moved = (those: readonly Payment[]) => {
    workers.moved(those);
    workers.made('work');
  };
  /** Workers hear of whatever a mutation has left for them to do. */
  const announced = <Outcome extends { readonly kind: string; readonly replayed?: boolean }>(
    kinds: Work | readonly Work[],
    outcome: Outcome,
  ) => {
    if (outcome.kind !== 'refused' && outcome.replayed !== true) workers.made(...[kinds].flat());
    return outcome;
  };
  return {
    quote: (customer, input, requestId) => createQuote(creation, customer, input, requestId),
    pay: (customer, input) => (goesOutside(input) ? createOutside : createTransfer)(creation, customer, input),
    deposit: (operator, input) => createDeposit(creation, operator, input),
    cancel: (customer, paymentId) =>
      cancelPayment({ payments, moves, endings, books, moved: workers.moved }, customer, paymentId),
    capture: (customer, input) => capturePayment({ database, payments, moves, moved }, customer, input),
    refund: async (customer, input) =>
      announced('refunds', await askRefund({ database, payments, refunds, items }, customer, input)),
    retry: (operator, input) =>
      retryPayment({ database, payments, made: () => workers.made('work', 'attempts') }, operator, input),
    decide: async (operator, input) =>
      announced(
        ['work', 'refunds', 'suspense'],
        await decideAttempt({ database, tuning: tuning.rails, observe: observeRails }, operator, input),
      ),
    release: async (operator, input) =>
      announced('suspense', await releaseItem({ database, directory, payments, items, router }, operator, input)),
    settle: async (operator, input) =>
      announced('settlements', await recordSettlement({ database, settlements, rails }, operator, input)),
    sendBack: async (operator, input) =>
      announced('suspense', await returnItem({ database, directory, payments, items, router }, operator, input)),
  };
}

/** Steps that are hinted at get their positions too. */
function withRelay(hints: Hints, relay: Relay): Hints {
  return {
    ...hints,
    moved(payments) {
      hints.moved(payments);
      relay.nudge();
    },
    workWaiting(kind) {
      hints.workWaiting(kind);
      relay.nudge();
    },
  };
}
