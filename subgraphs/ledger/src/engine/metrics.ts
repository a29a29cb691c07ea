import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { BatchObserver } from './coalescer.ts';

/** Measures the batches of each command: their size and time, what waits, and what was turned away. */
export function createEngineMetrics(registry: Registry): (command: string) => BatchObserver {
  const waiting = new Map<string, number>();
  const settings = { labelNames: ['command' as const], registers: [registry] };
  const size = new Histogram({
    name: 'paygraph_ledger_batch_size',
    help: 'Items that were decided together, in one transaction of the database.',
    buckets: [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1_024],
    ...settings,
  });
  const duration = new Histogram({
    name: 'paygraph_ledger_batch_duration_seconds',
    help: 'Time that the database took to decide and commit a batch.',
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    ...settings,
  });
  const overloaded = new Counter({
    name: 'paygraph_ledger_overloaded_total',
    help: 'Requests that were turned away because too much was waiting.',
    ...settings,
  });
  new Gauge({
    name: 'paygraph_ledger_queue_depth',
    help: 'Items that wait for the batch in flight.',
    ...settings,
    collect() {
      // Looked at when somebody asks: it changes with every item.
      for (const [command, items] of waiting) this.set({ command }, items);
    },
  });

  return (command) => ({
    queued: (items) => waiting.set(command, items),
    ran(items, seconds) {
      size.observe({ command }, items);
      duration.observe({ command }, seconds);
    },
    overloaded: () => overloaded.inc({ command }),
  });
}
