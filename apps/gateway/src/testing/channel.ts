/** A source of events that a test feeds by hand. What is published goes to those who listen at that moment. */
export interface Channel<Event> {
  /** All that was published so far. */
  readonly published: readonly Event[];
  publish(event: Event): void;
  /** Ends all listeners in order, as a source that has nothing more to say. */
  complete(): void;
  /** Begins with what has been, if it is given. */
  listen(history?: readonly Event[]): AsyncIterableIterator<Event>;
  readonly listeners: number;
}

export function createChannel<Event>(): Channel<Event> {
  const queues = new Set<{ push(event: Event): void; end(): void }>();
  const published: Event[] = [];
  return {
    published,
    publish: (event) => {
      published.push(event);
      for (const queue of queues) queue.push(event);
    },
    complete: () => {
      for (const queue of queues) queue.end();
    },
    listen(history = []) {
      const waiting: Event[] = [...history];
      let ended = false;
      let wake = (): void => undefined;
      const queue = {
        push(event: Event) {
          waiting.push(event);
          wake();
        },
        end() {
          ended = true;
          wake();
        },
      };
      const stop = async (): Promise<IteratorResult<Event>> => {
        queues.delete(queue);
        queue.end();
        return { done: true, value: undefined };
      };
      queues.add(queue);
      return {
        async next() {
          while (waiting.length === 0 && !ended)
            await new Promise<void>((resolve) => {
              wake = resolve;
            });
          const event = waiting.shift();
          return event === undefined ? stop() : { done: false, value: event };
        },
        return: stop,
        [Symbol.asyncIterator]() {
          return this;
        },
      };
    },
    get listeners() {
      return queues.size;
    },
  };
}
