import type { Authenticate } from './authenticate.ts';
import type { Principal } from './principal.ts';

/** Longest time in ms that a token counts as verified. A key that is withdrawn stops counting within that time. */
const rememberedFor = 30_000;
/** Tokens that are remembered: at their usual length some 10 MB. */
const mostRemembered = 10_000;

/** Verifies a token once in a while, not with every request: a signature costs more than all else in a small one. */
export function rememberVerified(authenticate: Authenticate, now: () => number = Date.now): Authenticate {
  const verified = new Map<string, { readonly principal: Principal; readonly until: number }>();
  return async (authorization) => {
    const known = authorization === undefined ? undefined : verified.get(authorization);
    if (known && known.until > now()) return known.principal;
    const principal = await authenticate(authorization);
    if (authorization === undefined || principal.kind === 'anonymous') return principal;
    // Deleted first, so that the map's order is that of verification, and the oldest goes when there are too many.
    verified.delete(authorization);
    verified.set(authorization, { principal, until: Math.min(principal.expiresAt.getTime(), now() + rememberedFor) });
    for (const oldest of verified.keys()) {
      if (verified.size <= mostRemembered) break;
      verified.delete(oldest);
    }
    return principal;
  };
}
