import { networkOf } from '../protection/networks.ts';

/** Counts sockets that have not said yet whose they are, by the network that they come from. */
export interface Newcomers {
  /** Counts one more and returns what takes it off again, once; undefined when there are as many as there may be. */
  admit(address: string): (() => void) | undefined;
}

export function createNewcomers(perNetwork: number): Newcomers {
  const waiting = new Map<string, number>();
  return {
    admit(address) {
      const network = networkOf(address);
      const count = waiting.get(network) ?? 0;
      if (count >= perNetwork) return undefined;
      waiting.set(network, count + 1);
      let isCounted = true;
      return () => {
        if (!isCounted) return;
        isCounted = false;
        const rest = (waiting.get(network) ?? 0) - 1;
        if (rest > 0) waiting.set(network, rest);
        else waiting.delete(network);
      };
    },
  };
}
