import { type Id, isId, newId, parseId } from '@paygraph/ids';
import { currencyOf, type Money } from '@paygraph/money';
import type { Counterparty } from '@paygraph/rails';
import { type Database, insertion, milliseconds, quoteColumns } from '../database.ts';
import type { PaymentQuote as QuoteRow } from '../generated/prisma/client.ts';
import { counterpartyFrom, isSameCounterparty } from '../payment/counterparty.ts';
import type { OutsideRoute } from '../payment/outside.ts';
import type { Payment } from '../payment/payment.ts';
import { type Refused, refused } from '../payment/refusal.ts';
import type { Route } from '../payment/route.ts';
import { type Price, priceFrom, priceValues } from './price.ts';
import type { Priced } from './pricing.ts';

/** A price that its customer can make one payment with until it runs out. */
export interface Quote {
  readonly id: Id<'quo'>;
  readonly kind: Payment['kind'];
  readonly customerId: Id<'cus'>;
  /** Null for a collection. */
  readonly payerWalletId: Id<'wal'> | null;
  /** Null for a payout. */
  readonly payeeWalletId: Id<'wal'> | null;
  /** Whoever is outside. */
  readonly counterparty: Counterparty | null;
  readonly rail: string;
  readonly amount: Money;
  readonly price: Price;
  readonly expiresAt: Date;
}

export interface Quotes {
  /** Keeps a price for 30 s by this database's clock, or less if forex holds its rate for less. */
  save(route: AnyRoute, priced: Priced, rail: string): Promise<Quote>;
  /** In any order, those that are there; also such as have run out. */
  byIds(ids: readonly string[]): Promise<Quote[]>;
  /** The customer's quote, if it is for this route and has not run out by the database's clock. */
  usable(id: string, route: AnyRoute): Promise<Quote | UnusableQuote>;
  /** Removes up to `limit` quotes that ran out an hour ago and that no payment was made with; says how many. */
  purge(limit: number): Promise<number>;
}

export type AnyRoute = Route | OutsideRoute;

export type UnusableQuote = Refused<'QUOTE_NOT_FOUND' | 'QUOTE_EXPIRED' | 'QUOTE_MISMATCH'>;

export function createQuotes(database: Database, { quoteLifeMs }: { readonly quoteLifeMs: number }): Quotes {
  return {
    async save(route, { price, rateExpiresAt }, rail) {
      const { customerId, kind, payerWalletId, payeeWalletId, counterparty } = endsOf(route);
      const id = newId('quo');
      const amount = { amount: String(route.amount.amount), amountCurrency: route.amount.currency };
      const { columns, records } = insertion([
        { id, customerId, kind, payerWalletId, payeeWalletId, counterparty, rail, ...amount, ...priceValues(price) },
      ]);
      // LEAST passes over null.
      const [row] = await database.$queryRaw<[QuoteRow]>`
        INSERT INTO payment_quote AS q (${columns}, expires_at)
        SELECT ${columns}, LEAST(clock_timestamp() + ${milliseconds(quoteLifeMs)}, ${rateExpiresAt}::timestamptz)
        FROM jsonb_populate_recordset(NULL::payment_quote, ${records}::jsonb)
        RETURNING ${quoteColumns('q')}`;
      return quoteFrom(row);
    },

    async byIds(ids) {
      const rows = await database.paymentQuote.findMany({ where: { id: { in: ids.filter((id) => isId('quo', id)) } } });
      return rows.map(quoteFrom);
    },

    async usable(id, route) {
      if (!isId('quo', id)) return refused('QUOTE_NOT_FOUND');
      const [row] = await database.$queryRaw<(QuoteRow & { readonly expired: boolean })[]>`
        SELECT ${quoteColumns('q')}, expires_at <= clock_timestamp() AS expired FROM payment_quote q WHERE id = ${id}`;
      if (row?.customerId !== endsOf(route).customerId) return refused('QUOTE_NOT_FOUND');
      const quote = quoteFrom(row);
      if (!isFor(quote, route)) return refused('QUOTE_MISMATCH');
      return row.expired ? refused('QUOTE_EXPIRED') : quote;
    },

    /**
     * Relies on payment_quote_expires_at_idx. A payment made with one at this moment keeps it: the foreign key. No locks: they
     * would need the right to change quotes, and two processes that remove the same only wait for each other.
     */
    purge: (limit) => database.$executeRaw`
      DELETE FROM payment_quote WHERE id IN (
        SELECT q.id FROM payment_quote q
        WHERE q.expires_at < now() - interval '1 hour' AND NOT EXISTS (SELECT FROM payment p WHERE p.quote_id = q.id)
        ORDER BY q.expires_at
        LIMIT ${limit}
      )`,
  };
}

type Ends = Pick<Quote, 'customerId' | 'kind' | 'payerWalletId' | 'payeeWalletId' | 'counterparty'>;

function endsOf(route: AnyRoute): Ends {
  switch (route.kind) {
    case 'route': {
      const { payer, payee } = route;
      const ends = { payerWalletId: payer.id, payeeWalletId: payee.id, counterparty: null };
      return { kind: 'TRANSFER', customerId: payer.ownerId, ...ends };
    }
    case 'PAYOUT': {
      const { kind, wallet, counterparty } = route;
      return { kind, customerId: wallet.ownerId, payerWalletId: wallet.id, payeeWalletId: null, counterparty };
    }
    case 'COLLECTION': {
      const { kind, wallet, counterparty } = route;
      return { kind, customerId: wallet.ownerId, payerWalletId: null, payeeWalletId: wallet.id, counterparty };
    }
  }
}

function isFor(quote: Quote, route: AnyRoute): boolean {
  const ends = endsOf(route);
  const arrives = route.kind === 'PAYOUT' ? route.currency : quote.price.target.currency;
  return (
    quote.kind === ends.kind &&
    quote.payerWalletId === ends.payerWalletId &&
    quote.payeeWalletId === ends.payeeWalletId &&
    isSameCounterparty(quote.counterparty, ends.counterparty) &&
    quote.amount.amount === route.amount.amount &&
    quote.amount.currency === route.amount.currency &&
    quote.price.target.currency === arrives
  );
}

function quoteFrom(row: QuoteRow): Quote {
  return {
    id: parseId('quo', row.id),
    customerId: parseId('cus', row.customerId),
    kind: row.kind,
    payerWalletId: row.payerWalletId === null ? null : parseId('wal', row.payerWalletId),
    payeeWalletId: row.payeeWalletId === null ? null : parseId('wal', row.payeeWalletId),
    counterparty: counterpartyFrom(row.counterparty),
    rail: row.rail,
    amount: { amount: row.amount, currency: currencyOf(row.amountCurrency) },
    price: priceFrom(row),
    expiresAt: row.expiresAt,
  };
}
