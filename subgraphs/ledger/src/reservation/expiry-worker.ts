import type { Logger } from '@paygraph/service';
import type { PrismaClient } from '../generated/prisma/client.ts';

const batchSize = 500;

/** Ends all reservations that have run out by the database's clock. Returns their ids. */
export async function expireDue(database: PrismaClient): Promise<string[]> {
  const expired: string[] = [];
  for (;;) {
    const rows = await database.$queryRaw<{ id: string }[]>`SELECT id FROM expire_reservations(${batchSize}) AS id`;
    expired.push(...rows.map(({ id }) => id));
    if (rows.length < batchSize) return expired;
  }
}

export interface ExpiryWorkerOptions {
  readonly database: PrismaClient;
  readonly logger: Logger;
  /** Longest time in ms between two looks: how late the expiry of a reservation made meanwhile can be noticed. */
  readonly intervalMs?: number;
}

export interface ExpiryWorker {
  start(): void;
  /** Resolves when a look under way has ended. */
  stop(): Promise<void>;
}

/**
 * Ends reservations when they run out. It sleeps until the next one is due, at most `intervalMs`. Several workers on one
 * database are harmless. An expiry is a safety net: whoever reserved should have captured or voided, so each is a warning.
 */
export function createExpiryWorker({ database, logger, intervalMs = 1_000 }: ExpiryWorkerOptions): ExpiryWorker {
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> | undefined;
  let stopped = false;

  const look = async () => {
    let pause = intervalMs;
    try {
      const expired = await expireDue(database);
      if (expired.length > 0) logger.warn({ reservations: expired }, 'reservations ran out');
      pause = Math.min(pause, await untilNextExpiry(database));
    } catch (error) {
      logger.error({ err: error }, 'expiring reservations failed');
    }
    if (!stopped) schedule(pause);
  };
  const schedule = (pause: number) => {
    timer = setTimeout(() => {
      running = look();
    }, pause);
  };

  return {
    start: () => schedule(0),
    stop: async () => {
      stopped = true;
      clearTimeout(timer);
      await running;
    },
  };
}

/** Milliseconds until the next reservation runs out; infinite when none is held. */
async function untilNextExpiry(database: PrismaClient): Promise<number> {
  const [next] = await database.$queryRaw<{ wait: number | null }[]>`
    SELECT extract(epoch FROM min(expires_at) - clock_timestamp())::float8 * 1000 AS wait
    FROM reservation WHERE state = 'RESERVED'
  `;
  return Math.max(1, Math.ceil(next?.wait ?? Number.POSITIVE_INFINITY));
}
