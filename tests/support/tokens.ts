import { signAccessToken } from '@paygraph/auth';
import { newId } from '@paygraph/ids';
import type { Person } from '@paygraph/standalone/client';
import type { TestPlatform } from './platform.ts';

/** A token of the same person, as long-lived as any other, that has `seconds` left; below zero it is over. */
export async function tokenWithLeft({ keys }: TestPlatform, { graph }: Person, seconds: number): Promise<string> {
  const { viewer } = await graph<{ viewer: { id: string } }>('{ viewer { id } }');
  const now = new Date(Date.now() - (15 * 60 - seconds) * 1000);
  const whose = { customerId: viewer.id, sessionId: newId('ses'), roles: ['CUSTOMER'] } as const;
  return signAccessToken({ key: keys.accessTokenKey, ...whose, now }).token;
}
