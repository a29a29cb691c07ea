import { createTestDatabase, type TestDatabase } from '@paygraph/database/testing';
import { newId } from '@paygraph/ids';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDatabase } from '../database.ts';
import type { PrismaClient } from '../generated/prisma/client.ts';
import { createLogInGuard, type LogInGuard } from './log-in-guard.ts';

const minute = 60_000;
const start = Date.parse('2026-09-29T12:00:00Z');
const at = (minutes: number) => new Date(start + minutes * minute);

describe('the guard of an address', () => {
  let database: TestDatabase;
  let prisma: PrismaClient;
  let guard: LogInGuard;
  const newAddress = () => `${newId('cus')}@example.com`;
  const fail = (email: string, when: Date) => guard.admits(email, { succeeded: false, at: when });
  const succeed = (email: string, when: Date) => guard.admits(email, { succeeded: true, at: when });

  beforeAll(async () => {
    database = await createTestDatabase('profile');
    prisma = openDatabase(database.databaseUrl);
    guard = createLogInGuard(prisma);
  });
  afterAll(async () => {
    await prisma.$disconnect();
    await database.drop();
  });

  it('locks it for fifteen minutes after ten failures within fifteen minutes', async () => {
    const email = newAddress();
    for (let failure = 0; failure < 10; failure += 1) {
      expect(await guard.isLocked(email, at(failure))).toBe(false);
      expect(await fail(email, at(failure))).toBe(true);
    }
    expect(await guard.isLocked(email, at(9))).toBe(true);
    expect(await succeed(email, at(10))).toBe(false);
    expect(await fail(email, at(23.9))).toBe(false);
    expect(await guard.isLocked(email, at(24))).toBe(false);
    expect(await succeed(email, at(24))).toBe(true);
  });

  it('forgets failures that are fifteen minutes old, one by one', async () => {
    const email = newAddress();
    for (let failure = 0; failure < 40; failure += 1) expect(await fail(email, at(failure * 1.7))).toBe(true);
    expect(await guard.isLocked(email, at(40 * 1.7))).toBe(false);
  });

  it('forgets all failures after a success', async () => {
    const email = newAddress();
    for (let failure = 0; failure < 9; failure += 1) await fail(email, at(failure / 10));
    expect(await succeed(email, at(1))).toBe(true);
    for (let failure = 0; failure < 9; failure += 1) expect(await fail(email, at(1 + failure / 10))).toBe(true);
    expect(await guard.isLocked(email, at(2))).toBe(false);
  });

  it('tells of no more than ten failures, however many attempts run at once', async () => {
    const email = newAddress();
    const told = await Promise.all(Array.from({ length: 40 }, () => fail(email, at(0))));
    expect(told.filter(Boolean)).toHaveLength(10);
    expect(await guard.isLocked(email, at(0))).toBe(true);
  });

  it('never locks somebody who signs in on many devices at once', async () => {
    const email = newAddress();
    const told = await Promise.all(Array.from({ length: 40 }, () => succeed(email, at(0))));
    expect(told.every(Boolean)).toBe(true);
  });

  it('keeps no address', async () => {
    await fail('mallory@example.com', at(0));
    const [{ text } = { text: '' }] = await prisma.$queryRaw<{ text: string }[]>`
      SELECT string_agg(guard::text, ' ') AS text FROM log_in_guard AS guard
    `;
    expect(text).not.toContain('mallory');
  });

  it('is removed when nothing depends on it any more', async () => {
    const [old, recent] = [newAddress(), newAddress()];
    await fail(old, at(-100));
    await fail(recent, at(-1));
    const before = await prisma.logInGuard.count();
    await guard.forget(at(0));
    expect(await prisma.logInGuard.count({ where: { lastAttemptAt: { lt: at(-15) } } })).toBe(0);
    expect(await prisma.logInGuard.count()).toBeLessThan(before);
    expect(await prisma.logInGuard.count({ where: { lastAttemptAt: at(-1) } })).toBe(1);
  });

  it('agrees with the rule for any course of attempts', async () => {
    const attempt = fc.record({ wait: fc.integer({ min: 0, max: 300 }), succeeded: fc.boolean() });
    const courses = fc.array(
      fc.oneof({ weight: 6, arbitrary: attempt.map((a) => ({ ...a, succeeded: false })) }, attempt),
      {
        maxLength: 40,
      },
    );
    await fc.assert(
      fc.asyncProperty(courses, async (course) => {
        const email = newAddress();
        let failures: number[] = [];
        let lockedUntil = 0;
        let time = start;
        for (const { wait, succeeded } of course) {
          time += wait * 1000;
          const told = await guard.admits(email, { succeeded, at: new Date(time) });
          expect(told).toBe(time >= lockedUntil);
          if (!told) continue;
          failures = succeeded ? [] : [...failures.filter((failure) => failure > time - 15 * minute), time];
          if (failures.length < 10) continue;
          lockedUntil = time + 15 * minute;
          failures = [];
        }
      }),
      { numRuns: 30 },
    );
  });
});
