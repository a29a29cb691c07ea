import type { CircuitSettings } from './settings.ts';

/** `open`: nothing is sent. `half-open`: the pause is over, and one try decides. */
export type CircuitState = 'closed' | 'half-open' | 'open';

/** What a try says of a subgraph; `nothing` when it was given up for a reason of ours. */
export type Verdict = 'well' | 'fault' | 'nothing';

/** What was seen in one part of the window; `number` is that of the part since the beginning of time. */
interface Bucket {
  number: number;
  well: number;
  faults: number;
}

const BUCKETS = 10;

/**
 * The circuit breaker of one subgraph. It opens when too large a part of the tries of some time has failed, lets one through
 * after a pause, and closes when that one goes well.
 *
 * Each try belongs to the period in which it was let through, and its outcome counts in that alone: what hung since before the
 * circuit opened says nothing of the subgraph as it is now.
 */
export class Breaker {
  readonly #settings: CircuitSettings;
  readonly #changed: (state: CircuitState) => void;
  readonly #now: () => number;
  readonly #bucketMs: number;
  readonly #buckets = Array.from({ length: BUCKETS }, (): Bucket => ({ number: -1, well: 0, faults: 0 }));
  #period = 1;
  #isOpen = false;
  #openedAt = 0;
  #isProbed = false;

  constructor(settings: CircuitSettings, changed: (state: CircuitState) => void, now = () => performance.now()) {
    this.#settings = settings;
    this.#changed = changed;
    this.#now = now;
    this.#bucketMs = settings.windowMs / BUCKETS;
  }

  get state(): CircuitState {
    if (!this.#isOpen) return 'closed';
    return this.#now() - this.#openedAt < this.#settings.pauseMs ? 'open' : 'half-open';
  }

  /** Lets a try through, by returning the period that its outcome is to be told with; 0 when it may not be. */
  admit(): number {
    if (!this.#isOpen) return this.#period;
    if (this.#isProbed || this.state === 'open') return 0;
    this.#isProbed = true;
    return this.#period;
  }

  /** Takes the outcome of a try that was let through. */
  settle(period: number, verdict: Verdict): void {
    if (period !== this.#period) return;
    if (this.#isOpen) this.#settleProbe(verdict);
    else if (verdict === 'fault') this.#countFault();
    else if (verdict === 'well') this.#bucket().well += 1;
  }

  #settleProbe(verdict: Verdict): void {
    this.#isProbed = false;
    if (verdict === 'fault') this.#open();
    else if (verdict === 'well') this.#close();
  }

  #countFault(): void {
    this.#bucket().faults += 1;
    const oldest = Math.floor(this.#now() / this.#bucketMs) - BUCKETS + 1;
    let [well, faults] = [0, 0];
    for (const bucket of this.#buckets)
      if (bucket.number >= oldest) {
        well += bucket.well;
        faults += bucket.faults;
      }
    const all = well + faults;
    if (all >= this.#settings.minimum && faults >= all * this.#settings.share) this.#open();
  }

  #bucket(): Bucket {
    const number = Math.floor(this.#now() / this.#bucketMs);
    const bucket = this.#buckets[number % BUCKETS] as Bucket;
    if (bucket.number !== number) Object.assign(bucket, { number, well: 0, faults: 0 });
    return bucket;
  }

  #open(): void {
    this.#isOpen = true;
    this.#openedAt = this.#now();
    this.#period += 1;
    this.#changed('open');
  }

  #close(): void {
    this.#isOpen = false;
    this.#period += 1;
    for (const bucket of this.#buckets) bucket.number = -1;
    this.#changed('closed');
  }
}
