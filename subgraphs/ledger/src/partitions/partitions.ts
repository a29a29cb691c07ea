import { createRoutine, type Logger, type Routine } from '@paygraph/service';
import { Gauge, type Registry } from 'prom-client';
import type { PrismaClient } from '../generated/prisma/client.ts';

/** Months ahead of the present one for which there are partitions: what is posted always has a place. */
const monthsAhead = 2;
const hourMs = 3_600_000;

export interface PartitionRoutine extends Omit<Routine, 'start'> {
  /** Makes them, and then every hour. @throws when what is posted now would have no place */
  start(): Promise<void>;
}

/** Makes the partitions of the months to come, at the start and every hour. Several processes make each once. */
export function createPartitionRoutine({ database, registry, logger }: PartitionOptions): PartitionRoutine {
  const end =
    registry &&
    new Gauge({
      name: 'paygraph_ledger_partitions_end_timestamp_seconds',
      help: 'When the last partition ends that there is for what is posted.',
      registers: [registry],
    });
  const run = async () => {
    const [result] = await database.$queryRaw<{ made: number }[]>`
      SELECT create_partitions(${monthsAhead}::integer) AS made`;
    if (result && result.made > 0) logger.info({ made: result.made }, 'partitions were made for the months to come');
    end?.set((await endOfPartitions(database)).getTime() / 1_000);
  };
  const routine = createRoutine({ name: 'partitions', run, everyMs: hourMs, logger });
  return {
    async start() {
      try {
        await run();
      } catch (error) {
        // While the database is away nobody knows, and nothing is posted.
        const until = await endOfPartitions(database).catch(() => undefined);
        if (until && until.getTime() <= Date.now()) throw error;
        logger.error({ err: error }, 'partitions could not be made');
      }
      routine.start();
    },
    stop: () => routine.stop(),
  };
}

/** Until when there are partitions for transactions and for entries. */
async function endOfPartitions(database: PrismaClient): Promise<Date> {
  const [found] = await database.$queryRaw<{ until: Date | null }[]>`
    SELECT min(until) AS until FROM (
      SELECT (to_date(max(right(relname, 7)), 'YYYY_MM') + interval '1 month') AT TIME ZONE 'UTC' AS until
      FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid
      WHERE inhparent IN ('transaction'::regclass, 'entry'::regclass)
      GROUP BY inhparent
    ) AS ends
  `;
  return found?.until ?? new Date(0);
}

interface PartitionOptions {
  /** A client of the role that may execute the ledger's functions. */
  readonly database: PrismaClient;
  readonly registry: Registry | undefined;
  readonly logger: Logger;
}
