import type { Verdict } from './breaker.ts';
import { circuitOpen, type Failure, type Fault, late, overloaded } from './faults.ts';
import type { Line } from './line.ts';
import { backoffMs } from './retry.ts';
import { type Asked, type Reply, Try, type TryListener } from './try.ts';
import type { Waiter } from './turns.ts';

export interface CallListener {
  /** Called once. */
  ended(result: Reply | Failure): void;
}

/**
 * One call of a subgraph, from now to its answer or deadline: its turn, its tries and the waits between them.
 *
 * A try is repeated when it brought no GraphQL answer, and a late one for entities is joined by a second one, its hedge, if
 * that is wanted. Of mutations only those are repeated of which not a byte has left: whether one that was sent has been
 * carried out, nobody here knows.
 */
export class Call implements Waiter, TryListener {
  /** Whether a byte of it has left. */
  isSent = false;
  readonly #line: Line;
  readonly #asked: Asked;
  readonly #listener: CallListener;
  readonly #deadline: NodeJS.Timeout;
  readonly #begunAt = performance.now();
  #isOver = false;
  /** The circuit's, in which the next try was let through. */
  #period = 0;
  #tries = 0;
  #try: Try | undefined;
  #hedge: Try | undefined;
  #fault: Fault | undefined;
  /** Until the next try. */
  #pause: NodeJS.Timeout | undefined;
  /** Until the first try counts as late. */
  #patience: NodeJS.Timeout | undefined;

  constructor(line: Line, asked: Asked, listener: CallListener) {
    this.#line = line;
    this.#asked = asked;
    this.#listener = listener;
    this.#deadline = setTimeout(expire, line.settings.timeoutMs, this);
  }

  /** Begins, unless its time is over. */
  begin(): void {
    if (this.#isOver) return;
    this.#line.budget.earn();
    this.attempt();
  }

  /** Tries, in its turn, if the circuit lets it. */
  attempt(): void {
    const { breaker, turns } = this.#line;
    this.#period = breaker.admit();
    if (this.#period === 0) this.#refuse('circuit', circuitOpen);
    else if (turns.take()) this.#begin();
    else if (!turns.wait(this)) {
      breaker.settle(this.#period, 'nothing');
      this.#refuse('queue', overloaded);
    }
  }

  /** Its turn has come, which may be too late for an answer: then the subgraph is spared. */
  granted(): void {
    if (!this.#isLate(this.#begunAt)) {
      this.#begin();
      return;
    }
    this.#release(this.#period, 'nothing');
    this.#refuse('queue', overloaded);
  }

  #begin(): void {
    const { hedgeAfterMs } = this.#line.settings;
    if (hedgeAfterMs !== undefined && this.#tries === 0 && this.#asked.kind === 'entities')
      this.#patience = setTimeout(hedge, hedgeAfterMs, this);
    this.#try = new Try(this, this.#period);
    this.#send(this.#try);
  }

  dismissed(): void {
    this.#refuse('circuit', circuitOpen);
  }

  /** The first try is late: sends a second one, if that can be paid and need not wait. */
  hedge(): void {
    const { breaker, turns, budget, observe } = this.#line;
    const period = this.#try ? breaker.admit() : 0;
    if (period === 0) return;
    const hasTurn = turns.take();
    if (hasTurn && budget.spend()) {
      this.#hedge = new Try(this, period);
      this.#send(this.#hedge);
      return;
    }
    if (hasTurn) turns.give();
    breaker.settle(period, 'nothing');
    observe.hedged('withheld');
  }

  sent(): void {
    this.isSent = true;
  }

  over(attempt: Try, result: Reply | Fault): void {
    const isAnswer = 'payload' in result;
    const isHedge = attempt === this.#hedge;
    if (this.#hedge && isAnswer) this.#line.observe.hedged(isHedge ? 'won' : 'lost');
    if (isHedge) this.#hedge = undefined;
    else this.#try = undefined;
    this.#line.heard(isAnswer ? undefined : result.error);
    this.#release(attempt.period, isAnswer || !result.isOutage ? 'well' : 'fault');
    if (isAnswer) this.#end(result);
    else if (!this.#try && !this.#hedge) this.#failed(result, attempt.isSent);
  }

  /** Its time is over. */
  expire(): void {
    const { breaker, turns, settings } = this.#line;
    if (turns.leave(this)) breaker.settle(this.#period, 'nothing');
    this.#fail(late(settings.timeoutMs));
  }

  #send(attempt: Try): void {
    this.#tries += 1;
    attempt.send(this.#line, this.#asked, this.#tries - 1);
  }

  /** A try that was let through is over, or was given up. */
  #release(period: number, verdict: Verdict): void {
    this.#line.breaker.settle(period, verdict);
    this.#line.turns.give();
  }

  /** Whether half of the time for a call has gone by since then. */
  #isLate(since: number): boolean {
    return performance.now() - since > this.#line.settings.timeoutMs / 2;
  }

  #failed(fault: Fault, wasSent: boolean): void {
    const { settings, budget, observe } = this.#line;
    this.#fault = fault;
    const wait = backoffMs(this.#tries);
    const mayRepeat =
      fault.mayPass &&
      !(wasSent && this.#asked.kind === 'mutation') &&
      this.#tries <= settings.retries &&
      performance.now() + wait < this.#begunAt + settings.timeoutMs;
    const isPaid = mayRepeat && budget.spend();
    if (mayRepeat) observe.retried(isPaid ? 'sent' : 'withheld');
    if (isPaid) this.#pause = setTimeout(tryAgain, wait, this);
    else this.#fail(fault.error);
  }

  /** Ends for a reason that lies with us; when it has been tried already, with what came of that. */
  #refuse(reason: 'circuit' | 'queue', failure: Failure): void {
    if (this.#fault) {
      this.#fail(this.#fault.error);
      return;
    }
    this.#line.observe.refused(reason);
    this.#end(failure);
  }

  #fail(error: Error): void {
    this.#end({ error, code: 'SUBGRAPH_UNAVAILABLE', isRefusal: false });
  }

  /** Ends with what is given up of it, if anything. */
  #end(result: Reply | Failure): void {
    this.#isOver = true;
    clearTimeout(this.#deadline);
    if (this.#pause) clearTimeout(this.#pause);
    if (this.#patience) clearTimeout(this.#patience);
    const error = 'payload' in result ? undefined : result.error;
    if (this.#try) this.#giveUp(this.#try, error);
    if (this.#hedge) this.#giveUp(this.#hedge, error);
    this.#listener.ended(result);
  }

  /** Gives up a try. When it has brought nothing in good time, that speaks against the subgraph. */
  #giveUp(attempt: Try, error: Error | undefined): void {
    const isOutage = error !== undefined && this.#isLate(attempt.begunAt);
    attempt.giveUp(error);
    if (isOutage) this.#line.heard(error);
    this.#release(attempt.period, isOutage ? 'fault' : 'nothing');
  }
}

function expire(call: Call): void {
  call.expire();
}

function tryAgain(call: Call): void {
  call.attempt();
}

function hedge(call: Call): void {
  call.hedge();
}
