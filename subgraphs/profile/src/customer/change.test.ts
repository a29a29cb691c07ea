import { createTestDatabase, type TestDatabase } from '@paygraph/database/testing';
import { newId } from '@paygraph/ids';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDatabase } from '../database.ts';
import type { PrismaClient } from '../generated/prisma/client.ts';
import { type CustomerChanges, createCustomerChanges } from './change.ts';
import { type CustomerStore, createCustomerStore } from './store.ts';

const day = 24 * 60 * 60_000;

describe('what may change of a person', () => {
  let database: TestDatabase;
  let prisma: PrismaClient;
  let customers: CustomerStore;
  let changes: CustomerChanges;
  let now = new Date('2026-09-29T12:00:00Z');
  const clock = () => now;
  const later = (days: number) => {
    now = new Date(now.getTime() + days * day);
  };

  beforeAll(async () => {
    database = await createTestDatabase('profile');
    prisma = openDatabase(database.databaseUrl);
    customers = createCustomerStore(prisma, clock);
    changes = createCustomerChanges(prisma, clock);
  });
  afterAll(async () => {
    await prisma.$disconnect();
    await database.drop();
  });

  const registered = async (handle: string | null = null) => {
    const id = newId('cus');
    const person = {
      id,
      email: `${id}@example.com`,
      handle,
      displayName: 'Ada',
      passwordHash: '$argon2id$',
      roles: [],
    };
    const creation = await customers.create(person);
    return creation.kind === 'created' ? id : creation.fields;
  };
  const idOf = async (handle: string | null = null) => {
    const id = await registered(handle);
    if (typeof id === 'string') return id;
    throw new Error(`${id} taken`);
  };
  const handleOf = async (id: string) => (await customers.byIds([id]))[0]?.handle;
  const outcome = async (change: Promise<{ kind: string; code?: string }>) => {
    const { kind, code } = await change;
    return code ?? kind;
  };

  describe('a handle', () => {
    it('is free to choose for the first time, and then stays for 30 days', async () => {
      const ada = await idOf();
      expect(await outcome(changes.handle(ada, '@Ada'))).toBe('changed');
      expect(await outcome(changes.handle(ada, 'ada_l'))).toBe('changed');
      expect(await handleOf(ada)).toBe('ada_l');
      expect(await outcome(changes.handle(ada, 'ada_m'))).toBe('CHANGED_RECENTLY');
      expect(await outcome(changes.handle(ada, 'ADA_L'))).toBe('changed');
      later(30);
      expect(await outcome(changes.handle(ada, 'ada_m'))).toBe('changed');
    });

    it('that was given up is nobody else’s for 90 days, nor is one that looks like it, and then anybody’s', async () => {
      const bob = await idOf('bob_the_old');
      expect(await outcome(changes.handle(bob, 'bob_the_new'))).toBe('changed');
      expect(await registered('bob_the_o1d')).toEqual(['handle']);
      const eve = await idOf();
      expect(await outcome(changes.handle(eve, 'bobtheold'))).toBe('HANDLE_TAKEN');
      expect(await handleOf(eve)).toBeNull();
      later(90);
      expect(await outcome(changes.handle(eve, 'bobtheold'))).toBe('changed');
      expect(await outcome(changes.handle(bob, 'bob_the_old'))).toBe('HANDLE_TAKEN');
      expect(await handleOf(bob)).toBe('bob_the_new');
    });

    it('may be taken up again by whoever gave it up', async () => {
      const cleo = await idOf('cleo_1');
      await changes.handle(cleo, 'cleo_2');
      later(31);
      expect(await outcome(changes.handle(cleo, 'cleo_1'))).toBe('changed');
      expect(await handleOf(cleo)).toBe('cleo_1');
    });

    it('is exactly one’s of many who want it at once', async () => {
      const people = await Promise.all(Array.from({ length: 6 }, () => idOf()));
      const outcomes = await Promise.all(
        people.map((id, index) => outcome(changes.handle(id, `golden${'_'.repeat(index)}`))),
      );
      expect(outcomes.sort()).toEqual([...Array(5).fill('HANDLE_TAKEN'), 'changed']);
    });

    it('changes once of many changes at once', async () => {
      const dora = await idOf('dora_0');
      const wishes = ['dora_2', 'dora_3', 'dora_4', 'dora_5'];
      const outcomes = await Promise.all(wishes.map((wish) => outcome(changes.handle(dora, wish))));
      expect(outcomes.sort()).toEqual([...Array(3).fill('CHANGED_RECENTLY'), 'changed']);
      expect(await prisma.handleClaim.count({ where: { customerId: dora, releasedAt: null } })).toBe(1);
    });
  });

  describe('a telephone number', () => {
    const phone = '+233201234567';
    const verified = async (id: string) => {
      const [customer] = await customers.byIds([id]);
      return customer?.phoneVerifiedAt !== null;
    };

    it('must be one that can exist, and whose it is by now is not told', async () => {
      const [ada, bob] = [await idOf(), await idOf()];
      expect(await outcome(changes.phone(ada, phone))).toBe('changed');
      await prisma.customer.update({ where: { id: ada }, data: { phoneVerifiedAt: now } });
      expect(await outcome(changes.phone(bob, phone))).toBe('changed');
      expect(await outcome(changes.phone(bob, '+233999'))).toBe('PHONE_INVALID');
      expect([await verified(ada), await verified(bob)]).toEqual([true, false]);
      expect(await customers.byNames({ handles: [], emails: [], phones: [phone] })).toMatchObject([{ id: ada }]);
    });

    it('is to be verified again once it was another one, and stays verified when it is given again', async () => {
      const ada = await idOf();
      await changes.phone(ada, '+233201234568');
      await prisma.customer.update({ where: { id: ada }, data: { phoneVerifiedAt: now } });
      await changes.phone(ada, '+233201234568');
      expect(await verified(ada)).toBe(true);
      await changes.phone(ada, null);
      expect(await verified(ada)).toBe(false);
      await changes.phone(ada, '+233201234568');
      expect(await verified(ada)).toBe(false);
    });
  });

  describe('a tier', () => {
    it('is BASIC at first, and kept with who changed it and why', async () => {
      const [ada, operator] = [await idOf(), await idOf()];
      expect(await customers.byIds([ada])).toMatchObject([{ tier: 'BASIC' }]);
      const decision = { customerId: ada, tier: 'VERIFIED', reason: ' Passport seen ', actorId: operator } as const;
      expect(await outcome(changes.tier(decision))).toBe('changed');
      expect(await outcome(changes.tier(decision))).toBe('changed');
      expect(await customers.byIds([ada])).toMatchObject([{ tier: 'VERIFIED' }]);
      expect(await prisma.tierChange.findMany({ where: { customerId: ada } })).toMatchObject([
        { from: 'BASIC', to: 'VERIFIED', reason: 'Passport seen', actorId: operator, at: now },
      ]);
    });

    it('is not one’s own to set, nor without a reason, nor a stranger’s', async () => {
      const [ada, operator] = [await idOf(), await idOf()];
      const set = (customerId: string, reason = 'Because') =>
        outcome(changes.tier({ customerId, tier: 'ENHANCED', reason, actorId: operator }));
      expect(await set(operator)).toBe('OWN_TIER');
      expect(await set(ada, ' ')).toBe('REASON_INVALID');
      for (const stranger of [newId('cus'), 'nobody']) expect(await set(stranger)).toBe('CUSTOMER_NOT_FOUND');
      expect(await prisma.tierChange.count({ where: { actorId: operator } })).toBe(0);
    });
  });
});
