import type { Principal } from '@paygraph/auth';

/** How many of something may be open at once. */
export interface Caps {
  readonly total: number;
  /** By one person or service, over all their sessions. */
  readonly perPrincipal: number;
}

/** Why one more is refused. */
export type Exceeded = 'total' | 'perPrincipal';

export interface Quota {
  readonly caps: Caps;
  /** Counts one more, and returns how to give it back, once; or says why it may not be. */
  admit(principal: Principal): (() => void) | Exceeded;
}

export function createQuota(caps: Caps): Quota {
  const open = new Map<string, number>();
  let total = 0;

  const change = (who: string, by: 1 | -1): void => {
    total += by;
    const count = (open.get(who) ?? 0) + by;
    if (count === 0) open.delete(who);
    else open.set(who, count);
  };
  return {
    caps,
    admit(principal) {
      const who = nameOf(principal);
      if (total >= caps.total) return 'total';
      if ((open.get(who) ?? 0) >= caps.perPrincipal) return 'perPrincipal';
      change(who, 1);
      let given = true;
      return () => {
        if (given) change(who, -1);
        given = false;
      };
    },
  };
}

function nameOf(principal: Principal): string {
  switch (principal.kind) {
    case 'customer':
      return principal.id;
    case 'service':
      return principal.service;
    case 'anonymous':
      return '';
  }
}
