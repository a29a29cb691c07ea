import { type Id, isId, newId, parseId } from '@paygraph/ids';
import { currencyOf, rateOf } from '@paygraph/money';
import type { ForexQuote, PrismaClient } from '../generated/prisma/client.ts';
import { judgeLock, type Lock } from './lock.ts';
import type { PricedConversion, Pricing, Quote, QuoteResult } from './quote.ts';

export interface QuoteStore {
  /** Offers what was priced for 30 s by the database's clock, and hands refusals on: one result each, in the order given. */
  create(pricings: readonly Pricing[]): Promise<QuoteResult[]>;
  /**
   * Takes the locks that can be taken, all at once: one result each, in the order given. Of two payments that want one
   * quote the first to reach its row wins; a payment that has it already gets it again.
   */
  lock(locks: readonly Lock[]): Promise<QuoteResult[]>;
}

export function createQuoteStore(prisma: PrismaClient): QuoteStore {
  return {
    async create(pricings) {
      const offers = pricings.map((pricing) => ({ id: newId('fxq'), pricing }));
      const data = offers.flatMap(({ id, pricing }) => (pricing.kind === 'priced' ? rowOf(id, pricing) : []));
      const quotes = await prisma.forexQuote.createManyAndReturn({ data }).then(byId);
      return offers.map(({ id, pricing }) => {
        if (pricing.kind === 'refused') return pricing;
        const quote = quotes.get(id);
        if (!quote) throw new Error(`Quote ${id} was inserted, but not returned`);
        return { kind: 'quote', quote };
      });
    },

    async lock(locks) {
      const sound = locks.filter(({ quoteId }) => isId('fxq', quoteId));
      const quoteIds = sound.map(({ quoteId }) => quoteId);
      const paymentIds = sound.map(({ paymentId }) => paymentId);
      const [, , rows] = await prisma.$transaction([
        // In the order of ids, so that overlapping lists cannot wait for each other. A statement of its own, so that the
        // next one sees what was committed while this one waited.
        prisma.$queryRaw`SELECT id FROM forex_quote WHERE id = ANY(${quoteIds}::text[]) ORDER BY id FOR UPDATE`,
        prisma.$executeRaw`
          UPDATE forex_quote AS quote
          SET payment_id = wish.payment_id, locked_at = statement_timestamp()
          FROM (
            SELECT DISTINCT ON (quote_id) quote_id, payment_id
            FROM unnest(${quoteIds}::text[], ${paymentIds}::text[]) WITH ORDINALITY AS given (quote_id, payment_id, place)
            ORDER BY quote_id, place
          ) AS wish
          WHERE quote.id = wish.quote_id
            AND quote.payment_id IS NULL
            AND quote.expires_at > statement_timestamp()`,
        prisma.forexQuote.findMany({ where: { id: { in: quoteIds } } }),
      ]);
      const quotes = byId(rows);
      return locks.map((lock) => judgeLock(lock, quotes.get(lock.quoteId)));
    },
  };
}

function byId(rows: readonly ForexQuote[]): Map<string, Quote> {
  return new Map(rows.map((row) => [row.id, quoteOf(row)]));
}

function rowOf(id: Id<'fxq'>, { conversion, price }: PricedConversion) {
  return {
    id,
    sourceCurrency: price.from,
    targetCurrency: price.to,
    sourceAmount: conversion.debit.amount,
    targetAmount: conversion.credit.amount,
    targetAtMid: conversion.position.amount,
    midNumerator: price.mid.numerator.toString(),
    midDenominator: price.mid.denominator.toString(),
    spreadBasisPoints: price.spreadBasisPoints,
  };
}

function quoteOf(row: ForexQuote): Quote {
  const from = currencyOf(row.sourceCurrency);
  const to = currencyOf(row.targetCurrency);
  return {
    id: parseId('fxq', row.id),
    conversion: {
      debit: { amount: row.sourceAmount, currency: from },
      credit: { amount: row.targetAmount, currency: to },
      position: { amount: row.targetAtMid, currency: to },
      spreadEarned: { amount: row.targetAtMid - row.targetAmount, currency: to },
    },
    price: {
      from,
      to,
      mid: rateOf(BigInt(row.midNumerator), BigInt(row.midDenominator)),
      spreadBasisPoints: row.spreadBasisPoints,
    },
    expiresAt: row.expiresAt,
    paymentId: row.paymentId,
  };
}
