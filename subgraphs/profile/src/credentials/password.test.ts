import { performance } from 'node:perf_hooks';
import { describe, expect, it } from 'vitest';
import { createPasswords } from './password.ts';

describe('passwords', () => {
  const passwords = createPasswords();

  it('are hashed with argon2id, 19 MiB, two passes, one lane, and a salt of their own', async () => {
    const [one, other] = await Promise.all([passwords.hash('correct horse'), passwords.hash('correct horse')]);
    expect(one).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    expect(one).not.toBe(other);
  });

  it('are verified against their own hash only', async () => {
    const hash = await passwords.hash('correct horse');
    expect(await passwords.verify('correct horse', hash)).toBe(true);
    expect(await passwords.verify('Correct horse', hash)).toBe(false);
  });

  it('are the same in composed and decomposed form', async () => {
    const hash = await passwords.hash('cr\u00e8me br\u00fbl\u00e9e');
    expect(await passwords.verify('cre\u0300me bru\u0302le\u0301e', hash)).toBe(true);
  });

  it('never match where there is no hash, even the one that stands in for it', async () => {
    expect(await passwords.verify('nobody has this password', undefined)).toBe(false);
  });

  it('cost as much to verify where there is no hash', async () => {
    const hash = await passwords.hash('correct horse');
    const known: number[] = [];
    const unknown: number[] = [];
    const timed = async (times: number[], passwordHash: string | undefined) => {
      const begun = performance.now();
      await passwords.verify('battery staple', passwordHash);
      times.push(performance.now() - begun);
    };
    for (let round = 0; round < 15; round += 1) {
      await timed(known, hash);
      await timed(unknown, undefined);
    }
    // The least times: what else the machine does only ever adds to them.
    const ratio = Math.min(...unknown) / Math.min(...known);
    expect(ratio).toBeGreaterThan(0.5);
    expect(ratio).toBeLessThan(2);
  });
});
