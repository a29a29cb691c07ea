import { digestOf, type SigningKey } from '@paygraph/auth';
import { createRoutine, type Logger, type Routine } from '@paygraph/service';
import type { PrismaClient } from '../generated/prisma/client.ts';
import { signHead } from './head.ts';

/**
 * Signs the end of the chain, if it has moved since the last time, and publishes that in the table of signed heads.
 *
 * @returns the statement; undefined when there was nothing new, or another process was faster
 */
export async function publishHead(database: PrismaClient, key: SigningKey, now = new Date()) {
  const latest = { orderBy: { sequence: 'desc' } } as const;
  const last = await database.signedHead.findFirst(latest);
  const seal = await database.seal.findFirst({
    orderBy: { lastSequence: 'desc' },
    select: { lastSequence: true, hash: true },
  });
  if (!seal || seal.lastSequence === last?.sequence) return undefined;
  const { lastSequence: sequence, hash } = seal;
  const previous = last ? digestOf(last.statement) : null;
  const statement = signHead(key, { sequence, hash: Buffer.from(hash).toString('hex'), previous, signedAt: now });
  const before = previous && Buffer.from(previous, 'hex');
  const [published] = await database.$queryRaw<{ done: boolean }[]>`
    SELECT publish_head(${sequence}, ${hash}, date_trunc('second', ${now}::timestamptz), ${statement}, ${before}) AS done
  `;
  return published?.done ? { sequence, statement } : undefined;
}

export interface HeadSignerOptions {
  readonly database: PrismaClient;
  readonly key: SigningKey;
  readonly logger: Logger;
  /** Time in ms between two looks. */
  readonly everyMs?: number;
}

/**
 * Publishes signed heads every minute and at the end, also as lines of the log: those are kept where nobody who can write to
 * the books can write. Several on one database are harmless.
 */
export function createHeadSigner({ database, key, logger, everyMs = 60_000 }: HeadSignerOptions): Routine {
  const run = async () => {
    const head = await publishHead(database, key);
    if (head) logger.info({ ledgerHead: head.statement, sequence: head.sequence.toString() }, 'signed the head');
  };
  const routine = createRoutine({ name: 'sign the head', run, everyMs, logger });
  return {
    start: routine.start,
    /** Signs once more. */
    stop: async () => {
      await routine.stop();
      await run().catch((error: unknown) => logger.warn({ err: error }, 'the last head is not signed'));
    },
  };
}
