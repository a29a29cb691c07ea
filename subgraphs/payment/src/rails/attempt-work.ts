import type { Logger, Tracing } from '@paygraph/service';
import type { Database } from '../database.ts';
import { coalesce } from '../peers/coalesce.ts';
import { tracedStage } from '../worker/trace.ts';
import type { SubjectId } from './attempt.ts';
import type { Attempts, ClaimedAttempt, Finding } from './attempt-store.ts';
import type { Called } from './call.ts';

export interface AttemptWorkDependencies {
  readonly database: Database;
  readonly attempts: Attempts;
  readonly call: (claimed: ClaimedAttempt) => Promise<Called>;
  readonly batchSize: number;
  readonly leaseMs: number;
  /** Told of the subjects whose attempts were decided, and after how many ms others are due again. */
  readonly decided: (subjects: readonly SubjectId[]) => void;
  readonly postponed: (delayMs: number) => void;
  readonly logger: Logger;
  readonly tracing?: Tracing | undefined;
}

/** How much of the past a rail's new answer leaves standing in its record. */
const memory = 0.9;

/**
 * Calls rails for the attempts that are due: all of a round at once, each rail within its own limits. What rails answered
 * is written as it comes, many answers in one statement, so that a slow rail holds up no other.
 */
export function createAttemptWork(dependencies: AttemptWorkDependencies): () => Promise<boolean> {
  const { database, attempts, call, batchSize, leaseMs, decided, postponed, logger, tracing } = dependencies;
  const record = coalesce<Finding, null>(async (findings) => {
    const subjects = await attempts.record(findings);
    if (subjects.length > 0) decided(subjects);
    postponed(Math.min(...findings.map(({ delayMs }) => delayMs)));
    return findings.map(() => null);
  }, batchSize);

  const carry = async (claimed: ClaimedAttempt) => {
    try {
      const { subjectId: id, rail } = claimed.attempt;
      await tracedStage(tracing, `attempt ${rail}`, [{ id, traceparent: claimed.traceparent }], async () => {
        const { finding, success, latencyMs } = await call(claimed);
        await record(finding);
        if (success !== null || latencyMs !== null) await remember(database, rail, success, latencyMs);
      });
    } catch (error) {
      // Its lease runs out; what it was asked then is known only to the rail, which will be asked.
      logger.error({ err: error, attempt: claimed.attempt.id }, 'an attempt was dropped on the way');
    }
  };
  return async () => {
    const claimed = await attempts.claim(batchSize, leaseMs);
    await Promise.all(claimed.map(carry));
    return claimed.length > 0;
  };
}

/** A record is for choosing among rails only; losing an update loses nothing. */
async function remember(
  database: Database,
  rail: string,
  success: 0 | 1 | null,
  latencyMs: number | null,
): Promise<void> {
  await database.$executeRaw`
    INSERT INTO rail_record AS r (rail, success_rate, latency_ms)
    VALUES (${rail}, COALESCE(${success}::float8, 1), COALESCE(${latencyMs}::float8, 1000))
    ON CONFLICT (rail) DO UPDATE SET
      success_rate = CASE WHEN ${success}::float8 IS NULL THEN r.success_rate
        ELSE r.success_rate * ${memory}::float8 + ${success}::float8 * ${1 - memory}::float8 END,
      latency_ms = CASE WHEN ${latencyMs}::float8 IS NULL THEN r.latency_ms
        ELSE r.latency_ms * ${memory}::float8 + ${latencyMs}::float8 * ${1 - memory}::float8 END,
      updated_at = clock_timestamp()`;
}
