import type { CustomerPrincipal } from '@paygraph/auth';
import type { CreatePaymentErrorCode, CreatePaymentInput } from '../generated/graphql.ts';
import type { KycTier } from '../generated/peers/profile.ts';
import type { Peers } from '../peers/peers.ts';
import type { FeeSchedule } from '../quote/fees.ts';
import type { Price } from '../quote/price.ts';
import { priceWithinCurrency } from '../quote/pricing.ts';
import type { Quote, Quotes } from '../quote/quote.ts';
import type { Router } from '../rails/router.ts';
import { fingerprintOf, isIdempotencyKey } from './idempotency.ts';
import { newPaymentIds } from './insert.ts';
import { type Made, type MakingDependencies, makeOnce } from './make.ts';
import { isMetadata } from './metadata.ts';
import type { PayeeDependencies } from './payee.ts';
import { type Refused, refused } from './refusal.ts';
import { type Route, routeOf } from './route.ts';

type CreateRefused = Refused<CreatePaymentErrorCode>;

export interface CreationDependencies extends PayeeDependencies, MakingDependencies {
  readonly quotes: Quotes;
  readonly fees: FeeSchedule;
  readonly router: Router;
  readonly peers: Pick<Peers, 'forex'>;
}

/**
 * Makes a TRANSFER from the customer's wallet. What can be known at once is refused at once, and then neither is there a
 * payment nor is the key used. @throws PeerError
 */
export async function createTransfer(
  dependencies: CreationDependencies,
  customer: CustomerPrincipal,
  input: CreatePaymentInput,
): Promise<Made | CreateRefused> {
  const { directory } = dependencies;
  const { idempotencyKey: key, metadata = null } = input;
  if (!isIdempotencyKey(key)) return refused('IDEMPOTENCY_KEY_INVALID');
  if (metadata !== null && !isMetadata(metadata)) return refused('METADATA_INVALID');
  const use = { principalId: customer.id, key, fingerprint: fingerprintOf('createPayment', input) };

  return makeOnce(dependencies, use, 'QUOTE_ALREADY_USED', async () => {
    const route = await routeOf(dependencies, customer.id, input);
    if (route.kind === 'refused') return route;
    const [payer, payee] = await Promise.all([directory.party(route.payer), directory.party(route.payee)]);
    const offer = await offerFor(dependencies, route, payer.tier, input.quoteId ?? null);
    if ('kind' in offer) return offer;
    return {
      kind: 'TRANSFER',
      ...newPaymentIds(),
      amount: route.amount,
      payer,
      payee,
      metadata,
      ...offer,
      captureMethod: input.captureMethod ?? 'AUTOMATIC',
      counterparty: null,
      rail: 'book',
      externalReference: null,
    };
  });
}

/** The price of the quote named, whatever the payer's tier is by now, or, within one currency, today's. */
async function offerFor(
  { quotes, fees }: CreationDependencies,
  route: Route,
  tier: KycTier,
  quoteId: string | null,
): Promise<{ price: Price; quoteId: Quote['id'] | null } | CreateRefused> {
  if (quoteId !== null) {
    const quote = await quotes.usable(quoteId, route);
    return quote.kind === 'refused' ? quote : { price: quote.price, quoteId: quote.id };
  }
  if (route.payer.currency !== route.payee.currency) return refused('QUOTE_REQUIRED');
  const offer = priceWithinCurrency(route, tier, fees);
  return offer.kind === 'refused' ? offer : { price: offer.price, quoteId: null };
}
