import { once } from 'node:events';
import { Agent, createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { connect, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';

/** One request to a service, on its way. */
export interface Passing {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** Has the service answer it, whole. */
  answer(): Promise<ServiceAnswer>;
  /** Carries what the service answers back as it comes. */
  forward(): void;
}

export interface ServiceAnswer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

/** What becomes of a request. */
export type Manner = (passing: Passing) => unknown;

/** Stands before a service and speaks in its place: faithfully, until it is told otherwise. */
export interface Front {
  readonly url: string;
  /** How many GraphQL requests it has met with the manner it has now. */
  readonly met: number;
  /** How many WebSockets have been asked of it in the manner it has now. */
  readonly dialled: number;
  /** Meets all requests in this manner from here on, and closes the WebSockets that are open, or leaves them and carries nothing. */
  behave(manner: Manner, sockets?: 'closed' | 'dead'): void;
  /** Is faithful again. What is left of WebSockets that went dead is closed. */
  recover(): void;
  close(): Promise<void>;
}

const faithfully: Manner = ({ forward }) => forward();

/** Stands before the service at an address, which need not listen yet. */
export async function frontOf(url: string): Promise<Front> {
  const { hostname, port, pathname } = new URL(url);
  const agent = new Agent({ keepAlive: true });
  const upgraded = new Map<Duplex, Socket>();
  let manner = faithfully;
  let met = 0;
  let dialled = 0;
  let isDead = false;

  const send = async (incoming: IncomingMessage): Promise<IncomingMessage> => {
    const { method, url: path, headers } = incoming;
    const outgoing = request({ hostname, port, method, path, headers, agent });
    incoming.pipe(outgoing);
    const [answer] = await once(outgoing, 'response');
    return answer;
  };
  const server = createServer((incoming, response) => {
    if (incoming.method === 'POST') met += 1;
    // Whoever asked may be gone by now: that is nobody's fault.
    response.on('error', () => undefined);
    const lost = () => response.destroy();
    const passing: Passing = {
      ...{ request: incoming, response },
      async answer() {
        const answer = await send(incoming);
        const { statusCode: status = 0, headers } = answer;
        return { status, type: headers['content-type'] ?? '', body: await textOf(answer) };
      },
      forward: () =>
        void send(incoming).then((answer) => {
          response.writeHead(answer.statusCode ?? 0, answer.headers);
          answer.on('error', lost).pipe(response);
        }, lost),
    };
    void (async () => manner(passing))().catch(lost);
  });
  server.on('upgrade', ({ headers, url: path }: IncomingMessage, near: Socket, head: Buffer) => {
    dialled += 1;
    if (manner !== faithfully && !isDead) return void near.destroy();
    const far = connect(Number(port), hostname);
    upgraded.set(near, far);
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
    far.write(`GET ${path} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`);
    far.write(head);
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      from.on('data', (data) => void (isDead || to.write(data)));
      from.on('error', () => to.destroy());
      from.on('close', () => {
        to.destroy();
        upgraded.delete(near);
      });
    }
  });
  const hangUp = (): void => {
    for (const near of upgraded.keys()) near.destroy();
  };
  server.keepAliveTimeout = 72_000;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The front has no port');
  return {
    url: `http://127.0.0.1:${address.port}${pathname}`,
    get met() {
      return met;
    },
    get dialled() {
      return dialled;
    },
    behave(next, sockets = 'closed') {
      [manner, met, dialled, isDead] = [next, 0, 0, sockets === 'dead'];
      if (!isDead) hangUp();
    },
    recover() {
      if (isDead) hangUp();
      [manner, met, dialled, isDead] = [faithfully, 0, 0, false];
      // What was left unanswered would be for ever.
      server.closeAllConnections();
    },
    async close() {
      hangUp();
      agent.destroy();
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

async function textOf(stream: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}
