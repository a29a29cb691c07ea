import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { codes, credit, debit, house, openTestLedger, type TestLedger, transaction } from '../testing/fixture.ts';
import { OverloadedError } from './coalescer.ts';

let ledger: TestLedger;

beforeAll(async () => {
  ledger = await openTestLedger();
});

afterAll(() => ledger.close());

const sound = () => transaction([debit(house('SETTLEMENT'), 1n), credit(house('SUSPENSE'), 1n)]);

describe('an engine', () => {
  it('that has too much to do refuses at once, and has done nothing with what it refused', async () => {
    const engine = ledger.anotherEngine({ maxQueue: 10 });
    const bursts = Array.from({ length: 6 }, () => Array.from({ length: 4 }, sound));
    const answers = await Promise.allSettled(bursts.map((burst) => engine.post(burst)));
    const refused = answers.flatMap((answer, index) => (answer.status === 'rejected' ? [index] : []));
    expect(refused.length).toBeGreaterThan(0);
    expect(refused.length).toBeLessThan(bursts.length);
    for (const [index, answer] of answers.entries()) {
      if (answer.status === 'rejected') expect(answer.reason).toBeInstanceOf(OverloadedError);
      const states = await engine.statuses((bursts[index] ?? []).map(({ id }) => id));
      const expected = answer.status === 'rejected' ? null : 'POSTED';
      expect(states.map(({ state }) => state)).toEqual([expected, expected, expected, expected]);
    }
    for (const index of refused)
      expect(codes(await engine.post(bursts[index] ?? []))).toEqual(['done', 'done', 'done', 'done']);
  });

  it('fails only the item that the database cannot take', async () => {
    const { engine } = ledger;
    const poisonous = Object.assign(sound(), { kind: 'NONSENSE' });
    const before = engine.post([sound()]);
    const answers = await Promise.allSettled([
      engine.post([sound()]),
      engine.post([sound(), sound()]),
      engine.post([poisonous]),
      engine.post([sound()]),
    ]);
    expect(codes(await before)).toEqual(['done']);
    expect(answers.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'fulfilled']);
    expect(await engine.statuses([poisonous.id])).toEqual([{ id: poisonous.id, state: null }]);
  });
});
