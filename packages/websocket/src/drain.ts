import type { WebSocket, WebSocketServer } from 'ws';

/** What runs on a socket: the iterators of its streams, and null for a query, a mutation, or a stream that is not open yet. */
type Operations = () => readonly unknown[];

/** How the sockets of a server that goes down are closed. */
export interface Drain {
  /** Whether nothing new may begin. */
  hasBegun(): boolean;
  /** Says what runs on a socket. */
  watch(socket: WebSocket, operations: Operations): void;
  /** A message of a socket has been dealt with, which may be the one that it was kept for. */
  handled(socket: WebSocket): void;
  /** Closes all of a server's sockets, those on which answers are due later than the others. */
  begin(sockets: WebSocketServer): Promise<void>;
}

/** Close code of RFC 6455. */
const goingAway = 1001;
/** Time in ms after which a socket is closed with its queries and mutations, and then cut off if its client says nothing. */
const answerGrace = 2_500;
const closeGrace = 500;

export function createDrain(): Drain {
  const running = new WeakMap<WebSocket, Operations>();
  let begun = false;
  const close = (socket: WebSocket) => socket.close(goingAway, 'Going away');
  const closeIdle = (socket: WebSocket) => {
    if (!running.get(socket)?.().includes(null)) close(socket);
  };
  return {
    hasBegun: () => begun,
    watch: (socket, operations) => void running.set(socket, operations),
    handled(socket) {
      if (begun) closeIdle(socket);
    },
    async begin(sockets) {
      begun = true;
      const closed = new Promise<void>((resolve) => sockets.close(() => resolve()));
      for (const socket of sockets.clients) closeIdle(socket);
      const late = setTimeout(() => sockets.clients.forEach(close), answerGrace);
      const cutOff = setTimeout(() => {
        for (const socket of sockets.clients) socket.terminate();
      }, answerGrace + closeGrace);
      await closed;
      clearTimeout(late);
      clearTimeout(cutOff);
    },
  };
}
