import { BusClosedError, type BusLogger, type EventBus } from './bus.ts';
import { createListeners } from './listeners.ts';

/** A bus within one process. Messages arrive after `publish` has returned to its caller, as over a network. */
export function memoryBus({ logger }: { readonly logger?: BusLogger } = {}): EventBus {
  const listeners = createListeners(logger);
  let closed = false;
  return {
    async publish(topic, message) {
      setImmediate(() => listeners.deliver(topic, message));
    },
    async subscribe(topic, listener) {
      if (closed) throw new BusClosedError('The bus is closed');
      const entry = { listener };
      listeners.add(topic, entry);
      return async () => {
        listeners.remove(topic, entry);
      };
    },
    async close() {
      closed = true;
      listeners.clear();
    },
  };
}
