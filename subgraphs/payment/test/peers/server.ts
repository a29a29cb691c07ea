import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { buildSchema, type ExecutionResult, graphql } from 'graphql';

/** What a peer can be made to do instead of answering. */
export type Misbehaviour =
  /** Answers 503 and does nothing. */
  | 'down'
  /** Cuts the line before it has done anything. */
  | 'deaf'
  /** Does what it was told and cuts the line: the caller cannot know. */
  | 'mute'
  /** Does what it was told and never answers. */
  | 'hanging'
  /** Answers with a fault of its own and does nothing. */
  | 'broken';

export interface PeerServer {
  readonly url: string;
  /** The names of the operations it was asked for, in order. */
  readonly asked: string[];
  /** Makes it misbehave: always, or only the next `times` and only for one operation. */
  misbehave(how: Misbehaviour, options?: { readonly operation?: string; readonly times?: number }): void;
  /** Ends all misbehaviour. */
  behave(): void;
  stop(): Promise<void>;
}

/** One root field: arguments in, answer out. Arguments are checked against the peer's own contract before. */
export type RootField = (args: never) => unknown;

/** A real HTTP server that speaks a peer's contract, `subgraphs/<name>/schema.graphql`. */
export async function startPeerServer(name: string, fields: Record<string, RootField>): Promise<PeerServer> {
  const contract = readFileSync(new URL(`../../../${name}/schema.graphql`, import.meta.url), 'utf8');
  // Directives of federation are links, not definitions: they play no part between services.
  const schema = buildSchema(contract, { assumeValidSDL: true });
  const asked: string[] = [];
  let plan: { how: Misbehaviour; operation: string | undefined; left: number } | undefined;

  const misbehaviourFor = (operation: string): Misbehaviour | undefined => {
    if (!plan || (plan.operation !== undefined && plan.operation !== operation)) return undefined;
    const { how } = plan;
    plan.left -= 1;
    if (plan.left <= 0) plan = undefined;
    return how;
  };
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const { query, variables } = JSON.parse(await bodyOf(request));
    const operation = /(?:query|mutation) (\w+)/.exec(query)?.[1] ?? '';
    asked.push(operation);
    const how = misbehaviourFor(operation);
    if (how === 'down') return send(response, 503, {});
    if (how === 'deaf') return request.socket.destroy();
    if (how === 'broken') return send(response, 200, { data: null, errors: [fault] });
    const result = await graphql({ schema, source: query, variableValues: variables, rootValue: fields });
    if (how === 'mute') return request.socket.destroy();
    if (how !== 'hanging') send(response, 200, withCodes(result));
  };

  const server = createServer((request, response) => {
    answer(request, response).catch((error) => send(response, 500, { errors: [{ message: String(error) }] }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    url: `http://127.0.0.1:${address.port}/graphql`,
    asked,
    misbehave: (how, { operation, times = Number.POSITIVE_INFINITY } = {}) => {
      plan = { how, operation, left: times };
    },
    behave: () => {
      plan = undefined;
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

const fault = { message: 'Something went wrong', extensions: { code: 'INTERNAL_SERVER_ERROR' } };

/** What a field throws is a fault of the peer; what it could not read is the caller's. */
function withCodes({ data, errors }: ExecutionResult) {
  if (!errors) return { data };
  const coded = errors.map(({ message, originalError }) => ({
    message,
    extensions: { code: originalError ? 'INTERNAL_SERVER_ERROR' : 'BAD_USER_INPUT' },
  }));
  return { data: data ?? null, errors: coded };
}

function send(response: ServerResponse, status: number, body: object): void {
  if (!response.headersSent) response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}
