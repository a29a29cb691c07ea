import type { Rejection } from '../errors.ts';
import type { OperationRequest } from '../pipeline/prepare.ts';
import type { RequestScope } from '../scope.ts';
import { type Budgets, defaultBudgets } from './budgets.ts';
import { defaultLimits, type Limits } from './limits.ts';
import { createPersistedQueries } from './persisted.ts';

/** What is left of a caller's rate limit. */
export interface Usage {
  /** Cost that may be spent within a window. */
  readonly limit: number;
  readonly remaining: number;
  /** Seconds until all of it may be spent again. */
  readonly reset: number;
}

/** What every operation is held against, over whatever transport it comes and whatever the supergraph of the moment. */
export interface Protection {
  readonly limits: Limits;
  readonly budgets: Budgets;
  /** The text of an operation, which may be known by its hash. @throws Rejection */
  readonly sourceOf: (request: OperationRequest) => string;
  /** Takes the cost of an operation from what its caller may spend. Without it, nothing is counted. */
  readonly charge?: (caller: RequestScope, cost: number) => Promise<Usage | Rejection | undefined>;
}

export interface ProtectionOptions {
  readonly limits?: Partial<Limits> | undefined;
  readonly budgets?: Partial<Budgets> | undefined;
}

export function createProtection({ limits, budgets }: ProtectionOptions = {}): Protection {
  return {
    limits: { ...defaultLimits, ...limits },
    budgets: { ...defaultBudgets, ...budgets },
    sourceOf: createPersistedQueries(),
  };
}
