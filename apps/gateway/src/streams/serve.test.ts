import { TokenError } from '@paygraph/auth';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { post } from '../testing/http.ts';
import { until } from '../testing/until.ts';
import { startWorld, type World } from '../testing/world.ts';

let world: World;
let asked = 0;
let answer: () => void;

beforeEach(async () => {
  asked = 0;
  const held = new Promise<void>((resolve) => {
    answer = resolve;
  });
  world = await startWorld({
    subscriptions: { total: 1, perPrincipal: 1 },
    async authenticate(authorization) {
      if (authorization === 'nobody') throw new TokenError('INVALID', 'The token is nobody’s');
      asked += 1;
      if (asked === 1) await held;
      return {
        ...{ kind: 'customer', id: 'cus_1', sessionId: 'ses_1', roles: ['CUSTOMER'], scopes: new Set() },
        expiresAt: new Date(8.64e15),
      };
    },
  });
});
afterEach(() => world.stop());

it.each(['text/event-stream', 'multipart/mixed;subscriptionSpec="1.0"'])(
  'who has left before a stream of %s begins holds nothing',
  async (accept) => {
    world.steps.publish({ sequence: 1, state: 'PENDING' });
    const subscribe = async (after: number, signal?: AbortSignal) => {
      const query = `subscription { paymentStateChanged(paymentId: "pay_1", afterSequence: ${after}) { sequence } }`;
      const headers = { accept, 'content-type': 'application/json', authorization: 'somebody' };
      return fetch(world.url, { method: 'POST', headers, body: JSON.stringify({ query }), ...(signal && { signal }) });
    };
    const client = new AbortController();
    const left = subscribe(1, client.signal);
    await until(() => expect(asked).toBe(1));
    client.abort();
    await expect(left).rejects.toThrow();
    // The gateway has read by now that the connection is closed.
    await post(world.url, '{ wallets { label } }', { authorization: 'nobody' });
    answer();
    await until(async () => {
      const { body } = await subscribe(0);
      let told = '';
      for await (const text of body?.pipeThrough(new TextDecoderStream()) ?? []) {
        told += text;
        if (/"sequence"|"code"/.test(told)) break;
      }
      expect(told).toContain('"sequence":1');
    });
  },
);
