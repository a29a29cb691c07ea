import { expect, it } from 'vitest';
import { BriefMap } from './brief-map.ts';

it('holds what a map holds, however many entries have come and gone', () => {
  const [brief, plain] = [new BriefMap<number, number>(), new Map<number, number>()];
  for (let step = 0; step < 5_000; step += 1) {
    const [arriving, leaving] = [step % 97, (step * 31) % 89];
    brief.set(arriving, step);
    plain.set(arriving, step);
    expect(brief.delete(leaving)).toBe(plain.delete(leaving));
    expect(brief.size).toBe(plain.size);
    for (const key of [arriving, leaving, step % 83]) expect(brief.get(key)).toBe(plain.get(key));
  }
});
