import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { SettlementInput } from '../../test/answers.ts';
import { eventually, testRails } from '../../test/platform.ts';
import { scriptRail } from '../../test/rail.ts';
import { type Person, type Scene, setScene } from '../../test/scene.ts';

// Many steps each, on a machine that may be busy.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let scene: Scene;
let operator: Person;

beforeAll(async () => {
  scene = await setScene();
  operator = scene.asOperator(await scene.start({ rails: testRails }, scene.bus, [scriptRail('momo')]));
});

afterAll(async () => {
  try {
    expect(await scene.troubles()).toEqual([]);
  } finally {
    await scene.stop();
  }
});

/** A settlement that nothing is wrong with. */
function settlement(changes: Partial<SettlementInput> = {}): SettlementInput {
  const amount = { amount: '900.00', currency: 'USD' };
  return { rail: 'momo', direction: 'FROM_RAIL', amount, reference: randomUUID(), ...changes };
}

const found = async (id: string | undefined) => (await operator.settlements()).nodes.find((one) => one.id === id);
const booked = (id: string | undefined) => eventually(async () => (await found(id))?.state === 'BOOKED', 25_000);

describe('what went between a rail and our bank', () => {
  it('moves from the rail to the bank in the books, and says who recorded it', async () => {
    const input = settlement({ note: 'week 47' });
    const { settlement: made, userErrors } = await operator.settle(input);
    expect(userErrors).toEqual([]);
    await booked(made?.id);
    expect(await found(made?.id)).toMatchObject({ ...input, recordedBy: scene.operator });
    expect(scene.ledger.entriesOf(made?.id ?? '').sort()).toEqual([
      'CREDIT RAIL_CLEARING USD momo 90000',
      'DEBIT SETTLEMENT USD  90000',
    ]);
  });

  it('moves the other way when our bank has paid the rail', async () => {
    const { settlement: made } = await operator.settle(settlement({ rail: 'manual', direction: 'TO_RAIL' }));
    await booked(made?.id);
    expect(scene.ledger.entriesOf(made?.id ?? '').sort()).toEqual([
      'CREDIT SETTLEMENT USD  90000',
      'DEBIT RAIL_CLEARING USD manual 90000',
    ]);
  });

  it('is recorded once however often, and however many at a time, it is asked for with one key', async () => {
    const input = settlement({ idempotencyKey: randomUUID() });
    const again = { ...input, amount: { amount: '900', currency: 'USD' } };
    const answers = await Promise.all([input, again, input, again].map((one) => operator.settle(one)));
    expect(new Set(answers.map((answer) => answer.settlement?.id)).size).toBe(1);
    expect(answers.filter(({ replayed }) => !replayed)).toHaveLength(1);
    await booked(answers[0]?.settlement?.id);
    expect(scene.ledger.entriesOf(answers[0]?.settlement?.id ?? '')).toHaveLength(2);
    const other = await operator.settle({ ...input, direction: 'TO_RAIL' });
    expect(other.userErrors).toMatchObject([{ code: 'IDEMPOTENCY_KEY_REUSED', field: ['input', 'idempotencyKey'] }]);
  });

  it('is recorded once under the bank’s reference, whoever else has the statement in hand', async () => {
    const reference = randomUUID();
    const answers = await Promise.all([1, 2, 3].map(() => operator.settle(settlement({ reference }))));
    const [made, ...refused] = answers.toSorted((left) => (left.settlement ? -1 : 1));
    expect(made?.settlement).not.toBeNull();
    for (const { userErrors } of refused)
      expect(userErrors).toMatchObject([{ code: 'REFERENCE_USED', field: ['input', 'reference'] }]);
    // Another rail may be settled under the same words.
    expect((await operator.settle(settlement({ reference, rail: 'manual' }))).userErrors).toEqual([]);
    // What was refused has not used up its key.
    const key = randomUUID();
    await operator.settle(settlement({ reference, idempotencyKey: key }));
    expect((await operator.settle(settlement({ idempotencyKey: key }))).userErrors).toEqual([]);
  });

  it('gets into the books once, also when nobody hears of it the first times', async () => {
    scene.ledger.misbehave('mute', { operation: 'PostTransactions', times: 2 });
    const { settlement: made } = await operator.settle(settlement());
    await booked(made?.id);
    expect(scene.ledger.entriesOf(made?.id ?? '')).toHaveLength(2);
  });

  it.each<[string, Partial<SettlementInput>, string, string[]]>([
    ['a rail that there is not', { rail: 'pigeon' }, 'RAIL_NOT_FOUND', ['rail']],
    [
      'a currency that the rail does not carry',
      { amount: { amount: '1', currency: 'GHS' } },
      'CURRENCY_MISMATCH',
      ['amount', 'currency'],
    ],
    ['nothing', { amount: { amount: '0', currency: 'USD' } }, 'AMOUNT_TOO_SMALL', ['amount', 'amount']],
    ['half a cent', { amount: { amount: '1.005', currency: 'USD' } }, 'AMOUNT_INVALID', ['amount', 'amount']],
    ['no reference', { reference: ' ' }, 'REFERENCE_INVALID', ['reference']],
    ['too long a reference', { reference: 'r'.repeat(65) }, 'REFERENCE_INVALID', ['reference']],
    ['too long a note', { note: 'n'.repeat(201) }, 'NOTE_INVALID', ['note']],
    ['no key', { idempotencyKey: '' }, 'IDEMPOTENCY_KEY_INVALID', ['idempotencyKey']],
  ])('is refused with %s', async (_name, changes, code, field) => {
    const { settlement: made, userErrors } = await operator.settle(settlement(changes));
    expect(made).toBeNull();
    expect(userErrors).toMatchObject([{ code, field: ['input', ...field] }]);
  });

  it('is listed newest first, by rail, page by page', async () => {
    const made = [];
    for (const direction of ['FROM_RAIL', 'TO_RAIL', 'FROM_RAIL'] as const)
      made.push((await operator.settle(settlement({ rail: 'manual', direction }))).settlement?.id);
    const first = await operator.settlements({ rail: 'manual', first: 2 });
    expect(first.nodes.map(({ id }) => id)).toEqual([made[2], made[1]]);
    const next = await operator.settlements({ rail: 'manual', first: 1, after: first.pageInfo.endCursor });
    expect(next.nodes.map(({ id }) => id)).toEqual([made[0]]);
    expect((await operator.settlements()).nodes.length).toBeGreaterThan(3);
    await Promise.all(made.map(booked));
  });

  it('is for operators alone, and never changed', async () => {
    const query = '{ railSettlements { nodes { id } } }';
    const input = settlement();
    const mutation = `mutation ($input: RecordSettlementInput!) { recordSettlement(input: $input) { replayed } }`;
    const service = await scene.start();
    for (const stranger of [scene.asAma(service), scene.asAnalyst(service)]) {
      expect((await stranger.send(query, {})).errors?.[0]?.extensions.code).toBe('FORBIDDEN');
      const sent = await stranger.send(mutation, { input: { idempotencyKey: randomUUID(), ...input } });
      expect(sent.errors?.[0]?.extensions.code).toBe('FORBIDDEN');
    }
    const { settlement: made } = await operator.settle(input);
    await booked(made?.id);
    const change = scene.client.$executeRaw`UPDATE rail_settlement SET amount = 1 WHERE id = ${made?.id}`;
    await expect(change).rejects.toThrow('permission denied');
    const removal = scene.client.$executeRaw`DELETE FROM rail_settlement WHERE id = ${made?.id}`;
    await expect(removal).rejects.toThrow('permission denied');
  });
});
