import { Counter, Gauge, type Registry } from 'prom-client';
import type { CurrencySums } from './proof.ts';

/** What a run of the proof tells. */
export interface ProofReport {
  readonly sequence: bigint;
  readonly head: bigint;
  readonly faults: number;
  readonly sums: readonly CurrencySums[];
}

export type ProofMetrics = ReturnType<typeof createProofMetrics>;

/** The figures by which somebody is woken: docs/metrics.md says at which. */
export function createProofMetrics(registry: Registry) {
  const gauge = (name: string, help: string) =>
    new Gauge({ name: `paygraph_ledger_${name}`, help, registers: [registry] });
  const lastRun = gauge('proof_last_run_timestamp_seconds', 'When the books were last looked through to the end.');
  const proven = gauge('proof_sequence', 'The last transaction that is proven.');
  const head = gauge('head_sequence', 'The last transaction of the books, as the last proof saw it.');
  const faults = gauge('proof_faults', 'What the last proof found wrong: anything but 0 is an alarm.');
  const failures = new Counter({
    name: 'paygraph_ledger_proof_failures_total',
    help: 'Proofs that could not be carried out.',
    registers: [registry],
  });
  const balance = new Gauge({
    name: 'paygraph_ledger_books_balance',
    help: 'Debits less credits of all accounts, in minor units of the currency: anything but 0 is an alarm.',
    labelNames: ['currency'],
    registers: [registry],
  });

  return {
    ran(report: ProofReport) {
      lastRun.setToCurrentTime();
      proven.set(Number(report.sequence));
      head.set(Number(report.head));
      faults.set(report.faults);
      for (const { currency, debits, credits } of report.sums) balance.set({ currency }, Number(debits - credits));
    },
    failed: () => failures.inc(),
  };
}
