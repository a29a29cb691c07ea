import { newId, parseId } from '@paygraph/ids';
import { convertDebit, currencies, currencyOf, formatDecimal, type Money, parseRate } from '@paygraph/money';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { loadFeeSchedule } from '../quote/fees.ts';
import type { Price } from '../quote/price.ts';
import { figuresOf } from '../refund/refund.ts';
import { type Entry, mirrored } from './entry.ts';
import { priceOfPart } from './partial.ts';
import type { Collection, Payout, Transfer } from './payment.ts';
import {
  collectionRefundReserved,
  intoSuspense,
  leftTransit,
  mirroredReturn,
  payoutConfirmed,
  payoutFailed,
  payoutReturned,
  postingOf,
  railCharge,
  releasedToWallet,
  reservedBy,
  sentBack,
  settledWithBank,
  transferRefunded,
} from './posting.ts';

const payer = { customerId: newId('cus'), walletId: newId('wal'), displayName: 'Ama', handle: 'ama' };
const payee = { customerId: newId('cus'), walletId: newId('wal'), displayName: 'Ben', handle: null };
const fees = loadFeeSchedule();
const phone = { type: 'MOBILE_MONEY', phoneNumber: '+233241234567', network: 'MTN', name: null } as const;

/** `25.00 USD` */
function money(amount: bigint, currency: string): Money {
  return { amount, currency: currencyOf(currency) };
}

interface PriceParts {
  readonly source: Money;
  readonly target?: Money;
  readonly targetAtMid?: Money;
  readonly fee?: bigint;
  readonly terms?: Partial<Price['fee']['terms']>;
  readonly mid?: string;
}

function price(parts: PriceParts): Price {
  const { source, target = source, targetAtMid = target, fee = 0n, mid = '1' } = parts;
  const rate = parseRate(mid);
  if (!rate) throw new Error(mid);
  const forexQuoteId = newId('fxq');
  const conversion = { exchangeRate: mid, forexQuoteId, mid: rate, spreadBasisPoints: 50 };
  const terms = { fixed: 0n, percentage: { coefficient: 1n, scale: 0 }, refundable: false, ...parts.terms };
  return {
    ...{ source, target, targetAtMid },
    fee: { label: 'Fee', amount: { amount: fee, currency: source.currency }, version: '1', terms },
    conversion: source.currency === target.currency ? null : conversion,
  };
}

const common = {
  id: parseId('pay', newId('pay')),
  state: 'PROCESSING',
  sequence: 4,
  failureCode: null,
  captureMethod: 'AUTOMATIC',
  captured: null,
  refundsAsked: 0n,
  refunded: 0n,
  diverted: false,
  carriedBy: null,
  externalReference: null,
  metadata: null,
  traceparent: null,
  reservationId: newId('res'),
  transactionId: newId('txn'),
  createdAt: new Date(),
  expiresAt: new Date(),
  leaseEpoch: 1,
  attempts: 0,
} as const;

function transfer(of: Price): Transfer {
  return { ...common, kind: 'TRANSFER', rail: 'book', amount: of.source, price: of, payer, payee };
}

function collection(of: Price): Collection {
  const from = { displayName: 'Ama' };
  const outside = { payer: from, counterparty: phone, rail: 'momo' };
  return { ...common, kind: 'COLLECTION', amount: of.source, price: of, payee, ...outside };
}

function payout(of: Price): Payout {
  const ids = { settlementId: newId('txn'), returnId: newId('txn') };
  const outside = { payee: { displayName: 'Ben' }, counterparty: phone, rail: 'momo' };
  return { ...common, ...ids, kind: 'PAYOUT', amount: of.source, price: of, payer, ...outside };
}

function words(entries: readonly Entry[]): string[] {
  const names = new Map<string, string>([
    [payer.walletId, 'payer'],
    [payee.walletId, 'payee'],
  ]);
  return entries.map(({ account, direction, amount }) => {
    const rail = 'rail' in account ? ` ${account.rail}` : '';
    const name = 'walletId' in account ? names.get(account.walletId) : `${account.purpose}${rail}`;
    return `${direction === 'DEBIT' ? 'D' : 'C'} ${name} ${amount.amount} ${amount.currency}`;
  });
}

function differences(entries: readonly Entry[]): bigint[] {
  const totals = new Map<string, bigint>();
  for (const { direction, amount } of entries) {
    const signed = direction === 'DEBIT' ? amount.amount : -amount.amount;
    totals.set(amount.currency, (totals.get(amount.currency) ?? 0n) + signed);
  }
  return [...totals.values()];
}

function refund(amount: bigint, before: bigint) {
  return { id: newId('rfd'), amount: money(amount, 'USD'), before };
}

// The worked examples of the posting rules.
const toEuros = price({
  source: money(2500n, 'USD'),
  target: money(2189n, 'EUR'),
  targetAtMid: money(2201n, 'EUR'),
  fee: 25n,
  mid: '0.88022588',
  terms: { min: 25n },
});
const toYen = price({ source: money(2500n, 'USD'), target: money(3917n, 'JPY'), targetAtMid: money(3937n, 'JPY') });
const collected = price({ source: money(10_000n, 'GHS'), target: money(9_900n, 'GHS'), fee: 100n });
const paidOut = price({ source: money(4_000n, 'GHS'), fee: 40n });
const plain = price({ source: money(1230n, 'USD'), fee: 20n });
const acrossOut = payout(toEuros);
const first = refund(1000n, 0n);
const rest = refund(1500n, 1000n);

describe('the posting rules, row by row', () => {
  it.each<[string, Entry[], string[]]>([
    [
      'a collection of A is confirmed, fee f taken from it',
      postingOf(collection(collected)),
      ['D RAIL_CLEARING momo 10000 GHS', 'C payee 9900 GHS', 'C FEE_REVENUE 100 GHS'],
    ],
    [
      'a collection that another rail brought',
      postingOf(collection(collected), 'bank'),
      ['D RAIL_CLEARING bank 10000 GHS', 'C payee 9900 GHS', 'C FEE_REVENUE 100 GHS'],
    ],
    [
      'a transfer within one currency, fee f on top',
      postingOf(transfer(plain)),
      ['D payer 1250 USD', 'C payee 1230 USD', 'C FEE_REVENUE 20 USD'],
    ],
    [
      'a transfer within one currency, free of charge: what leaves arrives',
      postingOf(transfer(price({ source: money(1230n, 'USD') }))),
      ['D payer 1230 USD', 'C payee 1230 USD'],
    ],
    [
      'a transfer of 25.00 USD to EUR, through the positions, the spread in euros',
      postingOf(transfer(toEuros)),
      [
        'D payer 2525 USD',
        'C FX_POSITION 2500 USD',
        'C FEE_REVENUE 25 USD',
        'D FX_POSITION 2201 EUR',
        'C payee 2189 EUR',
        'C FX_REVENUE 12 EUR',
      ],
    ],
    [
      'a transfer of 25.00 USD to JPY, which has no minor unit',
      postingOf(transfer(toYen)),
      [
        'D payer 2500 USD',
        'C FX_POSITION 2500 USD',
        'D FX_POSITION 3937 JPY',
        'C payee 3917 JPY',
        'C FX_REVENUE 20 JPY',
      ],
    ],
    ['a transfer reserves just what it will post', reservedBy(transfer(toEuros)), words(postingOf(transfer(toEuros)))],
    ['a payout reserves A + f', reservedBy(payout(paidOut)), ['D payer 4040 GHS', 'C PAYOUT_TRANSIT momo 4040 GHS']],
    [
      '… its capture posts the reserved entries',
      postingOf(payout(paidOut)),
      ['D payer 4040 GHS', 'C PAYOUT_TRANSIT momo 4040 GHS'],
    ],
    [
      '… confirmed by the rail',
      payoutConfirmed(payout(paidOut), 'momo'),
      ['D PAYOUT_TRANSIT momo 4040 GHS', 'C RAIL_CLEARING momo 4000 GHS', 'C FEE_REVENUE 40 GHS'],
    ],
    [
      '… confirmed by another rail after a failover',
      payoutConfirmed(payout(paidOut), 'other'),
      ['D PAYOUT_TRANSIT momo 4040 GHS', 'C RAIL_CLEARING other 4000 GHS', 'C FEE_REVENUE 40 GHS'],
    ],
    ['… failed for certain', payoutFailed(payout(paidOut)), ['C payer 4040 GHS', 'D PAYOUT_TRANSIT momo 4040 GHS']],
    [
      '… failed, and the wallet cannot take it',
      payoutFailed({ ...payout(paidOut), diverted: true }),
      ['C SUSPENSE 4040 GHS', 'D PAYOUT_TRANSIT momo 4040 GHS'],
    ],
    [
      '… returned after it was confirmed, the fee kept',
      payoutReturned(payout(paidOut), 'momo', false),
      ['D RAIL_CLEARING momo 4000 GHS', 'C payer 4000 GHS'],
    ],
    [
      '… returned, and the wallet cannot take it',
      payoutReturned(payout(paidOut), 'momo', true),
      ['D RAIL_CLEARING momo 4000 GHS', 'C SUSPENSE 4000 GHS'],
    ],
    [
      'a payout across currencies: the legs of a transfer, with transit in the place of the payee',
      postingOf(acrossOut),
      [
        'D payer 2525 USD',
        'C FX_POSITION 2500 USD',
        'C FEE_REVENUE 25 USD',
        'D FX_POSITION 2201 EUR',
        'C PAYOUT_TRANSIT momo 2189 EUR',
        'C FX_REVENUE 12 EUR',
      ],
    ],
    [
      '… confirmed',
      payoutConfirmed(acrossOut, 'momo'),
      ['D PAYOUT_TRANSIT momo 2189 EUR', 'C RAIL_CLEARING momo 2189 EUR'],
    ],
    ['… failed: every leg mirrored', payoutFailed(acrossOut), words(mirrored(postingOf(acrossOut)))],
    [
      '… returned: every leg mirrored but the fee',
      payoutReturned(acrossOut, 'momo', false),
      [
        'D RAIL_CLEARING momo 2189 EUR',
        'D FX_REVENUE 12 EUR',
        'C FX_POSITION 2201 EUR',
        'D FX_POSITION 2500 USD',
        'C payer 2500 USD',
      ],
    ],
    [
      'a rail charges us c',
      railCharge('momo', money(30n, 'GHS')),
      ['D RAIL_COST momo 30 GHS', 'C RAIL_CLEARING momo 30 GHS'],
    ],
    [
      'a rail settles with our bank',
      settledWithBank('momo', money(90_000n, 'GHS'), 'FROM_RAIL'),
      ['D SETTLEMENT 90000 GHS', 'C RAIL_CLEARING momo 90000 GHS'],
    ],
    [
      '… or our bank with the rail',
      settledWithBank('momo', money(90_000n, 'GHS'), 'TO_RAIL'),
      ['C SETTLEMENT 90000 GHS', 'D RAIL_CLEARING momo 90000 GHS'],
    ],
    [
      'money for an expired, cancelled or unknown collection',
      intoSuspense('momo', money(10_000n, 'GHS')),
      ['D RAIL_CLEARING momo 10000 GHS', 'C SUSPENSE 10000 GHS'],
    ],
    [
      'suspense released to a wallet',
      releasedToWallet(money(10_000n, 'GHS'), 100n, payee.walletId),
      ['D SUSPENSE 10000 GHS', 'C payee 9900 GHS', 'C FEE_REVENUE 100 GHS'],
    ],
    [
      'suspense sent back',
      sentBack(money(10_000n, 'GHS'), 'momo'),
      ['D SUSPENSE 10000 GHS', 'C PAYOUT_TRANSIT momo 10000 GHS'],
    ],
    [
      '… and taken by the rail',
      leftTransit(money(10_000n, 'GHS'), 'momo', 'momo'),
      ['D PAYOUT_TRANSIT momo 10000 GHS', 'C RAIL_CLEARING momo 10000 GHS'],
    ],
    [
      '… and not taken by any rail',
      mirroredReturn(money(10_000n, 'GHS'), 'momo'),
      ['C SUSPENSE 10000 GHS', 'D PAYOUT_TRANSIT momo 10000 GHS'],
    ],
    [
      'a credit that a wallet cannot take: SUSPENSE in its place',
      postingOf({ ...collection(collected), diverted: true }),
      ['D RAIL_CLEARING momo 10000 GHS', 'C SUSPENSE 9900 GHS', 'C FEE_REVENUE 100 GHS'],
    ],
    [
      'a refund of 10.00 of the 25.00 USD that became euros',
      transferRefunded(transfer(toEuros), figuresOf(first, transfer(toEuros)), false),
      ['D FX_POSITION 1000 USD', 'C payer 1000 USD', 'D payee 876 EUR', 'D FX_REVENUE 4 EUR', 'C FX_POSITION 880 EUR'],
    ],
    [
      'a refund of the other 15.00 USD: all legs back to zero',
      transferRefunded(transfer(toEuros), figuresOf(rest, transfer(toEuros)), false),
      [
        'D FX_POSITION 1500 USD',
        'C payer 1500 USD',
        'D payee 1313 EUR',
        'D FX_REVENUE 8 EUR',
        'C FX_POSITION 1321 EUR',
      ],
    ],
    [
      'a refund within one currency, the fee kept',
      transferRefunded(transfer(plain), figuresOf(refund(1230n, 0n), transfer(plain)), false),
      ['D payee 1230 USD', 'C payer 1230 USD'],
    ],
    [
      'a refund to a payer who cannot take it',
      transferRefunded(transfer(plain), figuresOf(refund(1230n, 0n), transfer(plain)), true),
      ['D payee 1230 USD', 'C SUSPENSE 1230 USD'],
    ],
    [
      'a refund of half, the fee given back in proportion',
      transferRefunded(
        transfer(price({ source: money(1230n, 'USD'), fee: 20n, terms: { refundable: true } })),
        { payer: 615n, payee: 615n, position: 615n, revenue: 0n, fee: 10n },
        false,
      ),
      ['D payee 615 USD', 'D FEE_REVENUE 10 USD', 'C payer 625 USD'],
    ],
    [
      'a refund of a collection is a payout on its rail',
      collectionRefundReserved(
        collection(collected),
        figuresOf({ ...refund(4000n, 0n), amount: money(4000n, 'GHS') }, collection(collected)),
      ),
      ['D payee 4000 GHS', 'C PAYOUT_TRANSIT momo 4000 GHS'],
    ],
  ])('%s', (_name, entries, expected) => {
    expect(words(entries)).toEqual(expected);
    expect(differences(entries).every((difference) => difference === 0n)).toBe(true);
  });
});

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

it('debits equal credits in every currency, whatever the amount and the rate', () => {
  const currency = fc.constantFrom(...currencies.map(({ code }) => code));
  const rate = fc.tuple(fc.integer({ min: 1, max: 10 ** 9 }), fc.integer({ min: 0, max: 8 }));
  const amount = fc.bigInt({ min: 1n, max: 10n ** 15n });
  const spread = fc.integer({ min: 0, max: 500 });
  fc.assert(
    fc.property(currency, currency, rate, amount, spread, (from, to, [digits, scale], debited, spreadBasisPoints) => {
      fc.pre(from !== to);
      const mid = parseRate(formatDecimal({ coefficient: BigInt(digits), scale }));
      fc.pre(mid !== undefined);
      const converted = convertDebit(debited, { from, to, mid, spreadBasisPoints });
      fc.pre(converted.kind === 'converted');
      const { debit, credit, position } = converted.conversion;
      const fare = { kind: 'TRANSFER', rail: 'book', conversion: true, tier: 'BASIC' } as const;
      const fee = fees.feeFor(fare, debit).amount.amount;
      const agreed = price({ source: debit, target: credit, targetAtMid: position, fee });
      for (const entries of [postingOf(transfer(agreed)), postingOf(payout(agreed)), payoutFailed(payout(agreed))]) {
        expect(differences(entries).every((difference) => difference === 0n)).toBe(true);
        expect(entries.every((entry) => entry.amount.amount > 0n)).toBe(true);
      }
    }),
  );
});

function isSame(left: object, right: object): boolean {
  return JSON.stringify(left) === JSON.stringify(right);
}
