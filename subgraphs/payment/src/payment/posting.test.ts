import { newId } from '@paygraph/ids';
import { convertDebit, currencies, formatDecimal, parseRate } from '@paygraph/money';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { collection, differences, money, payee, payout, price, toEuros, transfer, words } from '../../test/posting.ts';
import { loadFeeSchedule } from '../quote/fees.ts';
import { figuresOf } from '../refund/refund.ts';
import { type Entry, mirrored } from './entry.ts';
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

const fees = loadFeeSchedule();

function refund(amount: bigint, before: bigint) {
  return { id: newId('rfd'), amount: money(amount, 'USD'), before };
}

// The worked examples of the posting rules.
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
