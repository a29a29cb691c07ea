import type { Currency, Money } from '@paygraph/money';
import type { CancelOutcome, RailAdapter, RailInstruction, StatusOutcome, SubmitOutcome } from '@paygraph/rails';
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
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
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

/** An adapter behind a circuit breaker, a rate limit, a limit of calls at a time and a time-out. */
export interface LiveRail {
  readonly adapter: RailAdapter;
  health(): Health;
  submit(instruction: RailInstruction): Promise<SubmitOutcome | Withheld>;
  status(instruction: RailInstruction): Promise<StatusOutcome | Withheld>;
  cancel(instruction: RailInstruction): Promise<CancelOutcome | Withheld>;
  /** Our float, as of some seconds ago; null when it is not known. */
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
  const { callsPerSecond, concurrentCalls } = adapter.capabilities;
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
  // The turns are outside, so that what waits for its own does not use up its time.
  const turns = bulkhead(concurrentCalls, tuning.queuedCalls);
  const policy = wrap(breaker, timeout(tuning.callTimeoutMs, TimeoutStrategy.Aggressive));
  /** A call that begins later may end after the attempt's lease, when somebody else asks about it and hears nothing. */
  const longestWaitMs = tuning.attemptLeaseMs - tuning.callTimeoutMs;
  const limiter = new RateLimiterMemory({ points: Math.max(1, callsPerSecond), duration: 1 });
  const floats = new Map<Currency, { readonly at: number; readonly float: Money | null }>();

  /** Whatever ends a call without an outcome after it began leaves the outcome unknown. */
  const guarded = async <Outcome extends { readonly kind: string }>(
    call: (context: ICancellationContext) => Promise<Outcome>,
    unknown: (why: string) => Outcome,
  ): Promise<Outcome | Withheld> => {
    try {
      await limiter.consume(adapter.name);
    } catch (error) {
      if (!(error instanceof RateLimiterRes)) throw error;
      return withheld('our own limit of calls', error.msBeforeNext, false);
    }
    const asked = Date.now();
    try {
      return await turns.execute((): Promise<Outcome | Withheld> => {
        const isLate = Date.now() - asked > longestWaitMs;
        if (isLate) return Promise.resolve(withheld('its turn came too late', 0, false));
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
    health: () => (breaker.state === CircuitState.Open && isPauseOver() ? 'half-open' : healths[breaker.state]),
    submit: (instruction) =>
      measured(
        'submit',
        guarded<SubmitOutcome>(({ signal }) => adapter.submit(instruction, { signal }), unknown),
      ),
    status: (instruction) =>
      measured(
        'status',
        guarded<StatusOutcome>(({ signal }) => adapter.status(instruction, { signal }), unknown),
      ),
    cancel: (instruction) =>
      measured(
        'cancel',
        guarded<CancelOutcome>(({ signal }) => adapter.cancel(instruction, { signal }), unknown),
      ),

    async float(currency) {
      const known = floats.get(currency);
      if (known && Date.now() - known.at < tuning.floatAgeMs) return known.float;
      const signal = AbortSignal.timeout(tuning.callTimeoutMs);
      const float = await adapter.float(currency, { signal }).catch(() => null);
      floats.set(currency, { at: Date.now(), float });
      return float;
    },
  };
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
