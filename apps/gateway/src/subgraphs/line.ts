import type { Prove } from '@paygraph/auth';
import type { Breaker } from './breaker.ts';
import type { CallObserver } from './observer.ts';
import type { Poster } from './post.ts';
import type { RetryBudget } from './retry.ts';
import type { CallSettings } from './settings.ts';
import type { Turns } from './turns.ts';

/** What all calls of one subgraph have in common. */
export interface Line {
  readonly name: string;
  /** Of what stands in traces for one request. */
  readonly spanName: string;
  readonly settings: CallSettings;
  readonly poster: Poster;
  readonly breaker: Breaker;
  readonly turns: Turns;
  readonly budget: RetryBudget;
  readonly prove: Prove | undefined;
  readonly observe: CallObserver;
  /** Takes the last thing that was heard of the subgraph: what is wrong with it, if anything. */
  readonly heard: (fault: Error | undefined) => void;
}
