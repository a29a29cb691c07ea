import { inFlight } from '@paygraph/service';
import { Gauge, type Registry } from 'prom-client';
import type { ActivityStore } from './store.ts';

/** Measures, whenever somebody asks, how far the relay is behind the steps. */
export function measureRelay(registry: Registry, store: Pick<ActivityStore, 'backlog'>): void {
  const read = inFlight(() => store.backlog());
  new Gauge({
    name: 'paygraph_payment_relay_lag_seconds',
    help: 'How long the first step that has no position yet has waited for one; 0 when none waits.',
    registers: [registry],
    async collect() {
      const backlog = await read();
      this.set(backlog ? backlog.ageMs / 1_000 : Number.NaN);
    },
  });
  new Gauge({
    name: 'paygraph_payment_relay_waiting_steps',
    help: 'Steps that have no position yet.',
    registers: [registry],
    async collect() {
      this.set((await read())?.steps ?? Number.NaN);
    },
  });
}
