import type { BusLogger, EventBus, Listener } from './bus.ts';

export interface ListenSoonOptions {
  /** Called when the bus let us listen too late: what was sent before may have been missed. */
  readonly onLate: () => void;
  readonly logger: BusLogger;
  /** How long to wait for the bus in ms. */
  readonly patienceMs?: number;
}

/**
 * Listens to a topic for somebody who can do without: resolves when messages will arrive, or after `patienceMs` all the
 * same. Listening then begins as soon as the bus is back, and `onLate` says so. The function it gives stops it. Never
 * rejects: what the bus refuses is logged.
 */
export async function listenSoon(
  bus: EventBus,
  topic: string,
  listener: Listener,
  { onLate, logger, patienceMs = 1_000 }: ListenSoonOptions,
): Promise<() => void> {
  let stopped = false;
  let unsubscribe = async () => {};
  const stop = () => {
    stopped = true;
    unsubscribe().catch((error: unknown) => logger.warn({ err: error, topic }, 'still listening to the bus'));
  };
  const listening = bus.subscribe(topic, listener).then(
    (end) => {
      unsubscribe = end;
      if (stopped) stop();
    },
    (error: unknown) => logger.warn({ err: error, topic }, 'cannot listen to the bus'),
  );
  if (await isLater(listening, patienceMs)) void listening.then(onLate);
  return stop;
}

/** Whether something is not done within so many ms. */
async function isLater(work: Promise<unknown>, ms: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<true>((resolve) => {
    timer = setTimeout(() => resolve(true), ms);
  });
  try {
    return (await Promise.race([work.then(() => false), late])) === true;
  } finally {
    clearTimeout(timer);
  }
}
