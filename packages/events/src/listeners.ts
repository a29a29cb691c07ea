import type { BusLogger, Listener } from './bus.ts';

/** Who listens to what in this process. */
export interface Listeners {
  add(topic: string, entry: { listener: Listener }): void;
  /** One that has left already is no matter. */
  remove(topic: string, entry: { listener: Listener }): void;
  deliver(topic: string, message: string): void;
  clear(): void;
  isEmpty(): boolean;
}

export function createListeners(logger?: BusLogger): Listeners {
  const topics = new Map<string, Set<{ listener: Listener }>>();
  return {
    add(topic, entry) {
      const entries = topics.get(topic);
      if (!entries) topics.set(topic, new Set([entry]));
      else entries.add(entry);
    },
    remove(topic, entry) {
      const entries = topics.get(topic);
      entries?.delete(entry);
      if (entries?.size === 0) topics.delete(topic);
    },
    deliver(topic, message) {
      for (const { listener } of [...(topics.get(topic) ?? [])]) {
        try {
          listener(message);
        } catch (error) {
          logger?.warn({ err: error, topic }, 'a listener failed');
        }
      }
    },
    clear: () => topics.clear(),
    isEmpty: () => topics.size === 0,
  };
}
