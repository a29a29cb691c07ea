import { feeOn, floorDivide, halfEvenDivide } from '@paygraph/money';
import type { Price } from '../quote/price.ts';

/** What a capture of K posts; null when nothing would arrive. */
export type Part = { readonly kind: 'part'; readonly price: Price } | { readonly kind: 'AMOUNT_TOO_SMALL' };

const basisPoints = 10_000n;

/**
 * The price of a part K of what was agreed, 0 < K ≤ S in minor units of the source currency: everything reckoned again at
 * the locked rate and by the terms that priced the whole, each entry at most its reserved one (posting-rules, "Partial
 * capture"). All of S is what was agreed, whichever side its amount had been stated in.
 * @throws {RangeError} for K outside that range.
 */
export function priceOfPart(agreed: Price, part: bigint): Part {
  const { source, target, targetAtMid, fee, conversion } = agreed;
  if (part <= 0n || part > source.amount) throw new RangeError(`Cannot capture ${part} of ${source.amount}`);
  if (part === source.amount) return { kind: 'part', price: agreed };
  const reckoned = feeOn(part, fee.terms);
  const feeAmount = least(reckoned, fee.amount.amount);
  const captured = { ...fee, amount: { ...fee.amount, amount: feeAmount } };
  if (!conversion) {
    const same = { ...source, amount: part };
    return { kind: 'part', price: { ...agreed, source: same, target: same, targetAtMid: same, fee: captured } };
  }
  const { mid, spreadBasisPoints } = conversion;
  const left = basisPoints - BigInt(spreadBasisPoints);
  const credited = least(floorDivide(part * mid.numerator * left, mid.denominator * basisPoints), target.amount);
  if (credited === 0n) return { kind: 'AMOUNT_TOO_SMALL' };
  // The spread is rounded apart from the amount: it may come out one minor unit above the reserved one, never is posted so.
  const spread = least(spreadOn(part, credited, mid), targetAtMid.amount - target.amount);
  return {
    kind: 'part',
    price: {
      ...agreed,
      source: { ...source, amount: part },
      target: { ...target, amount: credited },
      targetAtMid: { ...targetAtMid, amount: credited + spread },
      fee: captured,
    },
  };
}

/** max(T, half-even(K · m)) − T. */
function spreadOn(part: bigint, credited: bigint, mid: { readonly numerator: bigint; readonly denominator: bigint }) {
  const atMid = halfEvenDivide(part * mid.numerator, mid.denominator);
  return atMid > credited ? atMid - credited : 0n;
}

function least(left: bigint, right: bigint): bigint {
  return left < right ? left : right;
}
