/**
 * The life of a payment as data: every state, every legal step out of it, and the reasons a step may have. The types below,
 * the table `payment_transition` (to which each row of a timeline is tied by a foreign key) and the check at boot all
 * follow from it.
 */
const cancelled = ['CANCELLED_BY_CUSTOMER', 'CANCELLED_BY_OPERATOR'] as const;
const expired = ['TIMED_OUT'] as const;
const fundsRefused = [
  'INSUFFICIENT_FUNDS',
  'PAYER_WALLET_UNAVAILABLE',
  'PAYEE_WALLET_UNAVAILABLE',
  'MAXIMUM_BALANCE_EXCEEDED',
  'INTERNAL',
] as const;

/** What a rail says for certain: nothing has moved. */
const railRefused = [
  'COUNTERPARTY_NOT_FOUND',
  'COUNTERPARTY_UNAVAILABLE',
  'COUNTERPARTY_FUNDS',
  'COUNTERPARTY_DECLINED',
  'RAIL_LIMIT_EXCEEDED',
  'RAIL_UNAVAILABLE',
] as const;

export const lifecycle = {
  INITIATED: { VALIDATING: ['CHECKS_STARTED'], CANCELLED: cancelled, EXPIRED: expired },
  VALIDATING: {
    PENDING: ['CHECKS_PASSED'],
    IN_REVIEW: ['REVIEW_REQUIRED'],
    FAILED: [...fundsRefused, 'LIMIT_EXCEEDED', 'RISK_DECLINED', 'QUOTE_EXPIRED', 'QUOTE_ALREADY_USED'],
    CANCELLED: cancelled,
    EXPIRED: expired,
  },
  IN_REVIEW: {
    PENDING: ['REVIEW_APPROVED'],
    FAILED: [...fundsRefused, 'REVIEW_DECLINED'],
    CANCELLED: cancelled,
    EXPIRED: expired,
  },
  PENDING: {
    PROCESSING: ['EXECUTION_STARTED', 'CAPTURE_REQUESTED', 'RAIL_CONFIRMED'],
    FAILED: ['INTERNAL', ...railRefused],
    CANCELLED: cancelled,
    EXPIRED: expired,
  },
  PROCESSING: {
    CONFIRMED: ['FUNDS_MOVED', 'HELD_IN_SUSPENSE'],
    FAILED: ['PAYEE_WALLET_UNAVAILABLE', 'INTERNAL', ...railRefused],
  },
  CONFIRMED: { CONFIRMED: ['REFUND_SUCCEEDED'], REFUNDED: ['REFUND_SUCCEEDED', 'RETURNED_BY_RAIL'] },
  FAILED: {},
  EXPIRED: {},
  CANCELLED: {},
  REFUNDED: {},
} as const satisfies Lifecycle;

/** Where a payment begins, and why. */
export const birth = { state: 'INITIATED', reason: 'REQUESTED' } as const;

type Lifecycle = Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;

export type PaymentState = keyof typeof lifecycle;
type StepsFrom<From extends PaymentState> = (typeof lifecycle)[From];
type ReasonsIn<Steps> =
  Steps extends Record<string, infer Reasons> ? (Reasons extends readonly (infer Reason)[] ? Reason : never) : never;

/** Why a payment entered a state. */
export type PaymentReason = typeof birth.reason | { [From in PaymentState]: ReasonsIn<StepsFrom<From>> }[PaymentState];

/** One legal step with one of its reasons. */
export interface Transition {
  readonly from: PaymentState;
  readonly to: PaymentState;
  readonly reason: PaymentReason;
}

export const states: readonly PaymentState[] = statesOf(lifecycle);

/** Every legal step with each of its reasons: the rows of `payment_transition`. */
export const transitions: readonly Transition[] = states.flatMap((from) => stepsFrom(from));

/** The legal steps out of a state, a row for each reason. */
export function stepsFrom(from: PaymentState): Transition[] {
  const steps: Partial<Record<PaymentState, readonly PaymentReason[]>> = lifecycle[from];
  return states.flatMap((to) => (steps[to] ?? []).map((reason) => ({ from, to, reason })));
}

/** States from which a payment may go to `to`. */
export function statesBefore(to: PaymentState): PaymentState[] {
  return [...new Set(transitions.filter((step) => step.to === to).map((step) => step.from))];
}

/** Whether nothing can follow. */
export function isTerminal(state: PaymentState): boolean {
  return stepsFrom(state).length === 0;
}

/** True from CONFIRMED on and in every terminal state: only refunds can follow. */
export function isSettled(state: PaymentState): boolean {
  return state === 'CONFIRMED' || isTerminal(state);
}

/** Whether the money has moved, so that the payee sees the payment. */
export function hasMovedMoney(state: PaymentState): boolean {
  return state === 'CONFIRMED' || state === 'REFUNDED';
}

/**
 * Checks a lifecycle before a process relies on it.
 * @throws {Error} naming every step to an unknown state, step without a reason, state that cannot be reached from
 * `start`, and state from which no terminal one can be.
 */
export function checkLifecycle(definition: Lifecycle, start: string): void {
  const problems = [...brokenSteps(definition)];
  const reached = reachableFrom(start, definition);
  const closed = (state: string) => Object.keys(definition[state] ?? {}).length === 0;
  for (const state of Object.keys(definition)) {
    if (!reached.has(state)) problems.push(`${state} cannot be reached from ${start}`);
    if (![...reachableFrom(state, definition)].some(closed)) problems.push(`${state} never ends`);
  }
  if (problems.length > 0) throw new Error(`The lifecycle of payments is broken: ${problems.join('; ')}`);
}

function brokenSteps(definition: Lifecycle): string[] {
  return Object.entries(definition).flatMap(([from, steps]) =>
    Object.entries(steps).flatMap(([to, reasons]) => [
      ...(to in definition ? [] : [`${from} leads to ${to}, which is no state`]),
      ...(reasons.length > 0 ? [] : [`${from} leads to ${to} for no reason`]),
    ]),
  );
}

function reachableFrom(start: string, definition: Lifecycle): Set<string> {
  const reached = new Set([start]);
  for (const state of reached) for (const next of Object.keys(definition[state] ?? {})) reached.add(next);
  return reached;
}

function statesOf<State extends string>(definition: Readonly<Record<State, unknown>>): State[] {
  const isState = (text: string): text is State => text in definition;
  return Object.keys(definition).filter(isState);
}
