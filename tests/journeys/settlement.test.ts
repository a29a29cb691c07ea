import { randomUUID } from 'node:crypto';
import { until } from '@paygraph/standalone';
import type { operations, Person } from '@paygraph/standalone/client';
import { describe, expect, it, vi } from 'vitest';
import { codesOf } from '../support/answers.ts';
import { usePlatform } from '../support/journey.ts';
import { availableTo, collection, money, mtnNumber, outcomeOf, payNow, payout } from '../support/payments.ts';
import { heldFor } from '../support/trial-balance.ts';

vi.setConfig({ testTimeout: 90_000 });

/* Networks and our bank settle outside of the platform; operators record it. */
const platform = usePlatform('one process');

interface Settlement {
  readonly rail: string;
  readonly direction: 'FROM_RAIL' | 'TO_RAIL';
  readonly amount: operations.Money;
  readonly reference: string;
  readonly note?: string;
  readonly idempotencyKey?: string;
}

interface Recorded {
  readonly settlement: { readonly id: string } | null;
  readonly replayed: boolean;
  readonly userErrors: readonly { readonly code: string }[];
}

const record = async ({ graph }: Person, settlement: Settlement): Promise<Recorded> => {
  const mutation = `mutation ($input: RecordSettlementInput!) {
    recordSettlement(input: $input) { settlement { id } replayed userErrors { code } } }`;
  const input = { idempotencyKey: randomUUID(), ...settlement };
  return (await graph<{ recordSettlement: Recorded }>(mutation, { input })).recordSettlement;
};

type Listed = Settlement & { readonly id: string; readonly state: string };

const listed = async (rail: string): Promise<readonly Listed[]> => {
  const query = `query ($rail: String) {
    railSettlements(rail: $rail) { nodes { id rail direction amount { amount currency } reference note state } } }`;
  const { railSettlements } = await platform().operator.graph<{ railSettlements: { nodes: Listed[] } }>(query, {
    rail,
  });
  return railSettlements.nodes;
};

/** Records a settlement and waits until it is in the books. */
const settled = async (settlement: Settlement): Promise<Listed | undefined> => {
  const { settlement: made, userErrors } = await record(platform().operator, settlement);
  expect(userErrors).toEqual([]);
  let found: Listed | undefined;
  await until('the settlement is in the books', 60_000, async () => {
    found = (await listed(settlement.rail)).find(({ id }) => id === made?.id);
    return found?.state === 'BOOKED';
  });
  return found;
};

/** What the networks hold of us in cedis, and what our bank does, by the books. */
const standing = async () => ({
  networks: await heldFor(platform().operator, 'RAIL_CLEARING', 'GHS'),
  bank: await heldFor(platform().operator, 'SETTLEMENT', 'GHS'),
});

describe('a network and our bank', () => {
  it('settle what was collected: the money goes from the one to the other, and nobody’s wallet hears of it', async () => {
    const ama = await platform().customer({ GHS: '0.00' });
    const id = await payNow(ama, collection(ama, mtnNumber, '100.00 GHS'));
    expect(await outcomeOf(ama, id)).toEqual({ state: 'CONFIRMED', failure: null });
    const before = await standing();
    const input: Settlement = {
      ...{ rail: 'mtn-momo', amount: money('60.00 GHS') },
      direction: 'FROM_RAIL',
      ...{ reference: 'FT26325-1', note: 'week 47' },
    };
    expect(await settled(input)).toMatchObject(input);
    const { networks, bank } = await standing();
    expect([networks - before.networks, bank - before.bank]).toEqual([-6_000n, 6_000n]);
    expect(await availableTo(ama, 'GHS')).toBe('99.00');
  });

  it('settle the other way what is to be paid out', async () => {
    const before = await standing();
    await settled({ rail: 'mtn-momo', direction: 'TO_RAIL', amount: money('500.00 GHS'), reference: 'FT26325-2' });
    const ama = await platform().customer({ GHS: '100.00' });
    const funded = await standing();
    const id = await payNow(ama, payout(ama, mtnNumber, '40.00 GHS'));
    expect(await outcomeOf(ama, id)).toEqual({ state: 'CONFIRMED', failure: null });
    const { networks, bank } = await standing();
    expect(bank - before.bank).toBe(-50_000n);
    expect(networks).toBeLessThanOrEqual(funded.networks - 4_000n);
  });

  it('settle once what stands once in the bank’s statement, however often it is recorded', async () => {
    const { operator } = platform();
    const input: Settlement = {
      ...{ rail: 'mtn-momo', amount: money('5.00 GHS') },
      direction: 'FROM_RAIL',
      ...{ reference: 'FT26325-3', idempotencyKey: randomUUID() },
    };
    const before = await standing();
    const { id } = (await settled(input)) ?? {};
    expect(await record(operator, input)).toMatchObject({ settlement: { id }, replayed: true });
    const again = await record(operator, { ...input, idempotencyKey: randomUUID() });
    expect(again).toMatchObject({ settlement: null, userErrors: [{ code: 'REFERENCE_USED' }] });
    expect((await standing()).bank - before.bank).toBe(500n);
  });

  it('settle by operators alone', async () => {
    const ama = await platform().customer({ GHS: '0.00' });
    const amount = money('5.00 GHS');
    const asked = record(ama, { rail: 'mtn-momo', direction: 'FROM_RAIL', amount, reference: 'FT26325-4' });
    expect(await codesOf(asked)).toEqual(['UNAUTHORIZED_FIELD_OR_TYPE']);
    expect((await listed('mtn-momo')).map(({ reference }) => reference)).not.toContain('FT26325-4');
  });
});
