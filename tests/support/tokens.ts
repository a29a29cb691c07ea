import { type Role, signAccessToken } from '@paygraph/auth';
import { newId } from '@paygraph/ids';
import type { Person } from '@paygraph/standalone/client';
import type { TestPlatform } from './platform.ts';

/**
 * A token of the same person that has `seconds` left: below zero it is over, and one with more than the 15 minutes of others
 * was signed ahead of time.
 */
export async function tokenWithLeft(
  { keys }: Pick<TestPlatform, 'keys'>,
  { graph }: Person,
  seconds: number,
  role: Role = 'CUSTOMER',
): Promise<string> {
  const { viewer } = await graph<{ viewer: { id: string } }>('{ viewer { id } }');
  const now = new Date(Date.now() - (15 * 60 - seconds) * 1000);
  const whose = { customerId: viewer.id, sessionId: newId('ses'), roles: [role] } as const;
  return signAccessToken({ key: keys.accessTokenKey, ...whose, now }).token;
}
