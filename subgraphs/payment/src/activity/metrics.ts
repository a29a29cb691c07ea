import type { Metrics } from '@paygraph/service';
import { Gauge } from 'prom-client';
import type { ActivityStore } from './store.ts';

/** Measures, whenever somebody asks, how far the relay is behind the steps. */
export function measureRelay({ registry }: Metrics, store: ActivityStore): void {
  const age = new Gauge({
    name: 'payment_relay_lag_seconds',
    help: 'How long the first step that has no position yet has waited for one; 0 when none waits.',
    registers: [registry],
    async collect() {
      const backlog = await store.backlog();
      steps.set(backlog.steps);
      this.set(backlog.ageMs / 1_000);
    },
  });
  const steps = new Gauge({
    name: 'payment_relay_waiting_steps',
    help: 'Steps that have no position yet.',
    registers: [registry],
  });
  age.set(0);
}
