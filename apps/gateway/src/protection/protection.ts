import { type Budgets, defaultBudgets } from './budgets.ts';
import { defaultLimits, type Limits } from './limits.ts';
import { createPersistedQueries, type ListedOperations, type PersistedQueries } from './persisted.ts';
import type { RateLimiter } from './rate-limits.ts';

/** What every operation is held against, over whatever transport it comes and whatever the supergraph of the moment. */
export interface Protection {
  readonly limits: Limits;
  readonly budgets: Budgets;
  readonly persisted: PersistedQueries;
  /** Without it, nothing is counted. */
  readonly rateLimiter: RateLimiter | undefined;
}

export interface ProtectionOptions {
  readonly limits?: Partial<Limits> | undefined;
  readonly budgets?: Partial<Budgets> | undefined;
  /** Operations that clients are known to send; none, and all others are let in, if left out. */
  readonly listed?: ListedOperations | undefined;
  /** Nothing is counted without it. */
  readonly rateLimiter?: RateLimiter | undefined;
}

const none: ListedOperations = { operations: [], only: false };

export function createProtection({ limits, budgets, rateLimiter, listed = none }: ProtectionOptions = {}): Protection {
  return {
    limits: { ...defaultLimits, ...limits },
    budgets: { ...defaultBudgets, ...budgets },
    persisted: createPersistedQueries(listed),
    rateLimiter,
  };
}
