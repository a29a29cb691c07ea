import { prismaAdapter } from '@paygraph/database';
import { createTestDatabase, type TestDatabase } from '@paygraph/database/testing';
import { type Id, newId } from '@paygraph/ids';
import { convertDebit, currencyOf, parseRate } from '@paygraph/money';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { PrismaClient } from '../generated/prisma/client.ts';
import type { Pricing, Quote, QuoteResult } from './quote.ts';
import { createQuoteStore, type QuoteStore } from './store.ts';

let database: TestDatabase;
let prisma: PrismaClient;
let owner: PrismaClient;
let quotes: QuoteStore;

beforeAll(async () => {
  database = await createTestDatabase('forex');
  prisma = new PrismaClient({ adapter: prismaAdapter({ url: database.databaseUrl, poolSize: 8 }) });
  owner = new PrismaClient({ adapter: prismaAdapter({ url: database.migrationUrl, poolSize: 2 }) });
  quotes = createQuoteStore(prisma);
});
afterAll(async () => {
  await prisma.$disconnect();
  await owner.$disconnect();
  await database.drop();
});

/** 25.00 USD in EUR. */
function pricing(): Pricing {
  const mid = parseRate('0.88022588');
  if (!mid) throw new Error('not a rate');
  const price = { from: currencyOf('USD'), to: currencyOf('EUR'), mid, spreadBasisPoints: 50 };
  const converted = convertDebit(2500n, price);
  if (converted.kind !== 'converted') throw new Error(converted.kind);
  return { kind: 'priced', conversion: converted.conversion, price };
}

/** The same conversion as a row. */
function row() {
  return {
    id: newId('fxq'),
    sourceCurrency: 'USD',
    targetCurrency: 'EUR',
    sourceAmount: 2500n,
    targetAmount: 2189n,
    targetAtMid: 2201n,
    midNumerator: '22005647',
    midDenominator: '25000000',
    spreadBasisPoints: 50,
  };
}

async function quoted(count: number): Promise<Quote[]> {
  return (await quotes.create(Array.from({ length: count }, pricing))).map(quoteIn);
}

async function oneQuote(): Promise<Quote> {
  const [quote] = await quoted(1);
  if (!quote) throw new Error('no quote');
  return quote;
}

function quoteIn(result: QuoteResult | undefined): Quote {
  if (result?.kind !== 'quote') throw new Error(result?.code ?? 'no result');
  return result.quote;
}

async function lockOne(quoteId: string, paymentId: Id<'pay'>): Promise<QuoteResult | undefined> {
  const [result] = await quotes.lock([{ quoteId, paymentId }]);
  return result;
}

/** Puts the quote's whole life into the past, as if so many seconds had gone by. */
async function age(quoteId: string, seconds: number): Promise<void> {
  await owner.$executeRaw`
    UPDATE forex_quote
    SET created_at = created_at - make_interval(secs => ${seconds}::float8),
        expires_at = expires_at - make_interval(secs => ${seconds}::float8)
    WHERE id = ${quoteId}`;
}

const refused = (code: string) => ({ kind: 'refused', code });

describe('a quote', () => {
  it('holds for 30 seconds by the clock of the database, and keeps its exact rate', async () => {
    const quote = await oneQuote();
    const [life] = await owner.$queryRaw<{ seconds: number }[]>`
      SELECT extract(epoch FROM expires_at - created_at)::float8 AS seconds FROM forex_quote WHERE id = ${quote.id}`;
    expect(life?.seconds).toBeCloseTo(30, 2);
    expect(quote.price.mid).toEqual({ numerator: 22005647n, denominator: 25000000n });
    expect(quote.conversion.credit).toEqual({ amount: 2189n, currency: 'EUR' });
    expect(quote.paymentId).toBeNull();
  });

  it('comes with every other of its list, refusals in their places', async () => {
    const wishes: Pricing[] = [pricing(), { kind: 'refused', code: 'RATE_STALE' }, pricing()];
    const results = await quotes.create(wishes);
    expect(results.map(({ kind }) => kind)).toEqual(['quote', 'refused', 'quote']);
    expect(results[1]).toEqual(refused('RATE_STALE'));
    expect(await quotes.create([])).toEqual([]);
  });

  it('is locked to a payment, and to the same one again', async () => {
    const { id } = await oneQuote();
    const payment = newId('pay');
    const first = quoteIn(await lockOne(id, payment));
    expect(first.paymentId).toBe(payment);
    expect(await lockOne(id, payment)).toEqual({ kind: 'quote', quote: first });
  });

  it('is not locked to a second payment', async () => {
    const { id } = await oneQuote();
    await lockOne(id, newId('pay'));
    expect(await lockOne(id, newId('pay'))).toEqual(refused('QUOTE_ALREADY_USED'));
  });

  it('cannot be locked once it has run out', async () => {
    const { id } = await oneQuote();
    await age(id, 31);
    expect(await lockOne(id, newId('pay'))).toEqual(refused('QUOTE_EXPIRED'));
  });

  it('can be locked until it runs out', async () => {
    const { id } = await oneQuote();
    await age(id, 20);
    expect((await lockOne(id, newId('pay')))?.kind).toBe('quote');
  });

  it('lasts as long as its payment once it is locked', async () => {
    const payment = newId('pay');
    const hourAgo = Date.now() - 3_600_000;
    const { id } = await prisma.forexQuote.create({
      data: {
        ...row(),
        createdAt: new Date(hourAgo),
        lockedAt: new Date(hourAgo + 1_000),
        expiresAt: new Date(hourAgo + 30_000),
        paymentId: payment,
      },
    });
    expect(quoteIn(await lockOne(id, payment)).paymentId).toBe(payment);
    expect(await lockOne(id, newId('pay'))).toEqual(refused('QUOTE_ALREADY_USED'));
  });

  it('must exist', async () => {
    expect(await lockOne(newId('fxq'), newId('pay'))).toEqual(refused('QUOTE_NOT_FOUND'));
    expect(await lockOne('nonsense\0', newId('pay'))).toEqual(refused('QUOTE_NOT_FOUND'));
    expect(await quotes.lock([])).toEqual([]);
  });

  it('goes to the first of two payments in one list', async () => {
    const { id } = await oneQuote();
    const payments = [newId('pay'), newId('pay')] as const;
    const results = await quotes.lock(payments.map((paymentId) => ({ quoteId: id, paymentId })));
    expect(quoteIn(results[0]).paymentId).toBe(payments[0]);
    expect(results[1]).toEqual(refused('QUOTE_ALREADY_USED'));
  });

  it('answers each of a list for itself', async () => {
    const [open, taken, late] = (await quoted(3)).map(({ id }) => id);
    if (!open || !taken || !late) throw new Error('no quotes');
    await lockOne(taken, newId('pay'));
    await age(late, 31);
    const results = await quotes.lock(
      [late, newId('fxq'), open, taken].map((quoteId) => ({ quoteId, paymentId: newId('pay') })),
    );
    expect(results.map((result) => (result.kind === 'quote' ? 'locked' : result.code))).toEqual([
      'QUOTE_EXPIRED',
      'QUOTE_NOT_FOUND',
      'locked',
      'QUOTE_ALREADY_USED',
    ]);
  });
});

describe('a race', () => {
  it('of many payments for one quote has exactly one winner', async () => {
    for (let round = 0; round < 10; round++) {
      const { id } = await oneQuote();
      const payments = Array.from({ length: 8 }, () => newId('pay'));
      const results = await Promise.all(payments.map((payment) => lockOne(id, payment)));
      const winners = results.flatMap((result) => (result?.kind === 'quote' ? [result.quote.paymentId] : []));
      expect(results.filter((result) => result?.kind !== 'quote')).toEqual(
        Array.from({ length: 7 }, () => refused('QUOTE_ALREADY_USED')),
      );
      const stored = await prisma.forexQuote.findUnique({ where: { id } });
      expect(winners).toEqual([stored?.paymentId]);
    }
  });

  it('of one payment with itself gives it the quote each time', async () => {
    const { id } = await oneQuote();
    const payment = newId('pay');
    const results = await Promise.all(Array.from({ length: 8 }, () => lockOne(id, payment)));
    expect(results.map((result) => quoteIn(result).paymentId)).toEqual(results.map(() => payment));
  });

  it('of lists in opposite orders ends, and shares the quotes out without a double', async () => {
    for (let round = 0; round < 5; round++) {
      const ids = (await quoted(50)).map(({ id }) => id);
      const wish = (order: string[], paymentId = newId('pay')) => order.map((quoteId) => ({ quoteId, paymentId }));
      const lists = [ids, ids.toReversed(), ids, ids.toReversed()].map((order) => wish(order));
      const results = (await Promise.all(lists.map((list) => quotes.lock(list)))).flat();
      const won = results.flatMap((result) => (result.kind === 'quote' ? [result.quote.id] : []));
      expect(won.sort()).toEqual([...ids].sort());
    }
  });
});

describe('a lock that had to wait', () => {
  it('is judged by the time when its turn comes, not by when it was asked for', async () => {
    const { id } = await oneQuote();
    await age(id, 29);
    const result = await owner.$transaction(async (holder) => {
      await holder.$queryRaw`SELECT id FROM forex_quote WHERE id = ${id} FOR UPDATE`;
      const waiting = { result: lockOne(id, newId('pay')) };
      await until(
        () => holder.$queryRaw`
          SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid))) AS so`,
      );
      await until(
        () => holder.$queryRaw`SELECT expires_at < clock_timestamp() AS so FROM forex_quote WHERE id = ${id}`,
      );
      return waiting;
    });
    expect(await result.result).toEqual(refused('QUOTE_EXPIRED'));
  });
});

/** Asks the database again and again until it says so. */
async function until(ask: () => Promise<{ so: boolean }[]>): Promise<void> {
  await vi.waitFor(async () => expect(await ask()).toEqual([{ so: true }]), { timeout: 10_000, interval: 20 });
}

describe('the database', () => {
  it('keeps a lock for good, whatever statement comes', async () => {
    const { id } = await oneQuote();
    await lockOne(id, newId('pay'));
    const takeOver = prisma.forexQuote.update({ where: { id }, data: { paymentId: newId('pay') } });
    await expect(takeOver).rejects.toThrow('for good');
    const release = prisma.forexQuote.update({ where: { id }, data: { paymentId: null, lockedAt: null } });
    await expect(release).rejects.toThrow('for good');
  });

  it('lets the service change no price, and remove no quote', async () => {
    const { id } = await oneQuote();
    const change = prisma.forexQuote.update({ where: { id }, data: { targetAmount: 9999n } });
    await expect(change).rejects.toThrow('permission denied');
    await expect(prisma.forexQuote.delete({ where: { id } })).rejects.toThrow('permission denied');
  });

  it.each([
    ['an amount of zero to debit', { sourceAmount: 0n }],
    ['a negative amount to credit', { targetAmount: -1n }],
    ['less at mid than is credited', { targetAtMid: 2188n }],
    ['one currency on both sides', { targetCurrency: 'USD' }],
    ['a rate of zero', { midNumerator: '0' }],
    ['a rate that is no ratio', { midDenominator: '1.5' }],
    ['a spread of everything', { spreadBasisPoints: 10_000 }],
    ['a lock without its time', { paymentId: 'pay_x' }],
    ['a lock after the end', { paymentId: 'pay_x', lockedAt: new Date(Date.now() + 60_000) }],
    ['an end before the beginning', { expiresAt: new Date(Date.now() - 60_000) }],
  ])('refuses %s', async (_what, wrong) => {
    const right = row();
    await expect(prisma.forexQuote.create({ data: { ...right, ...wrong } })).rejects.toThrow('check constraint');
    await expect(prisma.forexQuote.create({ data: right })).resolves.toMatchObject({ id: right.id });
  });
});
