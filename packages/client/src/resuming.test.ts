import { createServer } from 'node:http';
import { attachGraphqlWs } from '@paygraph/websocket';
import { assertObjectType, buildSchema, GraphQLError } from 'graphql';
import { type ClientOptions, createClient, type FormattedExecutionResult } from 'graphql-ws';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';
import { type ResumeOptions, resuming } from './resuming.ts';

const closing: (() => unknown)[] = [];
afterEach(async () => {
  vi.useRealTimers();
  for (const close of closing.splice(0).reverse()) await close();
});

/** What a server does from one subscription to the next. */
type Act = (after: number) => AsyncIterable<number> | Iterable<number>;

function schemaOf(subscribe: (args: { afterSequence: number }) => AsyncIterable<unknown>) {
  const schema = buildSchema(`
    type Query { nothing: Int }
    type Subscription { paymentStateChanged(afterSequence: Int): Step! }
    type Step { sequence: Int! state: String }
  `);
  const { paymentStateChanged } = assertObjectType(schema.getType('Subscription')).getFields();
  if (paymentStateChanged) paymentStateChanged.subscribe = (_root, args) => subscribe(args);
  return schema;
}

/** A server of steps that does one thing after the other, the last of them again and again. */
async function serve(...acts: Act[]) {
  const asked: unknown[] = [];
  const server = createServer();
  const schema = schemaOf(async function* ({ afterSequence }) {
    const act = acts[Math.min(asked.length, acts.length - 1)];
    asked.push(afterSequence);
    for await (const sequence of act?.(afterSequence) ?? [])
      yield { paymentStateChanged: { sequence, state: 'PENDING' } };
  });
  const open = new Set<{ destroy(): void }>();
  server.on('connection', (socket) => open.add(socket));
  const silent = { debug: () => undefined, error: () => undefined };
  const sockets = attachGraphqlWs({
    ...{ server, schema, path: '/', anonymous: 'allow', logger: silent },
    authenticate: async () => ({ kind: 'anonymous' }),
    context: () => ({}),
    formatError: (error) => error.toJSON(),
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(async () => {
    await sockets.drain();
    await new Promise((resolve) => server.close(resolve));
  });
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  const cutOff = () => {
    for (const socket of open) socket.destroy();
    open.clear();
  };
  return { url: `ws://127.0.0.1:${port}`, asked, cutOff };
}

function connect(url: string, options: ResumeOptions = {}, clientOptions: Partial<ClientOptions> = {}) {
  const client = createClient({
    ...{ url, webSocketImpl: WebSocket, retryWait: async () => undefined },
    ...clientOptions,
  });
  closing.push(() => client.dispose());
  return resuming(client, { delayMs: 1, ...options });
}

const query = `subscription ($afterSequence: Int) { paymentStateChanged(afterSequence: $afterSequence) { sequence } }`;
const from = (afterSequence: number) => ({ query, variables: { afterSequence } });
const sequenceOf = ({ data, errors }: FormattedExecutionResult<unknown, unknown>) =>
  errors
    ? errors[0]?.extensions?.code
    : (data as { paymentStateChanged: { sequence: number } }).paymentStateChanged.sequence;
const all = async (results: AsyncIterable<FormattedExecutionResult<unknown, unknown>>) => {
  const sequences: unknown[] = [];
  for await (const result of results) sequences.push(sequenceOf(result));
  return sequences;
};
const resume = (...sequences: number[]): Act =>
  async function* () {
    yield* sequences;
    throw new GraphQLError('Too slow', { extensions: { code: 'RESUME' } });
  };
const failing =
  (code: string): Act =>
  () => {
    throw new GraphQLError('Not now', { extensions: { code } });
  };
const stepsTo =
  (last: number): Act =>
  (after) =>
    Array.from({ length: last - after }, (_, index) => after + index + 1);

describe('a subscription', () => {
  it('that is not interrupted is as it would be without', async () => {
    const { url, asked } = await serve(stepsTo(3));
    expect(await all(connect(url).iterate(from(1)))).toEqual([2, 3]);
    expect(asked).toEqual([1]);
  });

  it('whose connection is lost goes on after its last event', async () => {
    const { url, asked, cutOff } = await serve(async function* () {
      yield* [1, 2];
      await new Promise(() => {});
    }, stepsTo(4));
    const seen: unknown[] = [];
    for await (const result of connect(url).iterate(from(0))) {
      seen.push(sequenceOf(result));
      if (seen.length === 2) cutOff();
    }
    expect(seen).toEqual([1, 2, 3, 4]);
    expect(asked).toEqual([0, 2]);
  });

  it('drops what comes twice, and what comes late', async () => {
    const { url } = await serve(() => [1, 2, 2, 1, 3]);
    expect(await all(connect(url).iterate(from(0)))).toEqual([1, 2, 3]);
  });

  it.each(['RESUME', 'SUBSCRIPTION_INTERRUPTED', 'SUBGRAPH_UNAVAILABLE', 'SERVICE_UNAVAILABLE'])(
    'that the server ends with %s is begun again',
    async (code) => {
      const { url, asked } = await serve(stepsTo(2), stepsTo(4));
      const interrupted = await serve(resume(1, 2), failing(code), stepsTo(4));
      expect(await all(connect(interrupted.url).iterate(from(0)))).toEqual([1, 2, 3, 4]);
      expect(interrupted.asked).toEqual([0, 2, 2]);
      expect(await all(connect(url).iterate(from(0)))).toEqual([1, 2]);
      expect(asked).toEqual([0]);
    },
  );

  it('that is ended again and again says so in the end', async () => {
    const { url, asked } = await serve(failing('SUBSCRIPTION_INTERRUPTED'));
    expect(await all(connect(url, { attempts: 2 }).iterate(from(7)))).toEqual(['SUBSCRIPTION_INTERRUPTED']);
    expect(asked).toEqual([7, 7, 7]);
  });

  it('that is ended after it has been well for half a minute is begun again as if for the first time', async () => {
    const anHourLater: Act = () => {
      vi.setSystemTime(Date.now() + 3_600_000);
      throw new GraphQLError('Not now', { extensions: { code: 'SUBSCRIPTION_INTERRUPTED' } });
    };
    const { url, asked } = await serve(anHourLater, anHourLater, anHourLater, stepsTo(2));
    expect(await all(connect(url, { attempts: 1 }).iterate(from(0)))).toEqual([1, 2]);
    expect(asked).toEqual([0, 0, 0, 0]);
  });

  it('is begun again after no longer than the longest delay, however often it was ended', async () => {
    const { url } = await serve(...Array.from({ length: 12 }, () => failing('SUBGRAPH_UNAVAILABLE')), stepsTo(1));
    const client = connect(url, { attempts: 12, delayMs: 60_000, longestDelayMs: 1 });
    expect(await all(client.iterate(from(0)))).toEqual([1]);
  });

  it('that is refused for good is not begun again', async () => {
    const { url, asked } = await serve(failing('FORBIDDEN'));
    expect(await all(connect(url).iterate(from(0)))).toEqual(['FORBIDDEN']);
    expect(asked).toEqual([0]);
  });

  it('without the variable passes as it is', async () => {
    const { url, asked } = await serve(resume(1, 1));
    const results = connect(url).iterate({ query: 'subscription { paymentStateChanged { sequence } }' });
    expect(await all(results)).toEqual([1, 1, 'RESUME']);
    expect(asked).toHaveLength(1);
  });

  it('that is left while it waits to begin again is over', async () => {
    const { url, asked } = await serve(resume(1), stepsTo(2));
    const results = connect(url, { delayMs: 60_000 }).iterate(from(0));
    expect(await results.next()).toMatchObject({ done: false });
    const next = results.next();
    await expect.poll(() => asked.length).toBe(1);
    await results.return?.();
    expect(await next).toEqual({ done: true, value: undefined });
    expect(asked).toHaveLength(1);
  });

  it('that the client cannot connect for fails as the client does', async () => {
    const client = connect('ws://127.0.0.1:1', {}, { retryAttempts: 0 });
    await expect(client.iterate(from(0)).next()).rejects.toBeDefined();
  });

  it('with fields of one’s own goes by them', async () => {
    const { url, asked } = await serve(resume(1), stepsTo(2));
    const fields = [{ field: 'paymentStateChanged', cursor: 'sequence', variable: 'last' }];
    const own = query.replaceAll('$afterSequence', '$last');
    const results = connect(url, { fields }).iterate({ query: own, variables: { last: 0 } });
    expect(await all(results)).toEqual([1, 2]);
    expect(asked).toEqual([0, 1]);
  });
});
