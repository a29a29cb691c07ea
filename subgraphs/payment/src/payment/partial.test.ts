import { convertDebit, currencyOf, formatDecimal, parseRate } from '@paygraph/money';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { differences, money, price, toEuros, transfer } from '../../test/posting.ts';
import { priceOfPart } from './partial.ts';
import { postingOf, reservedBy } from './posting.ts';

describe('a part of what was agreed', () => {
  it('is reckoned again at the locked rate and by the same terms', () => {
    const part = priceOfPart(toEuros, 1000n);
    // T = floor(10.00 × 0.8758247506) = 8.75, M = half-even(10.00 × 0.88022588) = 8.80, f = max(1 %, 0.25).
    expect(part).toMatchObject({
      price: { source: { amount: 1000n }, target: { amount: 875n }, targetAtMid: { amount: 880n } },
    });
    expect(part).toMatchObject({ price: { fee: { amount: { amount: 25n } } } });
  });

  it('is all of it when it is all of it, even if its amount was stated on the other side', () => {
    expect(priceOfPart(toEuros, 2500n)).toEqual({ kind: 'part', price: toEuros });
  });

  it('is refused when nothing would arrive', () => {
    const dear = price({ source: money(1000n, 'JPY'), target: money(8n, 'USD'), mid: '0.008' });
    expect(priceOfPart(dear, 1n)).toEqual({ kind: 'AMOUNT_TOO_SMALL' });
  });

  it('never posts more than was reserved, and never less in all, whatever the rate', () => {
    const parts = fc.tuple(fc.bigInt({ min: 2n, max: 10n ** 12n }), fc.bigInt({ min: 1n, max: 10n ** 12n }));
    const rate = fc.tuple(fc.integer({ min: 1, max: 10 ** 9 }), fc.integer({ min: 0, max: 8 }));
    fc.assert(
      fc.property(parts, rate, ([whole, k], [digits, scale]) => {
        const [usd, eur] = [currencyOf('USD'), currencyOf('EUR')];
        const mid = parseRate(formatDecimal({ coefficient: BigInt(digits), scale }));
        fc.pre(mid !== undefined && k <= whole);
        const converted = convertDebit(whole, { from: usd, to: eur, mid, spreadBasisPoints: 50 });
        fc.pre(converted.kind === 'converted');
        const { debit, credit, position } = converted.conversion;
        const text = formatDecimal({ coefficient: BigInt(digits), scale });
        const fee = whole / 100n;
        const agreed = price({ source: debit, target: credit, targetAtMid: position, fee, mid: text });
        const part = priceOfPart(agreed, k);
        fc.pre(part.kind === 'part');
        const reserved = reservedBy(transfer(agreed));
        const posted = postingOf({ ...transfer(agreed), captured: part.price });
        expect(differences(posted).every((difference) => difference === 0n)).toBe(true);
        for (const { account, direction, amount } of posted) {
          const held = reserved.find((one) => one.direction === direction && isSame(one.account, account));
          expect(held && held.amount.amount >= amount.amount).toBe(true);
        }
      }),
    );
  });
});

function isSame(left: object, right: object): boolean {
  return JSON.stringify(left) === JSON.stringify(right);
}
