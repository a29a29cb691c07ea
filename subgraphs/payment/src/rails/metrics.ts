import type { RailDirection } from '@paygraph/rails';
import { inFlight } from '@paygraph/service';
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import { type AttentionStore, everyReason } from './attention.ts';
import type { Health, LiveRail } from './live-rail.ts';

export type RailCall = 'submit' | 'status' | 'cancel' | 'statement';

/** What is told of the rails. */
export interface RailObserver {
  /** A call that has ended with an outcome of this kind, or was withheld. */
  called(rail: string, call: RailCall, outcome: string, seconds: number): void;
  /** An attempt that has been decided. */
  decided(rail: string, direction: RailDirection, state: string): void;
}

const healths: readonly Health[] = ['closed', 'half-open', 'open'];

/** Measures calls of rails, and what became of attempts. */
export function measureRails(registry: Registry): RailObserver {
  const calls = new Histogram({
    name: 'paygraph_rail_call_duration_seconds',
    help: 'Time until a rail answered a call, with the time that the call waited for its turn.',
    labelNames: ['rail', 'call', 'outcome'],
    buckets: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers: [registry],
  });
  const attempts = new Counter({
    name: 'paygraph_rail_attempts_total',
    help: 'Attempts that were decided, by what became of them.',
    labelNames: ['rail', 'direction', 'state'],
    registers: [registry],
  });
  return {
    called: (rail, call, outcome, seconds) => calls.observe({ rail, call, outcome }, seconds),
    decided: (rail, direction, state) => attempts.inc({ rail, direction, state }),
  };
}

/** Shows, whenever somebody asks, in which state the circuits of these rails are. */
export function measureCircuits(registry: Registry, rails: readonly LiveRail[]): void {
  new Gauge({
    name: 'paygraph_rail_circuit',
    help: '1 for the state that the circuit of the rail is in, 0 for the others.',
    labelNames: ['rail', 'state'],
    registers: [registry],
    collect() {
      for (const rail of rails)
        for (const state of healths) this.set({ rail: rail.adapter.name, state }, rail.health() === state ? 1 : 0);
    },
  });
}

/** Shows, whenever somebody asks, how many attempts over these rails want people, and why. */
export function measureAttention(
  registry: Registry,
  attention: Pick<AttentionStore, 'counts'>,
  rails: readonly LiveRail[],
): void {
  const read = inFlight(() => attention.counts());
  new Gauge({
    name: 'paygraph_rail_attempts_attention',
    help: 'Attempts over the rail that people should look at, by why. Counts to 10,000 in all.',
    labelNames: ['rail', 'reason'],
    registers: [registry],
    async collect() {
      const counts = await read();
      this.reset();
      if (!counts) return;
      for (const rail of rails) for (const reason of everyReason) this.set({ rail: rail.adapter.name, reason }, 0);
      for (const { rail, reason, count } of counts) this.set({ rail, reason }, count);
    },
  });
}
