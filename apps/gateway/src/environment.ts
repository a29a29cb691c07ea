import { fileURLToPath } from 'node:url';
import { isServiceName } from '@paygraph/auth';
import { fileVariable, serviceEnvironment } from '@paygraph/service';
import { z } from 'zod';
import { defaultBudgets } from './protection/budgets.ts';
import { defaultLimits } from './protection/limits.ts';
import type { ProtectionOptions } from './protection/protection.ts';
import { defaultRateLimits } from './protection/rate-limits.ts';
import { type CallSettings, defaultCalls } from './subgraphs/settings.ts';

export const committedSupergraph = fileURLToPath(new URL('../../../supergraph.graphql', import.meta.url));
const committedOperations = fileURLToPath(new URL('../../../deploy/schema/operations', import.meta.url));

const origins = z
  .string()
  .transform((list) => list.split(',').map((origin) => origin.trim()))
  .pipe(z.array(z.url({ protocol: /^https?$/, error: 'must be web origins, separated by commas' })));

const networks = z
  .string()
  .transform((list) => list.split(',').map((network) => network.trim()))
  .pipe(
    z.array(
      z.union([z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()], {
        error: 'must be addresses or networks, separated by commas',
      }),
    ),
  );

const count = z
  .string()
  .regex(/^[1-9]\d{0,8}$/, 'must be a whole number above 0')
  .transform(Number);
const countOf = (otherwise: number) => count.prefault(String(otherwise));

/** What holds for one subgraph, by its name. */
type BySubgraph = (subgraph: string) => number | undefined;

/** `1000`, or `1000,ledger=200,risk=50` where some subgraphs differ; `otherwise` when it says nothing of one. */
const bySubgraph = (otherwise: number | undefined) =>
  z.string().transform((text, context): BySubgraph => {
    const parts = text.split(',').map((part) => /^(?:([a-z]+)=)?([1-9]\d{0,8})$/.exec(part.trim()));
    const numbers = new Map(parts.map((part) => [part?.[1], Number(part?.[2])]));
    const isWrong = parts.some((part) => !part || (part[1] !== undefined && !isServiceName(part[1])));
    if (isWrong || numbers.size < parts.length)
      context.issues.push({
        ...{ code: 'custom', input: text },
        message: 'must be a whole number above 0, or such numbers for subgraphs, as in 1000,ledger=200',
      });
    return (subgraph) => numbers.get(subgraph) ?? numbers.get(undefined) ?? otherwise;
  });

/** Settings of the gateway alone. What they mean for operations is in docs/protection.md, for subgraphs in docs/resilience.md. */
const settings = {
  /** The composed supergraph, watched for changes; the committed one if left out. */
  SUPERGRAPH_FILE: fileVariable((text) => text).prefault(committedSupergraph),
  /** A folder with the persisted-query manifests of known clients, whose operations are measured by name. */
  OPERATIONS_DIRECTORY: z.string().prefault(committedOperations),
  /** Origins of web pages that browsers may let call the gateway, separated by commas. */
  CORS_ORIGINS: origins.optional(),
  /** Subscriptions that may be open at once, over whatever transport, in all and of one caller. */
  MAX_SUBSCRIPTIONS: countOf(20_000),
  MAX_SUBSCRIPTIONS_PER_CALLER: countOf(200),
  /** WebSockets that may be open at once, in all and of one caller. */
  MAX_SOCKETS: countOf(20_000),
  MAX_SOCKETS_PER_CALLER: countOf(50),
  /** WebSockets of one network that may be open before they say whose they are, for which they have three seconds. */
  MAX_NEW_SOCKETS_PER_NETWORK: countOf(500),
  /** Bytes of answers that are for everybody and kept in this process; 0 keeps none, in Redis neither. */
  RESPONSE_CACHE_BYTES: z
    .string()
    .regex(/^\d{1,10}$/, 'must be a whole number of bytes')
    .transform(Number)
    .prefault('33554432'),
  /** How large an operation may be. */
  MAX_DEPTH: countOf(defaultLimits.depth),
  MAX_ALIASES: countOf(defaultLimits.aliases),
  MAX_ROOT_FIELDS: countOf(defaultLimits.rootFields),
  MAX_DIRECTIVES: countOf(defaultLimits.directives),
  MAX_SELECTIONS: countOf(defaultLimits.selections),
  MAX_RECURSION: countOf(defaultLimits.recursion),
  MAX_CHARACTERS: countOf(defaultLimits.characters),
  MAX_TOKENS: countOf(defaultLimits.tokens),
  /** Operations in one HTTP request, and bytes of one or of a message on a WebSocket. */
  MAX_BATCH: countOf(defaultLimits.batch),
  MAX_BODY_BYTES: countOf(defaultLimits.bodyBytes),
  /** What one operation may cost by its estimate, by who asks. */
  COST_BUDGET_ANONYMOUS: countOf(defaultBudgets.anonymous),
  COST_BUDGET_CUSTOMER: countOf(defaultBudgets.customer),
  COST_BUDGET_ANALYST: countOf(defaultBudgets.analyst),
  COST_BUDGET_OPERATOR: countOf(defaultBudgets.operator),
  /** Cost that may be spent in a minute: by the anonymous callers of a network, by one person, by the persons of a network. */
  RATE_LIMIT_ANONYMOUS: countOf(defaultRateLimits.anonymous),
  RATE_LIMIT_CALLER: countOf(defaultRateLimits.caller),
  RATE_LIMIT_NETWORK: countOf(defaultRateLimits.network),
  /** Whether only the operations of known clients are let in. */
  OPERATIONS: z.enum(['any', 'listed'], { error: 'must be any or listed' }).default('any'),
  /** Longest time in ms for a call of a subgraph, with all of its tries. */
  SUBGRAPH_TIMEOUT_MS: bySubgraph(defaultCalls.timeoutMs).prefault(String(defaultCalls.timeoutMs)),
  /** Requests to a subgraph that are under way at once, and calls of it that may wait for their turn. */
  SUBGRAPH_CONCURRENCY: bySubgraph(defaultCalls.concurrency).prefault(String(defaultCalls.concurrency)),
  SUBGRAPH_QUEUE: bySubgraph(defaultCalls.queue).prefault(String(defaultCalls.queue)),
  /** Time in ms after which entities that have not come are asked for once more. */
  HEDGE_AFTER_MS: bySubgraph(undefined).optional(),
  /** Addresses of proxies, or their networks, whose `x-forwarded-for` is believed; separated by commas. */
  TRUSTED_PROXIES: networks.optional(),
};

/** Names of the variables that are the gateway's own. */
export const gatewaySettings: readonly string[] = Object.keys(settings);

export const gatewayEnvironment = {
  ...serviceEnvironment,
  ...settings,
};

type GatewayConfig = z.output<z.ZodObject<typeof gatewayEnvironment>>;

/** What a configuration says of what operations may ask for and spend. */
export function protectionIn(config: GatewayConfig): Pick<ProtectionOptions, 'limits' | 'budgets'> {
  return {
    limits: {
      depth: config.MAX_DEPTH,
      aliases: config.MAX_ALIASES,
      rootFields: config.MAX_ROOT_FIELDS,
      directives: config.MAX_DIRECTIVES,
      selections: config.MAX_SELECTIONS,
      recursion: config.MAX_RECURSION,
      characters: config.MAX_CHARACTERS,
      tokens: config.MAX_TOKENS,
      batch: config.MAX_BATCH,
      bodyBytes: config.MAX_BODY_BYTES,
    },
    budgets: {
      anonymous: config.COST_BUDGET_ANONYMOUS,
      customer: config.COST_BUDGET_CUSTOMER,
      analyst: config.COST_BUDGET_ANALYST,
      operator: config.COST_BUDGET_OPERATOR,
    },
  };
}

/** What a configuration says of how each subgraph is called. */
export function callsIn(config: GatewayConfig): (subgraph: string) => Partial<CallSettings> {
  const { timeoutMs, concurrency, queue } = defaultCalls;
  return (subgraph) => ({
    timeoutMs: config.SUBGRAPH_TIMEOUT_MS(subgraph) ?? timeoutMs,
    concurrency: config.SUBGRAPH_CONCURRENCY(subgraph) ?? concurrency,
    queue: config.SUBGRAPH_QUEUE(subgraph) ?? queue,
    hedgeAfterMs: config.HEDGE_AFTER_MS?.(subgraph),
  });
}

/** What a configuration says of how much callers may spend in a minute. */
export function rateLimitsIn(config: GatewayConfig) {
  const { RATE_LIMIT_ANONYMOUS: anonymous, RATE_LIMIT_CALLER: caller, RATE_LIMIT_NETWORK: network } = config;
  return { limits: { anonymous, caller, network }, redisUrl: config.REDIS_URL };
}

/** What a configuration says of answers that are kept for everybody. */
export function responseCacheIn({ RESPONSE_CACHE_BYTES: bytes, REDIS_URL: redisUrl }: GatewayConfig) {
  return bytes === 0 ? undefined : { bytes, redisUrl };
}
