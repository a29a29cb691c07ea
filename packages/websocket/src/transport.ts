import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Server } from 'graphql-ws';
import { WebSocket } from 'ws';

/** What the protocol's hooks know of a socket. */
export interface Extra {
  readonly socket: WebSocket;
  /** What opened it. */
  readonly request: IncomingMessage;
  /** Called whenever a message has been dealt with: of an operation, when it is over. */
  readonly handled: () => void;
}

/** A pino logger is one. */
export interface WebSocketLogger {
  debug(details: object, message: string): void;
  error(details: object, message: string): void;
}

const internalError = 4500;
/** What may wait for a client before its streams do. */
const burstBytes = 16 * 1_024;
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
      send: (data) => send(extra, data),
      // Ids stand in some reasons, and clients choose how long those are.
      close: (code, reason = '') => socket.close(code, Buffer.byteLength(reason) > maxReasonLength ? '' : reason),
      onMessage: (handle) =>
        // Not async: what it handles may take as long as the subscription that it begins, and would be kept so long.
        socket.on('message', (data) => {
          handle(String(data)).then(extra.handled, (error: unknown) => {
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

/** Resolves when more can be sent: at once, unless too much waits for a slow client, which so slows its own streams down. */
function send({ socket, request }: Extra, data: string): Promise<void> {
  return new Promise((resolve) => {
    if (socket.readyState !== WebSocket.OPEN) return resolve();
    gather(request.socket);
    // An error here means that the socket is closing: that event ends the operations.
    socket.send(data, () => resolve());
    if (socket.bufferedAmount <= burstBytes) resolve();
  });
}

/**
 * Writes all that is sent within one turn of the event loop at once, such as the steps of a payment that are read together:
 * each write wakes whoever reads it.
 */
function gather(stream: Duplex): void {
  if (stream.writableCorked > 0) return;
  stream.cork();
  setImmediate(() => stream.uncork());
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
