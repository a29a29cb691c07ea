import { setImmediate, setTimeout } from 'node:timers/promises';
import { anonymous, meets, type Policies, type Principal, type Role, scopesOf } from '@paygraph/auth';
import type { Logger } from '@paygraph/service';
import type { RegisteredOperation } from '@paygraph/supergraph/manifest';
import { Rejection } from '../errors.ts';
import type { Variables } from '../graph/graph.ts';
import type { KnownOperation, KnownOperations, Wanted } from './known-operations.ts';

/** An operation that a client is known to send. */
export type Registered = Pick<RegisteredOperation, 'client' | 'name' | 'body'>;

export interface WarmUpOptions {
  /** Where operations are to be known. */
  readonly known: KnownOperations;
  /** Where they have been asked for until now; nowhere at the start. */
  readonly before?: KnownOperations | undefined;
  readonly registered: readonly Registered[];
  readonly policies: Policies;
  /** Time in ms after which it ends: what is left is planned when somebody asks for it. */
  readonly budgetMs: number;
  /** Ends it at once. */
  readonly signal?: AbortSignal;
  readonly logger: Logger;
}

export interface WarmedUp {
  /** Variants of operations that have been planned. */
  readonly planned: number;
  /** Operations that clients are known to send, and that are not valid on this supergraph or cannot be planned. */
  readonly refused: number;
  /** Whether nothing was left when the time was over. */
  readonly isComplete: boolean;
  readonly seconds: number;
}

/** Most variants of operations that are planned because they have been asked for. */
const MAX_RECENT = 1_000;

/**
 * Plans operations before somebody waits for it: those that have been asked for of late, most of all first, and then those that
 * clients are known to send, for everybody who usually would. Where others are at work, it lets them for as long as it has
 * worked itself, after each plan.
 */
export async function warmUp(options: WarmUpOptions): Promise<WarmedUp> {
  const { known, before, registered, policies, budgetMs, signal, logger } = options;
  const begun = performance.now();
  const told = new Set<string>();
  let planned = 0;
  let refused = 0;
  const attempt = (client: string | undefined, name: string, work: () => void): void => {
    try {
      work();
    } catch (error) {
      if (isForOthers(error)) return;
      const operation = `${client ?? ''} ${name}`;
      if (told.has(operation)) return;
      told.add(operation);
      // What anybody has sent may have something in it that is not for logs.
      const why = client === undefined || !(error instanceof Error) ? undefined : error.message;
      if (client !== undefined) refused += 1;
      logger.warn({ client, operation: name, why }, 'an operation cannot be answered on this supergraph');
    }
  };
  const plan = (wanted: Wanted, uses: number): void => {
    const operation = known.operation(wanted.source, wanted.operationName, wanted.principal.kind === 'anonymous');
    const variant = known.variant(operation, wanted);
    variant.uses += uses;
    if (variant.isPlanned) return;
    variant.plan();
    planned += 1;
  };
  function* work() {
    for (const { wanted, uses } of mostUsed(before))
      yield attempt(undefined, wanted.operationName ?? 'unnamed', () => plan(wanted, uses / 2));
    for (const { client, name, body } of registered) {
      let wants: readonly Wanted[] = [];
      yield attempt(client, name, () => {
        wants = usualWants(known.operation(body, name, false), body, policies);
      });
      for (const wanted of wants) yield attempt(client, name, () => plan(wanted, 0));
    }
  }

  let isComplete = true;
  let since = begun;
  for (const _ of work()) {
    isComplete = performance.now() - begun < budgetMs && !signal?.aborted;
    if (!isComplete) break;
    await (before ? setTimeout(performance.now() - since) : setImmediate());
    since = performance.now();
  }
  return { planned, refused, isComplete, seconds: (performance.now() - begun) / 1_000 };
}

/** Of a subscription nothing is left for whoever may not have it; that is no fault of the supergraph's. */
function isForOthers(error: unknown): boolean {
  if (!(error instanceof Rejection)) return false;
  return error.errors.every(({ extensions }) => extensions.code === 'UNAUTHORIZED_FIELD_OR_TYPE');
}

/** Uses count half in the supergraph that follows, so that what is asked for no more is forgotten after some. */
function mostUsed(before: KnownOperations | undefined) {
  const used = (before?.variants() ?? []).filter(({ isPlanned, uses }) => isPlanned && uses >= 0.5);
  return used.sort((one, other) => other.uses - one.uses).slice(0, MAX_RECENT);
}

/** All that decides which variant of an operation those get who usually ask. */
function usualWants(operation: KnownOperation, source: string, policies: Policies): readonly Wanted[] {
  const operationName = operation.operation.name?.value ?? null;
  return usualCallers(operation, policies).flatMap((principal) =>
    valuesOf(operation.conditions).flatMap((variables) =>
      (operation.hasDefer ? [false, true] : [false]).map((deferring) => ({
        ...{ source, operationName, principal, variables, deferring },
      })),
    ),
  );
}

const customer = personWith('CUSTOMER');
const staff = [
  personWith('ANALYST'),
  personWith('OPERATOR'),
  personWith('CUSTOMER', 'ANALYST'),
  personWith('CUSTOMER', 'OPERATOR'),
];

/** Somebody not known, a customer, and where a customer may not see all of it, the staff. */
function usualCallers({ requirements }: KnownOperation, policies: Policies): readonly Principal[] {
  const isForCustomers = requirements.every((each) => meets(customer, each, policies));
  return isForCustomers ? [anonymous, customer] : [anonymous, customer, ...staff];
}

function personWith(...roles: Role[]): Principal {
  const scopes = new Set(scopesOf(roles));
  return { kind: 'customer', id: 'cus_', sessionId: 'ses_', roles, scopes, expiresAt: new Date(8.64e15) };
}

/** More conditions than this are not tried out in all their combinations. */
const MAX_CONDITIONS = 3;

/** What conditions may be together. */
function valuesOf(conditions: readonly string[]): readonly Variables[] {
  if (conditions.length > MAX_CONDITIONS)
    return [false, true].map((value) => Object.fromEntries(conditions.map((name) => [name, value])));
  return Array.from({ length: 2 ** conditions.length }, (_, bits) =>
    Object.fromEntries(conditions.map((name, index) => [name, (bits & (1 << index)) !== 0])),
  );
}
