import { query } from '@paygraph/database/testing';
import { expect } from 'vitest';
import { expectAgreement } from '../support/agreement.ts';
import type { TestPlatform } from '../support/platform.ts';
import type { Result } from './errands.ts';
import type { Errand } from './plan.ts';

/**
 * What must hold when the storm is over: everybody saw every step of their payment once and in order, each ended as it may,
 * nobody paid for anything that was not asked for, and all books agree.
 */
export async function expectAllWell(platform: TestPlatform, results: readonly Result[]): Promise<void> {
  const stepsOf = await timelines(platform);
  const misseen = results.flatMap(({ paymentId, sequences }) => {
    const all = Array.from({ length: stepsOf.get(paymentId) ?? 0 }, (_, index) => index + 1);
    return all.join() === sequences.join() ? [] : [`${paymentId} took steps ${all}, seen were ${sequences}`];
  });
  expect(misseen, 'steps that were not seen once and in order').toEqual([]);
  const misended = results.filter(({ errand, end }) => !endsOf(errand).test(end));
  expect(misended, 'payments that ended as they may not').toEqual([]);
  expect(
    results.flatMap(({ troubles }) => troubles),
    'what was told wrongly',
  ).toEqual([]);
  const asked = new Set(results.map(({ paymentId }) => paymentId));
  expect(asked.size, 'payments, one for each errand').toBe(results.length);
  const unasked = [...stepsOf.keys()].filter((id) => !asked.has(id));
  expect(unasked, 'payments that nobody asked for').toEqual([]);
  await expectAgreement(platform);
}

/** How an errand may end, whatever was down meanwhile. Rails refuse in some of their moods. */
function endsOf(errand: Errand): RegExp {
  switch (errand.kind) {
    case 'BEYOND_MEANS':
      return /^FAILED INSUFFICIENT_FUNDS$/;
    case 'DEPOSIT':
      return /^CONFIRMED$/;
    case 'TRANSFER':
      return isWhole(errand) ? /^REFUNDED$/ : /^CONFIRMED$/;
    // The rate is locked when payment and forex are both there, which may be too late for the quote.
    case 'CONVERSION':
      return isWhole(errand) ? /^(REFUNDED|FAILED QUOTE_EXPIRED)$/ : /^(CONFIRMED|FAILED QUOTE_EXPIRED)$/;
    case 'MANUAL':
      return new RegExp(`^(${manualEnds[errand.end]}${errand.across ? '|FAILED QUOTE_EXPIRED' : ''})$`);
    // The refund of a collection goes over a rail, which may refuse it.
    case 'COLLECTION':
      return errand.cancel
        ? /^(CANCELLED|CONFIRMED|REFUNDED|FAILED (COUNTERPARTY|RAIL)_\w+)$/
        : /^(CONFIRMED|REFUNDED|FAILED (COUNTERPARTY|RAIL)_\w+)$/;
    case 'PAYOUT':
      return errand.cancel
        ? /^(CANCELLED|CONFIRMED|FAILED (COUNTERPARTY|RAIL)_\w+)$/
        : /^(CONFIRMED|FAILED (COUNTERPARTY|RAIL)_\w+)$/;
    case 'BANK_PAYOUT':
      return /^(CONFIRMED|FAILED (COUNTERPARTY|RAIL)_\w+|FAILED QUOTE_EXPIRED)$/;
  }
}

const manualEnds = {
  CAPTURE: 'CONFIRMED',
  CAPTURE_PART: 'CONFIRMED',
  CANCEL: 'CANCELLED',
  RACE: 'CONFIRMED|CANCELLED',
  LEAVE: 'PENDING',
};

function isWhole({ refund }: Extract<Errand, { kind: 'TRANSFER' | 'CONVERSION' }>): boolean {
  return refund === 'WHOLE' || refund === 'PARTS';
}

/** The number of steps that each payment has taken, but for the deposits that customers began with. */
async function timelines({ databases }: TestPlatform): Promise<Map<string, number>> {
  const rows = await query(
    databases.payment.migrationUrl,
    `SELECT payment_id, max(payment_timeline.sequence) AS steps FROM payment_timeline JOIN payment ON payment.id = payment_id
     WHERE external_reference IS NULL OR external_reference NOT LIKE 'Test %' GROUP BY payment_id`,
  );
  return new Map((rows as { payment_id: string; steps: number }[]).map(({ payment_id, steps }) => [payment_id, steps]));
}
