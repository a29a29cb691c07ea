import { connect, createChannel, post, until, watch } from '@paygraph/gateway/testing';
import { expect, it } from 'vitest';
import { startFederation } from './support/federation.ts';

it('a gateway that stops answers what it was asked, tells subscribers to go elsewhere and takes nothing more', async () => {
  const ticks = createChannel<number>();
  let answer = (): void => undefined;
  const asked = new Promise<void>((resolve) => {
    answer = resolve;
  });
  const federation = await startFederation({
    wallet: {
      sdl: 'type Query { slow: String! } type Subscription { ticked: Int! }',
      resolvers: {
        Query: { slow: () => asked.then(() => 'answered') },
        Subscription: { ticked: { subscribe: () => ticks.listen(), resolve: (tick) => tick } },
      },
    },
  });
  const client = connect(federation.url.replace('http', 'ws'));
  const watching = watch(client, { query: 'subscription { ticked }' });
  await until(() => expect(ticks.listeners).toBe(1));
  const slow = post(federation.url, '{ slow }');
  await until(() => expect(federation.asked('wallet')).toHaveLength(1));

  const stopped = federation.stop();
  await until(() => expect(watching.end()).not.toBe('open'));
  await until(() => expect(ticks.listeners).toBe(0));
  answer();
  expect((await slow).body).toEqual({ data: { slow: 'answered' } });
  await stopped;
  await expect(post(federation.url, '{ slow }')).rejects.toThrow();
  await client.dispose();
});
