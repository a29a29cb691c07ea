import { readFileSync } from 'node:fs';
import type { Authenticate, VerifyProof } from '@paygraph/auth';
import { databaseReady, prismaAdapter } from '@paygraph/database';
import {
  type Clock,
  type Logger,
  type Metrics,
  required,
  systemClock,
  type Tls,
  type Tracing,
} from '@paygraph/service';
import { createLoader, createSubgraph, dependenciesOn, type Peer, type Subgraph } from '@paygraph/subgraph';
import { createAssessor } from './assessment/assessor.ts';
import { assessmentResolvers } from './assessment/resolvers.ts';
import { createAssessmentStore } from './assessment/store.ts';
import type { Context } from './context.ts';
import type { Resolvers } from './generated/graphql.ts';
import { DollarRatesDocument } from './generated/peers/forex.ts';
import { PrismaClient } from './generated/prisma/client.ts';
import { reviewResolvers } from './review/resolvers.ts';
import { createReviewStore } from './review/store.ts';
import { activateRuleSet } from './rules/active.ts';
import { createDollarRates } from './rules/dollar-rates.ts';
import { defaultThresholds, type Thresholds } from './rules/facts.ts';
import { loadRuleSet, type RuleSet } from './rules/rule-set.ts';

export interface RiskDependencies {
  readonly databaseUrl: string;
  readonly authenticate: Authenticate;
  readonly logger: Logger;
  readonly metrics?: Metrics;
  readonly tracing?: Tracing | undefined;
  /** Has people served only through the gateway. */
  readonly verifyProof?: VerifyProof | undefined;
  /** Has it served over TLS, to services with certificates alone. */
  readonly tls?: Tls | undefined;
  /** Asked for the dollar's rates, to tell what a payment is worth. */
  readonly forex: Peer;
  readonly clock?: Clock;
  readonly thresholds?: Thresholds;
  /** The rules; the version in force unless given. */
  readonly ruleSet?: RuleSet;
}

const typeDefs = readFileSync(new URL('../schema.graphql', import.meta.url), 'utf8');

/** @throws RuleSetChangedError when the rules changed without a new version. */
export async function createRiskSubgraph(dependencies: RiskDependencies): Promise<Subgraph> {
  const {
    databaseUrl,
    authenticate,
    logger,
    forex,
    clock = systemClock,
    thresholds = defaultThresholds,
  } = dependencies;
  const database = new PrismaClient({ adapter: prismaAdapter({ url: databaseUrl, prepared: true }) });
  const close = async () => {
    await forex.close();
    await database.$disconnect();
  };
  const ruleSet = await activateRuleSet(database, dependencies.ruleSet ?? (await loadRuleSet())).catch(
    async (error: unknown) => {
      await close();
      throw error;
    },
  );
  const assessments = createAssessmentStore(database, thresholds);
  const reviews = createReviewStore(database);
  const dollarRates = createDollarRates({
    fetchRates: async () => (await forex.request(DollarRatesDocument, {})).exchangeRates ?? [],
    clock,
    logger,
  });
  // Asked for before the first payment: an analyst would have to look at what comes before they are there.
  void dollarRates();
  const assessor = createAssessor({ store: assessments, ruleSet, dollarRates, thresholds });
  const resolvers: Resolvers = {
    ...assessmentResolvers,
    ...reviewResolvers,
    Query: { ...assessmentResolvers.Query, riskRuleSet: (_parent, _args, context) => context.ruleSet },
    Mutation: { ...assessmentResolvers.Mutation, ...reviewResolvers.Mutation },
  };

  return createSubgraph<Context>({
    name: 'risk',
    typeDefs,
    resolvers,
    authenticate,
    logger,
    metrics: dependencies.metrics,
    tracing: dependencies.tracing,
    verifyProof: dependencies.verifyProof,
    tls: dependencies.tls,
    context: (scope) => ({
      ...scope,
      assessor,
      assessments,
      reviews,
      ruleSet,
      assessmentById: createLoader(assessments.byIds),
      assessmentByPayment: createLoader(assessments.byPaymentIds, ({ paymentId }) => paymentId),
    }),
    dependencies: {
      postgresql: required(() => databaseReady(database)),
      ruleSet: required(async () => ({ version: ruleSet.version })),
      ...dependenciesOn({ forex }),
    },
    stop: close,
  });
}
