import { currencyOf } from '@paygraph/money';
import { schemaFaults } from '@paygraph/rails/testing';
import { describe, expect, it } from 'vitest';
import type { Order } from '../books.ts';
import { writeBooking, writeCredit, writeReport, writeStatement } from './bank-messages.ts';

const at = new Date('2026-11-21T10:15:30Z');
const order: Order = {
  ...{ rail: 'bank', reference: '6f9e4c1a0b1d4b6e9a532c7d1e8f0a31', direction: 'PAYOUT' },
  ...{ amount: { amount: 1_230n, currency: currencyOf('EUR') }, charge: 20n, party: 'GB29NWBK60161331926819' },
  details: {
    ...{ paymentId: '6f9e4c1a0b1d4b6e9a532c7d1e8f0a31', instructionId: '6f9e4c1a0b1d4b6e9a532c7d1e8f0a31' },
    ...{ endToEndId: '6f9e4c1a0b1d4b6e9a532c7d1e8f0a31', name: 'Ben & Co', remittance: 'Invoice 7' },
  },
  ...{ railReference: 'BK0123456789AB', state: 'PENDING', refusal: null, takenAt: at.toISOString(), decidedAt: null },
};
const failed: Order = { ...order, state: 'FAILED', refusal: 'PARTY_UNKNOWN' };

describe('what the bank writes is valid', () => {
  it.each([
    ['of a transfer that is pending', writeReport(order, 'SBX1', at)],
    ['of one that was settled', writeReport({ ...order, state: 'SUCCEEDED' }, 'SBX1', at)],
    ['of one that failed', writeReport(failed, 'SBX1', at)],
    ['of a duplicate', writeReport(order, 'SBX1', at, 'DU01')],
  ])('as a report %s', async (_what, xml) => {
    expect(await schemaFaults(xml, 'pain.002.001.03.restricted')).toEqual([]);
  });

  it.each([
    ['a booking', writeBooking({ ...order, state: 'SUCCEEDED' }, 'SBX1', at)],
    ['a return', writeBooking({ ...order, state: 'RETURNED', refusal: 'PARTY_BLOCKED' }, 'SBX1', at)],
    [
      'a credit',
      writeCredit(
        { amount: order.amount, sender: 'Ada <&>', remittance: 'for wal_1', bankReference: 'BK1' },
        'SBX1',
        at,
      ),
    ],
  ])('as a notification of %s, by the published schema', async (_what, xml) => {
    expect(await schemaFaults(xml, 'camt.054.001.02')).toEqual([]);
  });

  it('as a statement of all three, and of nothing', async () => {
    const credit = { amount: order.amount, sender: 'Ada', remittance: 'for wal_1', bankReference: 'BK1' };
    const bookings = [
      { at: at.toISOString(), order: { ...order, state: 'SUCCEEDED' as const } },
      { at: at.toISOString(), order: { ...order, state: 'RETURNED' as const, refusal: 'PARTY_BLOCKED' as const } },
      { at: at.toISOString(), credit },
    ];
    const page = { number: 1, isLast: true, balances: [order.amount, { ...order.amount, amount: -5n }] };
    for (const content of [bookings, []])
      expect(
        await schemaFaults(
          writeStatement('2026-11-21', { ...page, bookings: content }, 'SBX1', at),
          'camt.053.001.02.restricted',
        ),
      ).toEqual([]);
  });
});
