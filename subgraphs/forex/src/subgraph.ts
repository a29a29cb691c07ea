import { readFileSync } from 'node:fs';
import { createAuthenticator, type KeySource, type VerifyProof } from '@paygraph/auth';
import { databaseReady, prismaAdapter } from '@paygraph/database';
import { type Logger, type Metrics, required, type Tls, type Tracing } from '@paygraph/service';
import { createLoader, createSubgraph, type Subgraph } from '@paygraph/subgraph';
import type { Context } from './context.ts';
import type { Resolvers } from './generated/graphql.ts';
import { PrismaClient } from './generated/prisma/client.ts';
import { publicFields } from './public-fields.ts';
import { quoteMutations } from './quotes/resolvers.ts';
import { createQuoteStore } from './quotes/store.ts';
import type { SpotRate } from './rates/pair-rate.ts';
import { rateQueries } from './rates/resolvers.ts';
import type { SpreadTable } from './rates/spread.ts';
import { createRateStore, type RateStore } from './rates/store.ts';
import { builtInDay, builtInMonths } from './sources/built-in.ts';
import type { RateSource } from './sources/rate-source.ts';
import { refreshRegularly } from './sources/refresh.ts';

export interface ForexDependencies {
  /** The service's connection to the migrated forex database. */
  readonly databaseUrl: string;
  readonly accessTokenKeys: KeySource;
  readonly serviceTokenKeys: KeySource;
  readonly spreads: SpreadTable;
  /** From which age in ms a rate is too old to convert at; never when undefined. */
  readonly maxRateAgeMs: number | undefined;
  /** Live rates beside the built-in ones, and the time in ms between two readings. */
  readonly live: { readonly source: RateSource; readonly everyMs: number } | undefined;
  readonly logger: Logger;
  readonly metrics?: Metrics;
  readonly tracing?: Tracing | undefined;
  /** Has people served only through the gateway. */
  readonly verifyProof?: VerifyProof | undefined;
  /** Has it served over TLS, to services with certificates alone. */
  readonly tls?: Tls | undefined;
}

/** Time in ms to the next reading of live rates after one that failed. */
const RETRY_MS = 60_000;

const typeDefs = readFileSync(new URL('../schema.graphql', import.meta.url), 'utf8');

/** Rates, their history, and quotes that hold for 30 s and lock to one payment. */
export function createForexSubgraph(dependencies: ForexDependencies): Subgraph {
  const { accessTokenKeys, serviceTokenKeys, spreads, maxRateAgeMs, live, logger } = dependencies;
  const prisma = new PrismaClient({ adapter: prismaAdapter({ url: dependencies.databaseUrl }) });
  const rates = createRateStore(prisma, { maxAgeMs: maxRateAgeMs });
  const quotes = createQuoteStore(prisma);
  const resolvers: Resolvers<Context> = { Query: rateQueries, Mutation: quoteMutations };
  let stopRefreshing = async () => {};

  return createSubgraph<Context>({
    name: 'forex',
    typeDefs,
    resolvers,
    publicFields,
    authenticate: createAuthenticator({
      accessTokenKeys,
      serviceTokenKeys,
      audience: 'forex',
      // Risk reads what everyone may read.
      acceptedScopes: { payment: ['forex:lock'], risk: [] },
    }),
    context: (scope) => ({
      ...scope,
      rates,
      quotes,
      spreads,
      spots: createLoader<SpotRate>(rates.latest, ({ currency }) => currency),
    }),
    logger,
    metrics: dependencies.metrics,
    tracing: dependencies.tracing,
    verifyProof: dependencies.verifyProof,
    tls: dependencies.tls,
    dependencies: { postgresql: required(() => databaseReady(prisma)) },
    start: async () => {
      await loadBuiltIn(rates, logger);
      if (!live) return;
      stopRefreshing = refreshRegularly({ ...live, record: rates.record, retryMs: RETRY_MS, logger });
    },
    stop: async () => {
      await stopRefreshing();
      await prisma.$disconnect();
    },
  });
}

async function loadBuiltIn(rates: RateStore, logger: Logger): Promise<void> {
  for (const source of [builtInDay(), builtInMonths()]) {
    const added = await rates.record(source.name, await source.read(AbortSignal.timeout(RETRY_MS)));
    if (added > 0) logger.info({ source: source.name, added }, 'built-in rates loaded');
  }
}
