import { createTestDatabase, type TestDatabase } from '@paygraph/database/testing';
import { newId } from '@paygraph/ids';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openDatabase } from '../database.ts';
import type { PrismaClient } from '../generated/prisma/client.ts';
import { createRefreshToken, type RefreshToken } from './refresh-token.ts';
import { createSessionStore, type SessionStore } from './store.ts';

const at = new Date('2026-09-29T12:00:00Z');
const days = (count: number) => new Date(at.getTime() + count * 86_400_000);

describe('a session', () => {
  let database: TestDatabase;
  let prisma: PrismaClient;
  let store: SessionStore;
  const customerId = newId('cus');
  let id: string;
  let first: RefreshToken;

  beforeAll(async () => {
    database = await createTestDatabase('profile');
    prisma = openDatabase(database.databaseUrl);
    store = createSessionStore(prisma);
    const passwordHash = '$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ$aGFzaA';
    await prisma.customer.create({
      data: { id: customerId, email: 'ada@example.com', displayName: 'Ada', passwordHash },
    });
  });
  afterAll(async () => {
    await prisma.$disconnect();
    await database.drop();
  });
  beforeEach(async () => {
    id = newId('ses');
    first = createRefreshToken(at);
    await store.begin({ id, customerId, token: first, at });
  });
  const rotate = (token: RefreshToken, next = createRefreshToken(at), when = at) =>
    store.rotate({ hash: token.hash, next, at: when });
  const isOver = async () => (await prisma.session.findUniqueOrThrow({ where: { id } })).endedAt !== null;

  it('goes on from token to token', async () => {
    let token = first;
    for (let turn = 0; turn < 3; turn += 1) {
      const next = createRefreshToken(at);
      expect(await rotate(token, next)).toEqual({ kind: 'rotated', sessionId: id, customerId });
      token = next;
    }
  });

  it('ends when a token is used a second time, and with it every token that came of it', async () => {
    const second = createRefreshToken(at);
    await rotate(first, second);
    expect(await rotate(first)).toEqual({ kind: 'refused', code: 'REFRESH_TOKEN_REUSED' });
    expect(await rotate(second)).toEqual({ kind: 'refused', code: 'INVALID_REFRESH_TOKEN' });
  });

  it('is exchanged by exactly one of many at once, and ends because of the others', async () => {
    const outcomes = await Promise.all(Array.from({ length: 12 }, () => rotate(first)));
    expect(outcomes.filter(({ kind }) => kind === 'rotated')).toHaveLength(1);
    expect(outcomes.filter((outcome) => 'code' in outcome && outcome.code === 'REFRESH_TOKEN_REUSED')).toHaveLength(11);
    expect(await isOver()).toBe(true);
  });

  it('cannot be continued once it has ended', async () => {
    expect(await store.end(id, at)).toBe(true);
    expect(await store.end(id, at)).toBe(false);
    expect(await rotate(first)).toEqual({ kind: 'refused', code: 'INVALID_REFRESH_TOKEN' });
  });

  it('cannot be continued with a token that has expired or never was one', async () => {
    expect(await rotate(first, undefined, days(30))).toEqual({ kind: 'refused', code: 'INVALID_REFRESH_TOKEN' });
    expect(await rotate(createRefreshToken(at))).toEqual({ kind: 'refused', code: 'INVALID_REFRESH_TOKEN' });
    expect(await isOver()).toBe(false);
  });

  it('is forgotten when its last token has expired', async () => {
    const next = createRefreshToken(days(5));
    await rotate(first, next, days(5));
    await store.forget(days(31));
    expect(await prisma.refreshToken.count({ where: { sessionId: id } })).toBe(1);
    await store.forget(days(36));
    expect(await prisma.session.count({ where: { id } })).toBe(0);
  });

  it('keeps no token', async () => {
    const [row] = await prisma.$queryRaw<{ text: string }[]>`
      SELECT string_agg(token::text, ' ') AS text FROM refresh_token AS token
    `;
    expect(row?.text).not.toContain(first.token);
    expect(row?.text).not.toContain(Buffer.from(first.token).toString('hex'));
  });
});
