import { createServer, type Server } from 'node:http';
import { createServiceTokenSigner, generateSigningKey, publicJwk, signAccessToken, staticKeys } from '@paygraph/auth';
import { createTestDatabase, type TestDatabase } from '@paygraph/database/testing';
import { newId } from '@paygraph/ids';
import { createLogger } from '@paygraph/service';
import { encodeCursor, type Subgraph } from '@paygraph/subgraph';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Mutation, Query } from './generated/graphql.ts';
import { exchangeApi } from './sources/exchange-api.ts';
import { createForexSubgraph, type ForexDependencies } from './subgraph.ts';

const accessKey = generateSigningKey();
const paymentKey = generateSigningKey();
const riskKey = generateSigningKey();
const paymentToken = createServiceTokenSigner({ service: 'payment', key: paymentKey })('forex', ['forex:lock']);
const riskToken = createServiceTokenSigner({ service: 'risk', key: riskKey })('forex', []);
const logger = createLogger({ service: 'forex', level: 'silent' });

let database: TestDatabase;
const running: Subgraph[] = [];

beforeAll(async () => {
  database = await createTestDatabase('forex');
});
afterEach(async () => {
  for (const subgraph of running.splice(0)) await subgraph.stop();
});
afterAll(() => database.drop());

type RootFields = Query & Mutation;
interface Answer {
  /** The contract's, of which a query selects a part that is there; DateTime is text here. */
  readonly data: { readonly [Field in keyof RootFields]-?: NonNullable<RootFields[Field]> };
  readonly errors?: readonly { readonly extensions: { readonly code: string; readonly field?: readonly string[] } }[];
}

/** Starts a forex subgraph; answers how to ask it. */
async function startForex(rest: Partial<ForexDependencies> = {}) {
  const subgraph = createForexSubgraph({
    databaseUrl: database.databaseUrl,
    accessTokenKeys: staticKeys({ keys: [publicJwk(accessKey)] }),
    serviceTokenKeys: staticKeys({ keys: [publicJwk(paymentKey, 'payment'), publicJwk(riskKey, 'risk')] }),
    spreads: () => 50,
    maxRateAgeMs: undefined,
    live: undefined,
    logger,
    ...rest,
  });
  running.push(subgraph);
  const url = await subgraph.listen({ host: '127.0.0.1', port: 0 });
  return async (query: string, variables: object = {}, token?: string): Promise<Answer> => {
    const headers = { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) };
    const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify({ query, variables }) });
    return (await response.json()) as Answer;
  };
}

const createQuotes = `mutation ($requests: [ForexQuoteInput!]!) {
  createForexQuotes(requests: $requests) {
    code
    quote {
      id source { amount currency } target { amount currency } targetAtMid { amount currency }
      mid { numerator denominator } midRate customerRate spreadBasisPoints expiresAt paymentId
    }
  }
}`;

const lockQuotes = `mutation ($locks: [ForexQuoteLockInput!]!) {
  lockForexQuotes(locks: $locks) { code quote { id paymentId target { amount } } }
}`;

const dollars = (amount: string, targetCurrency: string) => ({
  sourceCurrency: 'USD',
  targetCurrency,
  sourceAmount: { amount, currency: 'USD' },
});

const historyFrom = (from: string) =>
  `{ exchangeRateHistory(base: "USD", quote: "JPY", from: "${from}", first: 1) { nodes { at } } }`;

const historyAfter = (at: string) =>
  `{ exchangeRateHistory(base: "USD", quote: "JPY", after: "${encodeCursor([at, ''])}", first: 1) { nodes { at } } }`;

describe('anyone', () => {
  it('may read the rate of a pair: mid, customer rate and spread', async () => {
    const ask = await startForex();
    const answer = await ask(
      '{ exchangeRate(base: "USD", quote: "EUR") { base quote mid customer spreadBasisPoints observedAt source stale } }',
    );
    expect(answer).toEqual({
      data: {
        exchangeRate: {
          base: 'USD',
          quote: 'EUR',
          mid: '0.88022588',
          customer: '0.8758247506',
          spreadBasisPoints: 50,
          observedAt: '2026-09-29T00:00:00.000Z',
          source: 'fawazahmed0/exchange-api',
          stale: false,
        },
      },
    });
  });

  it('may read all rates of a currency, in the order of their codes, without its own', async () => {
    const ask = await startForex();
    const { data } = await ask('{ exchangeRates(base: "EUR") { quote mid } currencies { code name exponent } }');
    const codes = data.exchangeRates.map(({ quote }) => quote);
    expect(codes).toHaveLength(157);
    expect(codes).toEqual([...codes].sort());
    expect(codes).not.toContain('EUR');
    expect(data.exchangeRates).toContainEqual({ quote: 'GHS', mid: '13.2309158872' });
    expect(data.currencies).toContainEqual({ code: 'KWD', name: 'Kuwaiti Dinar', exponent: 3 });
  });

  it('gets null for a pair without a rate, and one for a currency in itself', async () => {
    const ask = await startForex();
    const { data } = await ask(
      '{ none: exchangeRate(base: "USD", quote: "CHE") { mid } same: exchangeRate(base: "JPY", quote: "JPY") { mid customer spreadBasisPoints } }',
    );
    expect(data).toEqual({ none: null, same: { mid: '1', customer: '1', spreadBasisPoints: 0 } });
  });

  it('may read the past, page after page', async () => {
    const ask = await startForex();
    const query = `query ($after: String) {
      exchangeRateHistory(base: "USD", quote: "JPY", from: "2026-06-01T00:00:00Z", first: 1, after: $after) {
        nodes { at mid source } edges { cursor node { at } } pageInfo { hasNextPage endCursor }
      }
    }`;
    const first = (await ask(query)).data.exchangeRateHistory;
    expect(first.nodes).toEqual([
      { at: '2026-06-01T00:00:00.000Z', mid: '160.77', source: 'US Federal Reserve (FRED)' },
    ]);
    expect(first.pageInfo.hasNextPage).toBe(true);
    const next = (await ask(query, { after: first.pageInfo.endCursor })).data.exchangeRateHistory;
    expect(next.nodes).toEqual([
      { at: '2026-09-29T00:00:00.000Z', mid: '157.47729333', source: 'fawazahmed0/exchange-api' },
    ]);
    expect(next.pageInfo.hasNextPage).toBe(false);
  });

  it.each([
    ['a forged cursor', '{ exchangeRateHistory(base: "USD", quote: "JPY", after: "nonsense") { nodes { mid } } }'],
    ['too large a page', '{ exchangeRateHistory(base: "USD", quote: "JPY", first: 101) { nodes { mid } } }'],
    ['a currency that is none', '{ exchangeRate(base: "USD", quote: "ABC") { mid } }'],
    ['the year 0', historyFrom('0000-01-01T00:00:00Z')],
    ['what an offset pushes past the year 9999', historyFrom('9999-12-31T23:30:00-01:00')],
    ['a cursor at the year 0', historyAfter('0000-01-01T00:00:00Z')],
    ['a cursor at a day that no month has', historyAfter('2026-02-31T00:00:00Z')],
  ])('is told that %s cannot be used', async (_what, query) => {
    const ask = await startForex();
    const { errors } = await ask(query);
    expect(errors?.[0]?.extensions.code).toMatch(/^(BAD_USER_INPUT|GRAPHQL_VALIDATION_FAILED)$/);
  });

  it.each([
    ['the first instant', historyFrom('0001-01-01T00:00:00Z'), '1971-01-01T00:00:00.000Z'],
    ['the last instant', historyFrom('9999-12-31T23:59:59.999Z'), undefined],
    ['a cursor at the first instant', historyAfter('0001-01-01T00:00:00Z'), '1971-01-01T00:00:00.000Z'],
    ['a cursor at the last instant', historyAfter('9999-12-31T23:59:59.999999Z'), undefined],
  ])('may read from %s', async (_what, query, at) => {
    const ask = await startForex();
    const { data, errors } = await ask(query);
    expect([errors, data.exchangeRateHistory.nodes[0]?.at]).toEqual([undefined, at]);
  });

  it('may not make or lock quotes', async () => {
    const ask = await startForex();
    const customer = signAccessToken({
      key: accessKey,
      customerId: newId('cus'),
      sessionId: newId('ses'),
      roles: ['OPERATOR'],
    });
    const anonymous = await ask(createQuotes, { requests: [dollars('1', 'EUR')] });
    const operator = await ask(lockQuotes, { locks: [] }, customer.token);
    expect(anonymous.errors?.[0]?.extensions.code).toBe('UNAUTHENTICATED');
    expect(operator.errors?.[0]?.extensions.code).toBe('FORBIDDEN');
  });
});

describe('the risk service', () => {
  it('may read the rates, and lock nothing', async () => {
    const ask = await startForex();
    expect((await ask('{ exchangeRate(base: "USD", quote: "EUR") { mid } }', {}, riskToken)).errors).toBeUndefined();
    const { errors } = await ask(lockQuotes, { locks: [] }, riskToken);
    expect(errors?.[0]?.extensions.code).toBe('FORBIDDEN');
  });
});

describe('the payment service', () => {
  it('makes quotes, one result each, and locks them to its payments', async () => {
    const ask = await startForex();
    const requests = [dollars('25', 'EUR'), dollars('25.00', 'USD'), dollars('25.00', 'JPY'), dollars('1.001', 'EUR')];
    const { data } = await ask(createQuotes, { requests }, paymentToken);
    const [euro, same, yen, malformed] = data.createForexQuotes;
    expect(euro).toMatchObject({
      code: null,
      quote: {
        source: { amount: '25.00', currency: 'USD' },
        target: { amount: '21.89', currency: 'EUR' },
        targetAtMid: { amount: '22.01', currency: 'EUR' },
        mid: { numerator: '22005647', denominator: '25000000' },
        midRate: '0.88022588',
        customerRate: '0.8758247506',
        spreadBasisPoints: 50,
        paymentId: null,
      },
    });
    expect(same).toEqual({ quote: null, code: 'SAME_CURRENCY' });
    expect(yen?.quote).toMatchObject({
      target: { amount: '3917', currency: 'JPY' },
      targetAtMid: { amount: '3937', currency: 'JPY' },
      mid: { numerator: '15747729333', denominator: '10000000000' },
      midRate: '157.47729333',
      customerRate: '156.689906863',
    });
    expect(malformed).toEqual({ quote: null, code: 'INVALID_AMOUNT' });

    const [payment, rival] = [newId('pay'), newId('pay')];
    const locks = [payment, rival, payment].map((paymentId) => ({ quoteId: euro?.quote?.id, paymentId }));
    const locked = await ask(lockQuotes, { locks }, paymentToken);
    const mine = { code: null, quote: { id: euro?.quote?.id, paymentId: payment, target: { amount: '21.89' } } };
    expect(locked.data.lockForexQuotes).toEqual([mine, { code: 'QUOTE_ALREADY_USED', quote: null }, mine]);
  });

  it('is told which id is not one of a payment', async () => {
    const ask = await startForex();
    const locks = [{ quoteId: newId('fxq'), paymentId: newId('wal') }];
    const { errors } = await ask(lockQuotes, { locks }, paymentToken);
    expect(errors?.[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', field: ['locks', '0', 'paymentId'] });
  });

  it('may ask for a thousand quotes at once, and not for more', async () => {
    const ask = await startForex();
    const requests = Array.from({ length: 1_001 }, () => dollars('25', 'GHS'));
    const most = await ask(createQuotes, { requests: requests.slice(1) }, paymentToken);
    const ids = most.data.createForexQuotes.map(({ quote }) => quote?.id);
    expect(new Set(ids).size).toBe(1_000);
    const { errors } = await ask(createQuotes, { requests }, paymentToken);
    expect(errors?.[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', field: ['requests'] });
  });
});

describe('a live source', () => {
  const publishers: Server[] = [];
  afterEach(async () => {
    for (const server of publishers.splice(0)) await new Promise((resolve) => server.close(resolve));
  });

  async function liveRates(answer: () => { status: number; body: string }) {
    const server = createServer((_request, response) => {
      const { status, body } = answer();
      response.writeHead(status, { connection: 'close' }).end(body);
    });
    publishers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    const source = exchangeApi({ url: `http://127.0.0.1:${address.port}/usd.json`, clock: () => new Date() });
    return { source, everyMs: 5 };
  }

  const today = new Date().toISOString().slice(0, 10);
  const rate = '{ exchangeRate(base: "USD", quote: "CHF") { mid stale } }';

  it('changes the rates while the service runs, and rates it does not know grow stale', async () => {
    const live = await liveRates(() => ({ status: 200, body: `{"date":"${today}","usd":{"usd":1,"chf":0.81}}` }));
    const ask = await startForex({ live, maxRateAgeMs: 48 * 3_600_000 });
    await vi.waitFor(async () => {
      expect((await ask(rate)).data.exchangeRate).toEqual({ mid: '0.81', stale: false });
    });
    const { data } = await ask(createQuotes, { requests: [dollars('1', 'CHF'), dollars('1', 'EUR')] }, paymentToken);
    expect(data.createForexQuotes.map(({ code }) => code)).toEqual([null, 'RATE_STALE']);
  });

  it('that is down does not keep the service from starting, nor from answering', async () => {
    let asked = 0;
    const live = await liveRates(() => {
      asked += 1;
      return { status: 503, body: 'down' };
    });
    const ask = await startForex({ live });
    await vi.waitFor(() => expect(asked).toBeGreaterThan(0));
    expect((await ask('{ exchangeRate(base: "USD", quote: "EUR") { mid } }')).data.exchangeRate?.mid).toBe(
      '0.88022588',
    );
  });
});
