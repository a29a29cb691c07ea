import type { Money } from '@paygraph/money';
import type { KycTier } from '../generated/peers/profile.ts';
import { askOf, type OutsideRoute } from '../payment/outside.ts';
import { type Refused, refused } from '../payment/refusal.ts';
import type { Peers } from '../peers/peers.ts';
import type { Router } from '../rails/router.ts';
import type { FeeSchedule } from './fees.ts';
import type { Price } from './price.ts';
import { askForex, checked, type Priced, type Unpriced } from './pricing.ts';

export interface OutsideQuoting {
  readonly fees: FeeSchedule;
  readonly router: Router;
  readonly peers: Pick<Peers, 'forex'>;
}

/** A price over the rail that is best at the moment. */
export type RailPriced = Priced & { readonly rail: string };

/**
 * What a payout or collection moves and costs the wallet's owner, of this tier, over the rail that would be chosen now. If
 * another one carries it in the end, the price stays. @throws PeerError
 */
export async function quoteOutside(
  { fees, router, peers }: OutsideQuoting,
  route: OutsideRoute,
  tier: KycTier,
  requestId: string | null,
): Promise<RailPriced | Unpriced | Refused<'RAIL_NOT_AVAILABLE'>> {
  const { wallet, amount } = route;
  const conversion = route.kind === 'PAYOUT' && wallet.currency !== route.currency;
  const rate = conversion
    ? await askForex(peers, { from: wallet.currency, to: route.currency, amount }, requestId ?? '')
    : null;
  if (rate?.kind === 'refused') return rate;
  const outside = rate ? rate.target : amount;
  const rail = await router.best(askOf(route, outside));
  if (rail === null) return refused('RAIL_NOT_AVAILABLE');
  const source = rate ? rate.source : amount;
  const fee = fees.feeFor({ kind: route.kind, rail, conversion, tier }, source);
  const target = route.kind === 'COLLECTION' ? less(amount, fee.amount) : outside;
  if (target.amount <= 0n) return refused('AMOUNT_TOO_SMALL', 'The fee would be all of it.');
  const price: Price = {
    ...{ source, target, fee },
    targetAtMid: rate ? rate.targetAtMid : target,
    conversion: rate ? rate.conversion : null,
  };
  const priced = checked(price, rate ? rate.expiresAt : null);
  return priced.kind === 'refused' ? priced : { ...priced, rail };
}

function less(amount: Money, fee: Money): Money {
  return { ...amount, amount: amount.amount - fee.amount };
}
