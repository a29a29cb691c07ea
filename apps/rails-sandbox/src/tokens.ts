import { randomUUID } from 'node:crypto';
import type { Clock } from '@paygraph/service';

/** Tokens that were given out, each good for one purpose and some time. */
export interface Tokens {
  issue(purpose: string): string;
  isGood(token: string, purpose: string): boolean;
  /** Makes every token given out so far worthless. */
  revoke(): void;
}

export function createTokens(clock: Clock, lifetimeMs: number): Tokens {
  const issued = new Map<string, { readonly purpose: string; readonly until: number }>();
  return {
    issue: (purpose) => {
      const token = randomUUID();
      const now = clock().getTime();
      for (const [old, { until }] of issued) if (until <= now) issued.delete(old);
      issued.set(token, { purpose, until: now + lifetimeMs });
      return token;
    },
    isGood: (token, purpose) => {
      const found = issued.get(token);
      return found !== undefined && found.purpose === purpose && clock().getTime() < found.until;
    },
    revoke: () => issued.clear(),
  };
}

/** What follows `Bearer ` in a header. */
export function bearerOf(header: string | undefined): string {
  return header?.startsWith('Bearer ') ? header.slice('Bearer '.length) : '';
}
