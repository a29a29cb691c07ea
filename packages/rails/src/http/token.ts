import type { NotSent } from '../outcome.ts';
import type { HttpOutcome } from './client.ts';

/** A credential that a rail issues for some time. */
export interface IssuedToken {
  readonly kind: 'TOKEN';
  readonly value: string;
  /** How long it is good for from now, in ms. */
  readonly lifetimeMs: number;
}

export interface TokenSource {
  /** The token in use, or a fresh one. */
  current(): Promise<IssuedToken | NotSent>;
  /** A fresh one in place of one that the rail refused; if another caller has replaced it already, theirs. */
  renew(refused: string): Promise<IssuedToken | NotSent>;
}

/** A token is replaced this long before it ends, so that it does not end on its way to the rail. */
const marginMs = 30_000;

/**
 * Keeps a rail's token and renews it once, however many callers find it gone at the same moment.
 * @param issue asks the rail for one; it has a time limit of its own, because it serves every caller and not the first alone
 * @param now monotonic, in ms
 */
export function createTokenSource(
  issue: () => Promise<IssuedToken | NotSent>,
  now: () => number = () => performance.now(),
): TokenSource {
  let kept: { readonly token: IssuedToken; readonly until: number } | undefined;
  let underWay: Promise<IssuedToken | NotSent> | undefined;

  const fresh = async (): Promise<IssuedToken | NotSent> => {
    const asked = now();
    const token = await issue();
    if (token.kind === 'TOKEN') kept = { token, until: asked + Math.max(token.lifetimeMs - marginMs, 0) };
    return token;
  };
  const renewed = (): Promise<IssuedToken | NotSent> => {
    underWay ??= fresh().finally(() => {
      underWay = undefined;
    });
    return underWay;
  };
  return {
    current: async () => (kept && now() < kept.until ? kept.token : renewed()),
    renew: async (refused) => {
      if (kept && kept.token.value !== refused) return kept.token;
      kept = undefined;
      return renewed();
    },
  };
}

/**
 * Calls with the token, and once more with a fresh one when the rail says that it does not know this one: such an answer
 * is given at the door, before the call is looked at.
 * @param refused whether an answer says that the token, and nothing else, is at fault
 */
export async function withToken(
  tokens: TokenSource,
  call: (token: string) => Promise<HttpOutcome>,
  refused: (outcome: HttpOutcome) => boolean,
): Promise<HttpOutcome> {
  const first = await tokens.current();
  if (first.kind === 'NOT_SENT') return first;
  const outcome = await call(first.value);
  if (!refused(outcome)) return outcome;
  const second = await tokens.renew(first.value);
  if (second.kind === 'NOT_SENT') return second;
  const again = await call(second.value);
  return refused(again) ? { kind: 'NOT_SENT', why: 'the rail does not accept our credentials' } : again;
}
