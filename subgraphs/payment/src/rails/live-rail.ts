import type { Currency, Money } from '@paygraph/money';
import type {
  CancelOutcome,
  RailAdapter,
  RailInstruction,
  StatementPage,
  StatusOutcome,
  SubmitOutcome,
  Unknown,
} from '@paygraph/rails';
import {
  BrokenCircuitError,
  BulkheadRejectedError,
  bulkhead,
  CircuitState,
  ConsecutiveBreaker,
  circuitBreaker,
  handleWhenResult,
  type ICancellationContext,
  TaskCancelledError,
  TimeoutStrategy,
  timeout,
  wrap,
} from 'cockatiel';
import { RateLimiterMemory, RateLimiterQueue, RateLimiterQueueError } from 'rate-limiter-flexible';
import type { RailCall, RailObserver } from './metrics.ts';
import type { RailTuning } from './tuning.ts';

/** Not a byte was sent, for a reason of ours: the rail was not even asked, and nothing is learned of it. */
export interface Withheld {
  readonly kind: 'WITHHELD';
  readonly why: string;
  readonly retryAfterMs: number;
  /** Whether the rail is out of order, so that another one may be better. */
  readonly outOfOrder: boolean;
}

export type Health = 'closed' | 'half-open' | 'open';

/**
 * An adapter behind a circuit breaker, a rate limit, a limit of calls at a time and a time-out. Calls above the limits wait
 * for their turn, in the order in which they came; one that could not begin before `beginBy` (ms since 1970; as long as a
 * lease that begins now allows, unless told) is withheld.
 */
export interface LiveRail {
  readonly adapter: RailAdapter;
  health(): Health;
  /** Tells `answered` how long the rail took for an answer, in ms, if it gave one: without the wait for the call's turn. */
  submit(
    instruction: RailInstruction,
    beginBy?: number,
    answered?: (latencyMs: number) => void,
  ): Promise<SubmitOutcome | Withheld>;
  status(instruction: RailInstruction, beginBy?: number): Promise<StatusOutcome | Withheld>;
  cancel(instruction: RailInstruction, beginBy?: number): Promise<CancelOutcome | Withheld>;
  /** Of a rail that has statements: beside its circuit and its limits, because payments need none. */
  readonly statement: ((day: string, page: number) => Promise<StatementPage | Unknown>) | undefined;
  /**
   * Our float, as of some seconds ago; null when it is not known: nobody waits long for it, and a rail that is out of order
   * is not asked. Whoever wants to know it at the same time waits for one call, which counts for the limits.
   */
  float(currency: Currency): Promise<Money | null>;
}

/** What says that the rail, and not the payment, is in trouble. */
function isTrouble(outcome: unknown): boolean {
  const kind = typeof outcome === 'object' && outcome !== null && 'kind' in outcome ? outcome.kind : undefined;
  return kind === 'UNKNOWN' || kind === 'NOT_SENT';
}

export function createLiveRail(
  adapter: RailAdapter,
  tuning: RailTuning,
  observe?: Pick<RailObserver, 'called'>,
): LiveRail {
  const partOf = (limit: number) => Math.max(1, Math.floor(limit / tuning.processes));
  const callsPerSecond = partOf(adapter.capabilities.callsPerSecond);
  const concurrentCalls = partOf(adapter.capabilities.concurrentCalls);
  const breaker = circuitBreaker(handleWhenResult(isTrouble).orType(TaskCancelledError), {
    halfOpenAfter: tuning.breakerPauseMs,
    breaker: new ConsecutiveBreaker(tuning.breakerFailures),
  });
  let openedAt = 0;
  breaker.onBreak(() => {
    openedAt = Date.now();
  });
  // The library half-opens with the next call, which nobody makes to a rail that is not chosen because it is open.
  const isPauseOver = () => Date.now() - openedAt >= tuning.breakerPauseMs;
  const health = () => (breaker.state === CircuitState.Open && isPauseOver() ? 'half-open' : healths[breaker.state]);
  // The turns are outside, so that what waits for its own does not use up its time.
  const turns = bulkhead(concurrentCalls, tuning.queuedCalls);
  const policy = wrap(breaker, timeout(tuning.callTimeoutMs, TimeoutStrategy.Aggressive));
  const limiter = new RateLimiterMemory({ points: callsPerSecond, duration: 1 });
  // An attempt may be asked about and then handed over under one lease: each may wait for half of what their time-outs leave.
  const paceWaitMs = Math.max(0, tuning.attemptLeaseMs - 2 * tuning.callTimeoutMs) / 2;
  const pace = new RateLimiterQueue(limiter, { maxQueueSize: Math.floor((callsPerSecond * paceWaitMs) / 1_000) });
  const floats = new Map<Currency, { readonly at: number; readonly float: Money | null }>();
  const asked = new Map<Currency, Promise<Money | null>>();
  const patience = timeout(tuning.floatTimeoutMs, TimeoutStrategy.Aggressive);

  const askFloat = async (currency: Currency) => {
    const call = async ({ signal }: ICancellationContext) => {
      await pace.removeTokens(1);
      return turns.execute(() => (signal.aborted ? null : adapter.float(currency, { signal })));
    };
    const float = await patience.execute(call).catch(() => null);
    floats.set(currency, { at: Date.now(), float });
    asked.delete(currency);
    return float;
  };

  /** Whatever ends a call without an outcome after it began leaves the outcome unknown. */
  const guarded = async <Outcome extends { readonly kind: string }>(
    beginBy: number,
    call: (context: ICancellationContext) => Promise<Outcome>,
    unknown: (why: string) => Outcome,
  ): Promise<Outcome | Withheld> => {
    // Nothing waits for what would be withheld then.
    if (health() === 'open') return withheld('the circuit is open', tuning.breakerPauseMs, true);
    try {
      await pace.removeTokens(1);
    } catch (error) {
      if (!(error instanceof RateLimiterQueueError)) throw error;
      return withheld('our own limit of calls', Math.max(paceWaitMs, 1_000), false);
    }
    try {
      return await turns.execute((): Promise<Outcome | Withheld> => {
        if (Date.now() > beginBy) return Promise.resolve(withheld('its turn came too late', 0, false));
        // A signal for each call: cockatiel's own is one for all, and Node takes eleven calls at a time for a leak.
        return policy.execute(call, new AbortController().signal);
      });
    } catch (error) {
      if (error instanceof BrokenCircuitError) return withheld('the circuit is open', tuning.breakerPauseMs, true);
      if (error instanceof BulkheadRejectedError)
        return withheld('too many calls at a time', tuning.callTimeoutMs, false);
      if (error instanceof TaskCancelledError) return unknown(`no answer within ${tuning.callTimeoutMs} ms`);
      throw error;
    }
  };
  const measured = async <Outcome extends { readonly kind: string }>(name: RailCall, call: Promise<Outcome>) => {
    const begun = performance.now();
    const outcome = await call;
    observe?.called(adapter.name, name, outcome.kind, (performance.now() - begun) / 1_000);
    return outcome;
  };
  const unknown = (why: string) => ({ kind: 'UNKNOWN', why }) as const;

  return {
    adapter,
    health,
    submit: (instruction, beginBy = latestBeginning(tuning), answered) => {
      const call = async ({ signal }: ICancellationContext) => {
        const begun = performance.now();
        const outcome = await adapter.submit(instruction, { signal });
        if (!isTrouble(outcome)) answered?.(performance.now() - begun);
        return outcome;
      };
      return measured('submit', guarded<SubmitOutcome>(beginBy, call, unknown));
    },
    status: (instruction, beginBy = latestBeginning(tuning)) =>
      measured(
        'status',
        guarded<StatusOutcome>(beginBy, ({ signal }) => adapter.status(instruction, { signal }), unknown),
      ),
    cancel: (instruction, beginBy = latestBeginning(tuning)) =>
      measured(
        'cancel',
        guarded<CancelOutcome>(beginBy, ({ signal }) => adapter.cancel(instruction, { signal }), unknown),
      ),

    statement:
      adapter.statement &&
      ((day, page) => {
        const signal = AbortSignal.timeout(tuning.callTimeoutMs);
        return measured(
          'statement',
          adapter.statement?.({ day, page }, { signal }) ?? Promise.resolve(unknown('none')),
        );
      }),

    async float(currency) {
      const known = floats.get(currency);
      if (known && Date.now() - known.at < tuning.floatAgeMs) return known.float;
      if (health() !== 'closed') return null;
      const asking = asked.get(currency) ?? askFloat(currency);
      asked.set(currency, asking);
      return asking;
    },
  };
}

/**
 * When calls under a lease that begins now have to have begun, in ms since 1970: later ones may end after it, when somebody
 * else asks about the attempt and hears nothing.
 */
export function latestBeginning({ attemptLeaseMs, callTimeoutMs }: RailTuning): number {
  return Date.now() + attemptLeaseMs - callTimeoutMs;
}

const healths: Record<CircuitState, Health> = {
  [CircuitState.Closed]: 'closed',
  [CircuitState.HalfOpen]: 'half-open',
  [CircuitState.Open]: 'open',
  [CircuitState.Isolated]: 'open',
};

function withheld(why: string, retryAfterMs: number, outOfOrder: boolean): Withheld {
  return { kind: 'WITHHELD', why, retryAfterMs: Math.ceil(retryAfterMs), outOfOrder };
}
