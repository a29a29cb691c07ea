import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { anonymous } from '@paygraph/auth';
import { createLogger } from '@paygraph/service';
import type { RequestScope } from '../scope.ts';
import type { SubgraphAnswer } from '../subgraphs/exchange.ts';
import type { Subgraph } from '../subgraphs/subgraph.ts';

/** A request that has come in, and waits until the test says what becomes of it. */
export interface HeldRequest {
  readonly body: string;
  readonly headers: IncomingHttpHeaders;
  /** Whether the caller has given it up. */
  readonly isGone: () => boolean;
  answer(body?: string, status?: number): void;
  /** Cuts the connection without a word. */
  cut(): void;
}

export type CommandedSubgraph = Awaited<ReturnType<typeof startCommandedSubgraph>>;

export const fine = '{"data":{"ok":true}}';

/** An HTTP server in a subgraph's place that does with each request what a test tells it to; at first it holds all of them. */
export async function startCommandedSubgraph() {
  const requests: HeldRequest[] = [];
  let act: (request: HeldRequest, number: number) => void = () => undefined;
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    const held = hold(body, request.headers, response);
    requests.push(held);
    act(held, requests.length);
  });
  const listen = (port: number) => new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  await listen(0);
  const { port } = server.address() as AddressInfo;
  const crash = async (): Promise<void> => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return {
    url: `http://127.0.0.1:${port}/graphql`,
    /** As they came. */
    requests,
    /** What to do with each request from now on; `number` counts all that have come, from 1. */
    onRequest(next: typeof act) {
      act = next;
    },
    crash,
    restart: () => listen(port),
  };
}

function hold(body: string, headers: IncomingHttpHeaders, response: ServerResponse): HeldRequest {
  let isGone = false;
  response.on('close', () => {
    isGone = !response.writableFinished;
  });
  return {
    ...{ body, headers },
    isGone: () => isGone,
    answer: (text = fine, status = 200) => void response.writeHead(status).end(text),
    cut: () => void response.destroy(),
  };
}

let count = 0;

/** Somebody who asks; nobody known, with a request id of their own, unless said otherwise. */
export function askerWith(given: Partial<RequestScope> = {}): RequestScope {
  count += 1;
  const logger = createLogger({ service: 'gateway', level: 'silent' });
  return { principal: anonymous, authorization: undefined, requestId: `req_${count}`, logger, ...given };
}

/** Asks a subgraph, the same as everybody unless said otherwise. */
export function ask(
  subgraph: Subgraph,
  {
    kind = 'query',
    body = '{"query":"{ ok }"}',
    scope = askerWith(),
  }: Partial<Parameters<Subgraph['ask']>[0]> & {
    readonly scope?: RequestScope;
  } = {},
): Promise<SubgraphAnswer> {
  return new Promise((resolve) => subgraph.ask({ kind, body }, scope, resolve));
}

export const codesIn = ({ errors = [] }: SubgraphAnswer) => errors.map(({ extensions }) => extensions?.code);
