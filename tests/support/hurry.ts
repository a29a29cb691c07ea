import { setTimeout as pause } from 'node:timers/promises';
import { query } from '@paygraph/database/testing';
import type { TestPlatform } from './platform.ts';

/** Until it is stopped, lets whatever is under way be tried this often: pauses grow with every try in vain. */
export function hurry({ databases }: Pick<TestPlatform, 'databases'>, everyMs: number): { stop(): Promise<void> } {
  const stopping = new AbortController();
  const hurrying = (async () => {
    while (!stopping.signal.aborted) {
      for (const sql of dueNow) await query(databases.payment.migrationUrl, sql).catch(ifServerIsDown);
      await pause(everyMs, undefined, stopping).catch(() => undefined);
    }
  })();
  return {
    stop() {
      stopping.abort();
      return hurrying;
    },
  };
}

const dueNow = [
  ...[
    'payment_attempt',
    'payment_refund',
    'suspense_item',
    'payment_compensation',
    'rail_webhook',
    'rail_statement',
  ].map((table) => dueSql(table, 'true')),
  // Those that wait for their capture wait for nothing else.
  dueSql('payment', "state <> 'PENDING' OR capture_method = 'AUTOMATIC'"),
];

function dueSql(table: string, which: string): string {
  return `
    UPDATE ${table} SET next_attempt_at = clock_timestamp() WHERE ctid IN
      (SELECT ctid FROM ${table} WHERE next_attempt_at > clock_timestamp() AND (${which}) FOR NO KEY UPDATE SKIP LOCKED)`;
}

/** Killed, PostgreSQL cuts off what was asked, and until it has recovered refuses whatever is asked. */
function ifServerIsDown(error: unknown): void {
  const { code } = error as { code?: unknown };
  if (code !== undefined && code !== 'ECONNREFUSED' && code !== 'ECONNRESET' && !/^57P0/.test(String(code)))
    throw error;
}
