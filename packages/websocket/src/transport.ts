import type { IncomingMessage } from 'node:http';
import type { Server } from 'graphql-ws';
import { WebSocket } from 'ws';

/** What the protocol's hooks know of a socket. */
export interface Extra {
  readonly socket: WebSocket;
  /** What opened it. */
  readonly request: IncomingMessage;
}

/** A pino logger is one. */
export interface WebSocketLogger {
  debug(details: object, message: string): void;
  error(details: object, message: string): void;
}

const internalError = 4500;
/** Room in bytes for the reason in a close frame. */
const maxReasonLength = 123;

/**
 * Connects one socket with the protocol. graphql-ws has such a binding of its own, which writes its troubles to the
 * console and puts error messages into close reasons.
 */
export function serveSocket(
  server: Server<Extra>,
  extra: Extra,
  { keepAlive, logger }: { readonly keepAlive: number; readonly logger: WebSocketLogger },
): void {
  const { socket } = extra;
  const closed = server.opened(
    {
      protocol: socket.protocol,
      send: (data) => send(socket, data),
      // Ids stand in some reasons, and clients choose how long those are.
      close: (code, reason = '') => socket.close(code, Buffer.byteLength(reason) > maxReasonLength ? '' : reason),
      onMessage: (handle) =>
        // Not async: what it handles may take as long as the subscription that it begins, and would be kept so long.
        socket.on('message', (data) => {
          handle(String(data)).catch((error: unknown) => {
            logger.error({ err: error }, 'a websocket message could not be handled');
            socket.close(internalError, 'Internal server error');
          });
        }),
    },
    extra,
  );
  const stopPinging = ping(socket, keepAlive);
  // The peer broke the rules of WebSocket, or the line broke: ws closes the socket by itself.
  socket.on('error', (error) => logger.debug({ err: error }, 'a websocket failed'));
  socket.once('close', (code, reason) => {
    stopPinging();
    closed(code, String(reason)).catch((error: unknown) => {
      logger.error({ err: error }, 'the operations of a closed websocket could not be ended');
    });
  });
}

/** Resolves when the message is on its way, so that a slow client slows its own streams down. */
function send(socket: WebSocket, data: string): Promise<void> {
  return new Promise((resolve) => {
    if (socket.readyState !== WebSocket.OPEN) return resolve();
    // An error here means that the socket is closing: that event ends the operations.
    socket.send(data, () => resolve());
  });
}

function ping(socket: WebSocket, interval: number): () => void {
  let answered = true;
  socket.on('pong', () => {
    answered = true;
  });
  const timer = setInterval(() => {
    if (!answered) return socket.terminate();
    answered = false;
    if (socket.readyState === WebSocket.OPEN) socket.ping();
  }, interval);
  return () => clearInterval(timer);
}
