import type { Logger } from '@paygraph/service';
import { type Dispatcher, request } from 'undici';

/** A callback, ready to go. */
export interface Delivery {
  readonly method: 'POST' | 'PUT';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface Courier {
  /** Sends it after a while, again up to `retries` times while it is not taken. Returns at once. */
  send(delivery: Delivery, options: { readonly delayMs: number; readonly retries: number }): void;
  /** Drops what has not gone out. */
  stop(): void;
}

const firstPauseMs = 500;

export function createCourier(dispatcher: Dispatcher, logger: Logger): Courier {
  const waiting = new Set<NodeJS.Timeout>();
  const abort = new AbortController();

  const later = (delayMs: number, act: () => void) => {
    const timer = setTimeout(() => {
      waiting.delete(timer);
      act();
    }, delayMs);
    waiting.add(timer);
  };
  const attempt = async (delivery: Delivery, retries: number, pauseMs: number): Promise<void> => {
    const { url, method, headers, body } = delivery;
    try {
      const signal = AbortSignal.any([abort.signal, AbortSignal.timeout(10_000)]);
      const answer = await request(url, { method, headers, body, dispatcher, signal });
      await answer.body.dump();
      if (answer.statusCode < 300) return;
      logger.debug({ status: answer.statusCode }, 'a callback was not taken');
    } catch (error) {
      if (abort.signal.aborted) return;
      logger.debug({ err: error }, 'a callback did not arrive');
    }
    if (retries > 0) later(pauseMs, () => void attempt(delivery, retries - 1, pauseMs * 2));
  };
  return {
    send: (delivery, { delayMs, retries }) => later(delayMs, () => void attempt(delivery, retries, firstPauseMs)),
    stop: () => {
      abort.abort();
      for (const timer of waiting) clearTimeout(timer);
      waiting.clear();
    },
  };
}
