import { randomUUID } from 'node:crypto';
import { connect, post, until, watch } from '@paygraph/gateway/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Line, lineTo } from '../support/line.ts';
import { useWallets } from './support/wallets.ts';
import { codesIn, reading, subscribing } from './support/ways.ts';

const from = (address: string) => ({ headers: { 'x-forwarded-for': address } });
const cheap = '{ labels }';
const costing = (cost: number) => `{ wallets(first: ${cost - 1}) { nodes { id } } }`;
const codeOf = async (asking: ReturnType<typeof post>) => codesIn((await asking).body)[0];

describe('what may be spent in a minute', () => {
  const graph = useWallets({
    rateLimits: { limits: { anonymous: 20, caller: 50, network: 120 } },
    trustedProxies: ['127.0.0.0/8'],
  });

  it('is told with every answer', async () => {
    const { headers } = await post(graph.url, costing(12), { authorization: 'ada', ...from('192.0.2.1') });
    expect(headers.get('ratelimit-limit')).toBe('50');
    expect(headers.get('ratelimit-remaining')).toBe('38');
    expect(Number(headers.get('ratelimit-reset'))).toBeGreaterThan(0);
    expect(headers.get('retry-after')).toBeNull();
  });

  it('is spent by cost, and what it does not suffice for is refused before anything runs', async () => {
    const ask = (query: string) => post(graph.url, query, { authorization: 'ben', ...from('192.0.2.2') });
    expect((await ask(costing(45))).status).toBe(200);
    const asked = graph.asked('wallet').length;
    const { status, headers, body } = await ask(costing(6));
    expect(status).toBe(429);
    expect(headers.get('ratelimit-remaining')).toBe('0');
    expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
    expect(body).toEqual({
      errors: [{ message: expect.any(String), extensions: { code: 'RATE_LIMITED', retryAfter: expect.any(Number) } }],
    });
    expect(graph.asked('wallet')).toHaveLength(asked);
    expect((await ask(costing(4))).status).toBe(200);
  });

  it('is spent on a text before it is parsed, and by its length', async () => {
    const ask = async (query: string) => {
      const { headers } = await post(graph.url, query, { authorization: 'cat', ...from('192.0.2.13') });
      return Number(headers.get('ratelimit-remaining'));
    };
    const long = `{ labels } #${'-'.repeat(3_000)}`;
    expect([await ask(long), await ask(long)]).toEqual([46, 45]);
    expect(await ask(`{ labels #${'-'.repeat(3_000)}`)).toBe(41);
    expect(await ask(costing(6))).toBe(35);
  });

  it('is one person’s, over all their addresses', async () => {
    const ask = (address: string, who: string) =>
      codeOf(post(graph.url, costing(40), { authorization: who, ...from(address) }));
    expect(await ask('192.0.2.3', 'cleo')).toBeUndefined();
    expect(await ask('192.0.2.4', 'cleo')).toBe('RATE_LIMITED');
    expect(await ask('192.0.2.4', 'dan')).toBeUndefined();
  });

  it('is a network’s, over all persons in it', async () => {
    const ask = (who: string) => codeOf(post(graph.url, costing(50), { authorization: who, ...from('192.0.2.5') }));
    expect([await ask('eve'), await ask('fay'), await ask('gil')]).toEqual([undefined, undefined, 'RATE_LIMITED']);
  });

  it.each([
    ['an address', '192.0.2.6', '192.0.2.6', '192.0.2.7'],
    ['an address in IPv6’s clothes', '192.0.2.8', '::ffff:192.0.2.8', '::ffff:192.0.2.9'],
    ['the first half of an IPv6 address', '2001:db8::1', '2001:db8:0:0:ffff::2', '2001:db8:0:1::1'],
  ])('is, of those who are not known, %s’s', async (_what, first, same, other) => {
    const ask = (address: string) => codeOf(post(graph.url, costing(15), from(address)));
    expect(await ask(first)).toBeUndefined();
    expect(await ask(same)).toBe('RATE_LIMITED');
    expect(await ask(other)).toBeUndefined();
  });

  it('is spent by what is refused for something else, too', async () => {
    const ask = () => post(graph.url, '{ nothing }', from('192.0.2.10'));
    for (let time = 0; time < 20; time += 1) expect(await codeOf(ask())).toBe('GRAPHQL_VALIDATION_FAILED');
    expect(await codeOf(ask())).toBe('RATE_LIMITED');
  });

  it('is spent by bad tokens, as by strangers of their network, and not by others who are signed in there', async () => {
    const network = from('192.0.2.12');
    const bad = () => post(graph.url, cheap, { authorization: 'nobody', ...network });
    const { status, headers } = await bad();
    expect([status, headers.get('ratelimit-remaining')]).toEqual([401, '19']);
    for (let time = 1; time < 20; time += 1) expect(await codeOf(bad())).toBe('UNAUTHENTICATED');
    const refused = await bad();
    expect([refused.status, codesIn(refused.body)]).toEqual([429, ['RATE_LIMITED']]);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await codeOf(post(graph.url, cheap, network))).toBe('RATE_LIMITED');
    expect(await codeOf(post(graph.url, cheap, { authorization: 'hal', ...network }))).toBeUndefined();
  });

  it('is spent by each operation of a batch', async () => {
    const headers = { 'content-type': 'application/json', ...from('192.0.2.11').headers };
    const body = JSON.stringify([{ query: costing(15) }, { query: costing(15) }]);
    const answers = (await (await fetch(graph.url, { method: 'POST', headers, body })).json()) as object[];
    expect(answers).toMatchObject([{ data: {} }, { errors: [{ extensions: { code: 'RATE_LIMITED' } }] }]);
  });
});

describe('one person’s minute', () => {
  const graph = useWallets({ rateLimits: { limits: { caller: 50 } } });

  it.each(reading)('is spent by $name', async ({ name, ask }) => {
    const authorization = `reader by ${name.replace(/\W/g, '')}`;
    const asked = { query: costing(26), authorization };
    expect(codesIn(await ask(graph.url, asked))).toEqual([]);
    expect(codesIn(await ask(graph.url, asked))).toEqual(['RATE_LIMITED']);
  });

  it.each(subscribing)('keeps a subscription by $name from being opened', async ({ name, ask }) => {
    const authorization = `watcher by ${name.replace(/\W/g, '')}`;
    await post(graph.url, costing(50), { authorization });
    const query = 'subscription { renamed(id: "1") { id } }';
    expect(codesIn(await ask(graph.url, { query, authorization }))).toEqual(['RATE_LIMITED']);
  });
});

describe('a stranger’s minute', () => {
  const graph = useWallets({ rateLimits: { limits: { anonymous: 5 } } });

  it('is spent by bad tokens on WebSockets, which are refused as ever', async () => {
    for (let time = 0; time < 5; time += 1) {
      const client = connect(graph.url.replace('http', 'ws'), 'nobody');
      const { end } = watch(client, { query: cheap });
      await until(() => expect(end()).toMatchObject({ failed: { code: 4403 } }));
      await client.dispose();
    }
    expect(await codeOf(post(graph.url, cheap))).toBe('RATE_LIMITED');
  });
});

describe('an address that anybody may write into a header', () => {
  const graph = useWallets({ rateLimits: { limits: { anonymous: 20 } } });

  it('counts for nothing', async () => {
    expect(await codeOf(post(graph.url, costing(15), from('192.0.2.1')))).toBeUndefined();
    expect(await codeOf(post(graph.url, costing(15), from('192.0.2.2')))).toBe('RATE_LIMITED');
  });
});

const { REDIS_URL } = process.env;

describe.skipIf(!REDIS_URL)('gateways that share a Redis', () => {
  const address = new URL(REDIS_URL ?? 'redis://127.0.0.1');
  const prefix = `test:${randomUUID()}`;
  const limits = { anonymous: 20, caller: 1_000, network: 1_000_000 };
  let line: Line;
  beforeAll(async () => {
    line = await lineTo(address);
  });
  const near = useWallets({
    rateLimits: {
      limits,
      prefix,
      get redisUrl() {
        return `redis://127.0.0.1:${line.port}${address.pathname}`;
      },
    },
  });
  const far = useWallets({ rateLimits: { limits, prefix, redisUrl: REDIS_URL } });
  afterAll(() => line.close());

  const remaining = async ({ url }: typeof near, who: string, cost = 1) => {
    const { status, headers } = await post(url, cost === 1 ? cheap : costing(cost), { authorization: who });
    expect(status).toBe(200);
    return Number(headers.get('ratelimit-remaining'));
  };
  const shared = () =>
    expect
      .poll(
        async () => {
          const who = randomUUID();
          await remaining(far, who, 500);
          return remaining(near, who);
        },
        { timeout: 20_000 },
      )
      .toBe(499);

  it('count together', async () => {
    await shared();
  });

  it.each(['cut', 'hang'] as const)(
    'count by themselves while the line to it is %s, and together again once it is back',
    async (fault) => {
      await shared();
      const who = randomUUID();
      await remaining(far, who, 500);
      line[fault]();
      await expect.poll(() => remaining(near, who), { timeout: 20_000 }).toBeGreaterThan(900);
      line.restore();
      await shared();
    },
  );
});
