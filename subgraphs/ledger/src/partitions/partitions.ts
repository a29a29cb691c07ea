import { createRoutine, type Logger, type Routine } from '@paygraph/service';
import type { PrismaClient } from '../generated/prisma/client.ts';

/** Months ahead of the present one for which there are partitions: what is posted always has a place. */
const monthsAhead = 2;
const hourMs = 3_600_000;

/** Makes the partitions of the months to come, at the start and every hour. Several processes make each once. */
export function createPartitionRoutine({ database, logger }: PartitionOptions): Routine {
  const run = async () => {
    const [result] = await database.$queryRaw<{ made: number }[]>`
      SELECT create_partitions(${monthsAhead}::integer) AS made`;
    if (result && result.made > 0) logger.info({ made: result.made }, 'partitions were made for the months to come');
  };
  const routine = createRoutine({ name: 'partitions', run, everyMs: hourMs, logger });
  let first: Promise<void> = Promise.resolve();
  return {
    start() {
      first = run().catch((error) => logger.error({ err: error }, 'partitions could not be made'));
      routine.start();
    },
    async stop() {
      await routine.stop();
      await first;
    },
  };
}

interface PartitionOptions {
  /** A client of the role that may execute the ledger's functions. */
  readonly database: PrismaClient;
  readonly logger: Logger;
}
