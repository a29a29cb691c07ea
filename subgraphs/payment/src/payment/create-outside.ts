import type { CustomerPrincipal } from '@paygraph/auth';
import type { CreatePaymentErrorCode, CreatePaymentInput } from '../generated/graphql.ts';
import type { KycTier } from '../generated/peers/profile.ts';
import { quoteOutside } from '../quote/outside.ts';
import type { Price } from '../quote/price.ts';
import type { Quote } from '../quote/quote.ts';
import { displayNameOf } from './counterparty.ts';
import type { CreationDependencies } from './create.ts';
import { fingerprintOf, isIdempotencyKey } from './idempotency.ts';
import { type Draft, newPaymentIds } from './insert.ts';
import { type Made, makeOnce } from './make.ts';
import { isMetadata } from './metadata.ts';
import { type OutsideRoute, outsideRouteOf } from './outside.ts';
import { type Refused, refused } from './refusal.ts';

type CreateRefused = Refused<CreatePaymentErrorCode>;

/**
 * Makes a PAYOUT from, or a COLLECTION into, the customer's wallet. What can be known at once is refused at once, and then
 * neither is there a payment nor is the key used. @throws PeerError
 */
export async function createOutside(
  dependencies: CreationDependencies,
  customer: CustomerPrincipal,
  input: CreatePaymentInput,
): Promise<Made | CreateRefused> {
  const { directory } = dependencies;
  const { idempotencyKey: key, metadata = null, captureMethod = 'AUTOMATIC' } = input;
  if (!isIdempotencyKey(key)) return refused('IDEMPOTENCY_KEY_INVALID');
  if (metadata !== null && !isMetadata(metadata)) return refused('METADATA_INVALID');
  const use = { principalId: customer.id, key, fingerprint: fingerprintOf('createPayment', input) };

  return makeOnce(dependencies, use, 'QUOTE_ALREADY_USED', async () => {
    const route = await outsideRouteOf(directory, customer.id, input);
    if (route.kind === 'refused') return route;
    if (route.kind === 'COLLECTION' && captureMethod === 'MANUAL') return refused('CAPTURE_METHOD_INVALID');
    const own = await directory.party(route.wallet);
    const offer = await offerFor(dependencies, route, own.tier, input.quoteId ?? null);
    if ('kind' in offer) return offer;
    const outside = { displayName: displayNameOf(route.counterparty) };
    const [payer, payee] = route.kind === 'PAYOUT' ? [own, outside] : [outside, own];
    return {
      kind: route.kind,
      ...newPaymentIds(),
      ...{ payer, payee, metadata, captureMethod },
      ...offer,
      amount: route.amount,
      counterparty: route.counterparty,
      externalReference: null,
    } satisfies Draft;
  });
}

interface Offer {
  readonly price: Price;
  readonly rail: string;
  readonly quoteId: Quote['id'] | null;
}

/** The price and rail of the quote named, whatever the owner's tier is by now, or, within one currency, today's. */
async function offerFor(
  dependencies: CreationDependencies,
  route: OutsideRoute,
  tier: KycTier,
  quoteId: string | null,
): Promise<Offer | CreateRefused> {
  if (quoteId !== null) {
    const quote = await dependencies.quotes.usable(quoteId, route);
    return quote.kind === 'refused' ? quote : { price: quote.price, rail: quote.rail, quoteId: quote.id };
  }
  if (route.kind === 'PAYOUT' && route.wallet.currency !== route.currency) return refused('QUOTE_REQUIRED');
  const priced = await quoteOutside(dependencies, route, tier, null);
  if (priced.kind !== 'refused') return { price: priced.price, rail: priced.rail, quoteId: null };
  if (priced.code === 'RATE_NOT_AVAILABLE') throw new Error('A price within one currency needs no rate');
  return { ...priced, code: priced.code };
}
