import { describe, expect, it } from 'vitest';
import type { Authenticate } from './authenticate.ts';
import { anonymous } from './principal.ts';
import { rememberVerified } from './remember.ts';

const start = Date.parse('2026-11-21T12:00:00Z');

/** Verifies whatever is not called bad, and counts how often; tokens last so many seconds from the start. */
function verifier(lifeSeconds: number) {
  const asked: (string | undefined)[] = [];
  const authenticate: Authenticate = async (authorization) => {
    asked.push(authorization);
    if (authorization === undefined) return anonymous;
    if (authorization === 'bad') throw new Error('Not a good token');
    const expiresAt = new Date(start + lifeSeconds * 1_000);
    return { kind: 'customer', id: authorization, sessionId: 'ses_1', roles: [], scopes: new Set(), expiresAt };
  };
  let now = start;
  return {
    asked,
    authenticate: rememberVerified(authenticate, () => now),
    pass: (seconds: number) => {
      now += seconds * 1_000;
    },
  };
}

describe('a token that was verified', () => {
  it('is believed for half a minute, and then verified again', async () => {
    const { asked, authenticate, pass } = verifier(900);
    const first = await authenticate('ama');
    pass(29);
    expect(await authenticate('ama')).toBe(first);
    pass(1);
    await authenticate('ama');
    expect(asked).toEqual(['ama', 'ama']);
  });

  it('is not believed beyond its own end', async () => {
    const { asked, authenticate, pass } = verifier(10);
    await authenticate('ama');
    pass(10);
    await authenticate('ama');
    expect(asked).toHaveLength(2);
  });

  it('says nothing of another one', async () => {
    const { authenticate } = verifier(900);
    expect(await authenticate('ama')).toMatchObject({ id: 'ama' });
    expect(await authenticate('ben')).toMatchObject({ id: 'ben' });
  });
});

it('remembers neither nobody nor what was refused', async () => {
  const { asked, authenticate } = verifier(900);
  for (const authorization of [undefined, undefined, 'bad', 'bad']) await authenticate(authorization).catch(() => {});
  expect(asked).toEqual([undefined, undefined, 'bad', 'bad']);
});
