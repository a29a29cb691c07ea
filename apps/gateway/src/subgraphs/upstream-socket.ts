import { GRAPHQL_TRANSPORT_WS_PROTOCOL, type Message, MessageType, parseMessage, stringifyMessage } from 'graphql-ws';
import { type RawData, WebSocket } from 'ws';
import { expiryOf, type RequestScope } from '../scope.ts';
import { answerFrom, isRecord, type SubgraphAnswer, type SubgraphRequest } from './exchange.ts';
import type { UpstreamEnd, UpstreamListener, UpstreamOptions, UpstreamSubscription } from './upstream.ts';

/** One authenticated connection to a subgraph, with the subscriptions of one principal on it. */
export interface UpstreamSocket {
  /** How many subscriptions are open on it. */
  readonly operations: number;
  /** When its token ends, in ms since the epoch; infinite without one. */
  readonly expiresAt: number;
  open(request: SubgraphRequest, scope: RequestScope, listener: UpstreamListener): UpstreamSubscription;
}

/** A class, because there are tens of thousands of them. */
class Operation implements UpstreamSubscription {
  /** Only until it has been sent. */
  request: SubgraphRequest | undefined;
  readonly id: string;
  readonly scope: RequestScope;
  readonly listener: UpstreamListener;
  private readonly onClose: (id: string) => void;

  constructor(
    id: string,
    request: SubgraphRequest,
    scope: RequestScope,
    listener: UpstreamListener,
    onClose: (id: string) => void,
  ) {
    this.id = id;
    this.request = request;
    this.scope = scope;
    this.listener = listener;
    this.onClose = onClose;
  }

  close(): void {
    this.onClose(this.id);
  }
}

const FORBIDDEN = 4403;
/** Largest event in bytes. */
const MAX_EVENT = 4 * 1024 * 1024;
/** How long in ms a socket is kept without a subscription: who has seen one payment through often watches the next. */
const LINGER = 3_000;
/** Time in ms between pings; a subgraph that has not answered the last one counts as lost. */
const HEARTBEAT = 15_000;

/**
 * Connects under a caller's token. `onClosing` is called once, when nothing more can be opened on the socket: it was
 * lost, or closed, a moment after its last subscription.
 */
export function openUpstreamSocket(
  { url, subgraph, timeoutMs, prove, tls }: UpstreamOptions,
  { authorization, principal, requestId, logger }: RequestScope,
  onClosing: () => void,
): UpstreamSocket {
  const socket = new WebSocket(url, GRAPHQL_TRANSPORT_WS_PROTOCOL, {
    headers: { 'x-request-id': requestId },
    handshakeTimeout: timeoutMs,
    maxPayload: MAX_EVENT,
    perMessageDeflate: false,
    ...tls?.connectionTo(subgraph),
  });
  const operations = new Map<string, Operation>();
  let opened = 0;
  let acknowledged = false;
  let closing = false;
  let lingering: NodeJS.Timeout | undefined;

  const send = (message: Message): void => socket.send(stringifyMessage(message));
  const begin = (operation: Operation): void => {
    if (operation.request) send({ id: operation.id, type: MessageType.Subscribe, payload: operation.request });
    operation.request = undefined;
  };
  const close = (): void => {
    if (closing) return;
    closing = true;
    clearTimeout(lateAcknowledgement);
    clearTimeout(lingering);
    socket.close(1000);
    onClosing();
  };
  const linger = (): void => {
    if (operations.size > 0 || closing) return;
    if (acknowledged) lingering = setTimeout(close, LINGER);
    else close();
  };
  const end = (id: string, outcome: UpstreamEnd): void => {
    const operation = operations.get(id);
    if (!operation) return;
    operations.delete(id);
    linger();
    operation.listener.end(outcome);
  };
  const endAll = (outcome: UpstreamEnd): void => {
    close();
    for (const id of [...operations.keys()]) end(id, outcome);
  };
  const lost = (cause: unknown): void => {
    if (closing) return;
    if (operations.size > 0)
      logger.warn(
        { err: cause, subgraph, acknowledged, subscriptions: operations.size },
        'a subgraph’s socket was lost',
      );
    endAll({ kind: acknowledged ? 'interrupted' : 'unavailable' });
  };
  const lateAcknowledgement = setTimeout(() => lost(new Error(`no acknowledgement in ${timeoutMs} ms`)), timeoutMs);

  const receiveResult = (id: string, payload: unknown): void => {
    const operation = operations.get(id);
    if (!operation) return;
    const answer = answerFrom(payload, subgraph, operation.scope);
    if (answer) operation.listener.event(inTrace(answer, payload));
    else lost(new Error('sent something else than a GraphQL result'));
  };
  const receiveRefusal = (id: string, errors: unknown): void => {
    const operation = operations.get(id);
    if (!operation) return;
    const answer = answerFrom({ errors }, subgraph, operation.scope);
    if (answer) end(id, { kind: 'refused', answer });
    else lost(new Error('sent something else than GraphQL errors'));
  };
  const acknowledge = (): void => {
    if (acknowledged) return;
    acknowledged = true;
    clearTimeout(lateAcknowledgement);
    for (const operation of operations.values()) begin(operation);
  };
  const receive = (message: Message): void => {
    if (message.type === MessageType.Next) receiveResult(message.id, message.payload);
    else if (message.type === MessageType.Error) receiveRefusal(message.id, message.payload);
    else if (message.type === MessageType.Complete) end(message.id, { kind: 'completed' });
    else if (message.type === MessageType.ConnectionAck) acknowledge();
    else if (message.type === MessageType.Ping) send({ type: MessageType.Pong });
  };

  const connectionParams = () => {
    const proof = prove?.({ authorization, requestId, body: '' });
    return proof === undefined ? { authorization } : { authorization, requestId, proof };
  };
  const leave = (id: string): void => {
    if (!operations.delete(id)) return;
    if (acknowledged && !closing) send({ id, type: MessageType.Complete });
    linger();
  };

  socket.on('open', () => {
    if (!closing) send({ type: MessageType.ConnectionInit, payload: connectionParams() });
  });
  socket.on('message', (data) => {
    if (closing) return;
    const message = messageFrom(data);
    if (message) receive(message);
    else lost(new Error('sent something else than graphql-transport-ws'));
  });
  socket.on('error', lost);
  socket.on('close', (code) => {
    if (!closing && code === FORBIDDEN) endAll({ kind: 'unauthenticated', authorization });
    else lost(new Error(`closed with ${code}`));
  });
  keepAlive(socket);

  return {
    get operations() {
      return operations.size;
    },
    expiresAt: expiryOf(principal),
    open(request, scope, listener) {
      clearTimeout(lingering);
      const operation = new Operation(String(++opened), request, scope, listener, leave);
      operations.set(operation.id, operation);
      if (acknowledged) begin(operation);
      return operation;
    },
  };
}

function messageFrom(data: RawData): Message | undefined {
  try {
    return parseMessage(String(data));
  } catch {
    return undefined;
  }
}

/** Cuts off a line that has gone dead without a word. */
function keepAlive(socket: WebSocket): void {
  let answered = true;
  const timer = setInterval(() => {
    if (!answered) return socket.terminate();
    if (socket.readyState !== WebSocket.OPEN) return;
    answered = false;
    socket.ping();
  }, HEARTBEAT);
  socket.on('pong', () => {
    answered = true;
  });
  socket.on('close', () => clearInterval(timer));
}

/** Subgraphs that trace say in which trace an event belongs. */
function inTrace(answer: SubgraphAnswer, payload: unknown): SubgraphAnswer {
  const extensions = isRecord(payload) ? payload.extensions : undefined;
  const traceparent = isRecord(extensions) ? extensions.traceparent : undefined;
  return typeof traceparent === 'string' ? { ...answer, traceparent } : answer;
}
