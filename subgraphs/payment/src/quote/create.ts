import type { CustomerPrincipal } from '@paygraph/auth';
import type { CreatePaymentQuoteErrorCode, CreatePaymentQuoteInput } from '../generated/graphql.ts';
import { goesOutside, outsideRouteOf } from '../payment/outside.ts';
import type { PayeeDependencies } from '../payment/payee.ts';
import type { Refused } from '../payment/refusal.ts';
import { routeOf } from '../payment/route.ts';
import type { Peers } from '../peers/peers.ts';
import type { Router } from '../rails/router.ts';
import type { FeeSchedule } from './fees.ts';
import { quoteOutside } from './outside.ts';
import { priceAcrossCurrencies, priceWithinCurrency } from './pricing.ts';
import type { Quote, Quotes } from './quote.ts';

export interface QuotingDependencies extends PayeeDependencies {
  readonly router: Router;
  readonly peers: Pick<Peers, 'forex'>;
  readonly quotes: Quotes;
  readonly fees: FeeSchedule;
}

export interface Quoted {
  readonly kind: 'quoted';
  readonly quote: Quote;
}

/** Prices a transfer from the customer's wallet and keeps the price for a while. @throws PeerError */
export async function createQuote(
  dependencies: QuotingDependencies,
  customer: CustomerPrincipal,
  input: CreatePaymentQuoteInput,
  requestId: string,
): Promise<Quoted | Refused<CreatePaymentQuoteErrorCode>> {
  const { peers, quotes, fees } = dependencies;
  if (goesOutside(input)) return createOutsideQuote(dependencies, customer, input, requestId);
  const route = await routeOf(dependencies, customer.id, input);
  if (route.kind === 'refused') return route;
  const { tier } = await dependencies.directory.party(route.payer);
  const priced =
    route.payer.currency === route.payee.currency
      ? priceWithinCurrency(route, tier, fees)
      : await priceAcrossCurrencies(route, tier, fees, peers, requestId);
  if (priced.kind === 'refused') return priced;
  return { kind: 'quoted', quote: await quotes.save(route, priced, 'book') };
}

async function createOutsideQuote(
  dependencies: QuotingDependencies,
  customer: CustomerPrincipal,
  input: CreatePaymentQuoteInput,
  requestId: string,
): Promise<Quoted | Refused<CreatePaymentQuoteErrorCode>> {
  const route = await outsideRouteOf(dependencies.directory, customer.id, input);
  if (route.kind === 'refused') return route;
  const { tier } = await dependencies.directory.party(route.wallet);
  const priced = await quoteOutside(dependencies, route, tier, requestId);
  if (priced.kind === 'refused') return priced;
  return { kind: 'quoted', quote: await dependencies.quotes.save(route, priced, priced.rail) };
}
