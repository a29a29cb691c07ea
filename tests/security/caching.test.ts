import { randomUUID } from 'node:crypto';
import { anonymous, type CustomerPrincipal, type Principal } from '@paygraph/auth';
import { post } from '@paygraph/gateway/testing';
import { createMetrics } from '@paygraph/service';
import { sumOf } from '@paygraph/service/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { composed, useFederation } from '../federation/support/federation.ts';
import { type Line, lineTo } from '../support/line.ts';
import { type Asked, reading } from './support/ways.ts';

const person = (id: string, roles: CustomerPrincipal['roles'] = ['CUSTOMER']): CustomerPrincipal => ({
  ...{ kind: 'customer', id, roles, sessionId: `session of ${id}`, scopes: new Set() },
  expiresAt: new Date('2100-01-01T00:00:00Z'),
});
/** Everybody's token is their name. */
const authenticate = async (name: string | undefined): Promise<Principal> => {
  if (name === undefined) return anonymous;
  return person(name, name === 'operator' ? ['OPERATOR'] : ['CUSTOMER']);
};

interface Scope {
  readonly authorization: string | undefined;
}
/** Answers with the token that it is asked with. */
const whoAsks = (_query: unknown, _args: unknown, { authorization }: Scope) => authorization ?? 'nobody';
/** Never the same twice. */
let rates = 0;
const nextRate = (_query: unknown, { base }: Record<string, unknown>) => {
  rates += 1;
  return { base, number: rates };
};

const parts = {
  rates: {
    sdl: `
      extend schema
        @link(url: "https://paygraph.dev/cacheControl/v1.0", import: ["@cacheControl"])
        @composeDirective(name: "@cacheControl")
      directive @cacheControl(maxAge: Int, scope: cacheControl__Scope, inheritMaxAge: Boolean) on FIELD_DEFINITION
      enum cacheControl__Scope { PUBLIC PRIVATE }

      type Query {
        rate(base: String = "EUR"): Rate @cacheControl(maxAge: 60)
        whoAsks: String @cacheControl(maxAge: 60)
        failing: String @cacheControl(maxAge: 60)
        mine: String
        diary: String @cacheControl(maxAge: 60, scope: PRIVATE)
        signedIn: String @authenticated @cacheControl(maxAge: 60)
      }
      type Rate { base: String  number: Int }`,
    resolvers: {
      Query: {
        ...{ rate: nextRate, whoAsks, mine: whoAsks, diary: whoAsks, signedIn: whoAsks },
        failing: () => {
          throw new Error('It fails');
        },
      },
    },
  },
};

const dataOf = async (answer: Promise<unknown>) => ((await answer) as { data: Record<string, unknown> }).data;

describe.each(reading)('by $name', ({ ask }) => {
  const graph = useFederation(parts, { authenticate, responseCache: {} });
  const as = (authorization: string) => (query: string, more?: Partial<Asked>) =>
    dataOf(ask(graph.url, { query, authorization, ...more }));
  const [ama, kofi] = [as('ama'), as('kofi')];

  it('what is for everybody is asked for once', async () => {
    const first = await ama('{ rate { number } }');
    expect(await kofi('{ rate { number } }')).toEqual(first);
    expect(graph.asked('rates')).toHaveLength(1);
    expect(await kofi('{ rate { base number } }')).not.toEqual(first);
  });

  it('what is somebody’s is theirs alone, also beside what is for everybody', async () => {
    for (const field of ['mine', 'diary', 'signedIn'])
      for (const selection of [
        field,
        `rate { base } ${field}`,
        `...All } fragment All on Query { a: rate { base } ${field}`,
      ])
        for (const [who, asking] of [
          ['ama', ama],
          ['kofi', kofi],
          ['ama', ama],
        ] as const)
          expect(await asking(`query { ${selection} }`)).toMatchObject({ [field]: who });
    expect(graph.asked('rates')).toHaveLength(27);
  });

  it('what somebody may leave out is kept without it, and not with it', async () => {
    const query = 'query ($all: Boolean!) { rate { number } mine @include(if: $all) }';
    const without = await ama(query, { variables: { all: false } });
    expect(await kofi(query, { variables: { all: true } })).toMatchObject({ mine: 'kofi' });
    expect(await ama(query, { variables: { all: true } })).toMatchObject({ mine: 'ama' });
    expect(await kofi(query, { variables: { all: false } })).toEqual(without);
    expect(graph.asked('rates')).toHaveLength(3);
  });

  it('no token goes along with what is for everybody: a subgraph that looks for one finds nobody', async () => {
    for (const asking of [ama, kofi]) expect(await asking('{ whoAsks }')).toEqual({ whoAsks: 'nobody' });
    expect(graph.asked('rates').map(({ authorization }) => authorization)).toEqual([undefined]);
  });

  it('what differs by variables is kept apart, those that are left out among it', async () => {
    const query = 'query ($base: String = "USD") { rate(base: $base) { base } }';
    const asking = (variables: Record<string, unknown>) => ama(query, { variables });
    for (const _again of [1, 2]) {
      expect(await asking({})).toEqual({ rate: { base: 'USD' } });
      expect(await asking({ base: null })).toEqual({ rate: { base: null } });
      expect(await asking({ base: 'GHS', other: 1 })).toEqual({ rate: { base: 'GHS' } });
    }
    expect(graph.asked('rates')).toHaveLength(3);
  });

  it('an answer with errors is not kept', async () => {
    for (const _again of [1, 2]) expect(await ama('{ rate { base } failing }')).toMatchObject({ failing: null });
    expect(graph.asked('rates')).toHaveLength(2);
  });
});

describe('what is for everybody', () => {
  const metrics = createMetrics({ service: 'gateway', host: '127.0.0.1' });
  const graph = useFederation(parts, {
    ...{ authenticate, metrics, responseCache: {} },
    rateLimits: { limits: { anonymous: 50 } },
  });
  const get = async (query: string, headers: Record<string, string> = {}) => {
    const response = await fetch(`${graph.url}?${new URLSearchParams({ query })}`, {
      headers: { 'apollo-require-preflight': 'yes', ...headers },
    });
    await response.arrayBuffer();
    return response.headers;
  };
  const cached = (outcome: string) => sumOf(metrics.registry, 'paygraph_gateway_cache_total', { outcome });

  it('may be kept on the way, by who takes the same, and then does not tell of anybody’s limits', async () => {
    for (const _again of [1, 2]) {
      const headers = await get('{ rate { base } }');
      expect(headers.get('cache-control')).toMatch(/^max-age=(?:60|59|5\d|4\d), public$/);
      expect(headers.get('vary')).toBe('accept');
      expect([...headers.keys()].filter((name) => name.startsWith('ratelimit'))).toEqual([]);
    }
    const { headers } = await post(graph.url, '{ rate { base } }');
    expect(headers.get('cache-control')).toMatch(/^max-age=\d+, public$/);
    expect(headers.get('ratelimit-remaining')).not.toBeNull();
  });

  it.each([
    ['somebody’s', '{ mine }', {}],
    ['somebody’s and everybody’s', '{ rate { base } mine }', { authorization: 'ama' }],
    ['an error', '{ failing }', {}],
    ['refused', '{ rate { nothing } }', {}],
    ['for operators', '{ rate { base } }', { authorization: 'operator' }],
  ])('and what is %s may not be kept', async (_what, query, headers) => {
    expect((await get(query, headers as Record<string, string>)).get('cache-control')).toBe('no-store');
  });

  it('does not have what operators are told in it', async () => {
    const query = '{ rate(base: "operators") { base } }';
    const { body } = await post(graph.url, query, { authorization: 'operator' });
    expect(body.extensions).toEqual({ cost: { estimated: 1, actual: 1 } });
    expect((await post(graph.url, query)).body).toEqual({ data: { rate: { base: 'operators' } } });
    expect((await post(graph.url, query, { authorization: 'operator' })).body.extensions).toBeDefined();
    expect(graph.asked('rates')).toHaveLength(1);
  });

  it('is asked for once, however many ask at a time, and counted', async () => {
    const [misses, joined, hits] = [await cached('miss'), await cached('joined'), await cached('hit')];
    const query = '{ rate(base: "many") { number } }';
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => post(graph.url, query, { authorization: 'ama' })),
    );
    expect(new Set(answers.map(({ body }) => JSON.stringify(body))).size).toBe(1);
    expect(graph.asked('rates')).toHaveLength(1);
    expect((await cached('miss')) - misses).toBe(1);
    expect((await cached('joined')) - joined + (await cached('hit')) - hits).toBe(19);
  });

  it('costs callers what it would have cost', async () => {
    const codes: unknown[] = [];
    for (let time = 0; time < 60; time += 1) {
      const { body } = await post(graph.url, '{ rate { base } }');
      codes.push(body.errors?.[0]?.extensions?.code);
    }
    expect(codes.at(-1)).toBe('RATE_LIMITED');
  });

  it('is asked for anew on another supergraph', async () => {
    const query = '{ rate(base: "next") { number } }';
    const ask = () => post(graph.url, query, { authorization: 'ama' });
    const before = (await ask()).body;
    const { url } = graph.subgraphs.rates;
    const next = composed({ rates: parts.rates.sdl.replace('number: Int', 'number: Int more: Int') });
    await graph.gateway.reload(next.replace('http://[::1]:9', url));
    expect((await ask()).body).not.toEqual(before);
    await graph.gateway.reload(graph.supergraphSdl);
    expect((await ask()).body).toEqual(before);
  });
});

const { REDIS_URL } = process.env;

describe.skipIf(!REDIS_URL)('gateways that share a Redis', () => {
  const address = new URL(REDIS_URL ?? 'redis://127.0.0.1');
  const prefix = `test:${randomUUID()}`;
  let line: Line;
  beforeAll(async () => {
    line = await lineTo(address);
  });
  const near = useFederation(parts, {
    authenticate,
    responseCache: {
      prefix,
      get redisUrl() {
        return `redis://127.0.0.1:${line.port}${address.pathname}`;
      },
    },
  });
  const far = useFederation(parts, { authenticate, responseCache: { prefix, redisUrl: REDIS_URL } });
  afterAll(() => line.close());
  /** The far gateway before the subgraphs of the near one: as two gateways of one installation. */
  beforeAll(() => far.gateway.reload(near.supergraphSdl));

  const numberFrom = async ({ url }: typeof near, base: string) => {
    const { body } = await post(url, '{ rate(base: "BASE") { number } }'.replace('BASE', base));
    expect(body.errors).toBeUndefined();
    return body.data?.rate;
  };
  const shared = () =>
    expect
      .poll(
        async () => {
          const base = randomUUID();
          return JSON.stringify(await numberFrom(near, base)) === JSON.stringify(await numberFrom(far, base));
        },
        { timeout: 20_000 },
      )
      .toBe(true);

  it('share answers', async () => {
    await shared();
  });

  it.each(['cut', 'hang'] as const)(
    'have answers of their own while the line to it is %s, and share them again once it is back',
    async (fault) => {
      await shared();
      line[fault]();
      const base = randomUUID();
      const own = await numberFrom(near, base);
      expect(await numberFrom(near, base)).toEqual(own);
      expect(await numberFrom(far, base)).not.toEqual(own);
      line.restore();
      await shared();
    },
  );
});
