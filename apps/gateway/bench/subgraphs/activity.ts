import type { Server } from 'node:http';
import { execute, type GraphQLSchema, parse } from 'graphql';
import { type WebSocket, WebSocketServer } from 'ws';
import { activity } from '../graph/data.ts';

interface Subscriber {
  readonly socket: WebSocket;
  readonly id: string;
}

/** Those who ask the same in the same words. */
interface Audience {
  readonly query: string;
  readonly variables: Record<string, unknown>;
  readonly subscribers: Set<Subscriber>;
}

export interface Publisher {
  /** Publishes as many events a second to every wallet that is watched; zero stops it. */
  publishing(perSecond: number): void;
}

/** `walletActivity` over graphql-transport-ws: each event is worked out once for all who ask the same. */
export function serveActivity(server: Server, schema: GraphQLSchema): Publisher {
  const audiences = new Map<string, Audience>();
  let version = 0;
  let timer: NodeJS.Timeout | undefined;

  const join = (socket: WebSocket, id: string, payload: { query: string; variables?: Record<string, unknown> }) => {
    const { query, variables = {} } = payload;
    const key = JSON.stringify([query, variables]);
    const audience = audiences.get(key) ?? { query, variables, subscribers: new Set() };
    audiences.set(key, audience);
    const subscriber = { socket, id };
    audience.subscribers.add(subscriber);
    return () => {
      audience.subscribers.delete(subscriber);
      if (audience.subscribers.size === 0) audiences.delete(key);
    };
  };
  const publish = async (): Promise<void> => {
    version += 1;
    for (const { query, variables, subscribers } of audiences.values()) {
      const rootValue = { walletActivity: activity(String(Object.values(variables)[0]), version, Date.now()) };
      const payload = JSON.stringify(
        await execute({ schema, document: parse(query), rootValue, variableValues: variables }),
      );
      for (const { socket, id } of subscribers) socket.send(`{"id":"${id}","type":"next","payload":${payload}}`);
    }
  };

  new WebSocketServer({ server, handleProtocols: () => 'graphql-transport-ws' }).on('connection', (socket) => {
    const operations = new Map<string, () => void>();
    socket.on('message', (data) => {
      const { type, id, payload } = JSON.parse(String(data));
      if (type === 'connection_init') socket.send('{"type":"connection_ack"}');
      if (type === 'ping') socket.send('{"type":"pong"}');
      if (type === 'subscribe') operations.set(id, join(socket, id, payload));
      if (type === 'complete') operations.get(id)?.();
    });
    socket.on('close', () => {
      for (const leave of operations.values()) leave();
    });
  });

  return {
    publishing(perSecond) {
      clearInterval(timer);
      if (perSecond > 0) timer = setInterval(() => void publish(), 1_000 / perSecond);
    },
  };
}
