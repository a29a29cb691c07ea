import type { Clock } from '@paygraph/service';
import type { LogInGuard } from '../credentials/log-in-guard.ts';
import type { Passwords } from '../credentials/password.ts';
import { normalizeEmail } from '../customer/registration.ts';
import type { CustomerStore } from '../customer/store.ts';
import type { Sessions, SignedInSession } from './session.ts';

export type LogIn =
  | { readonly kind: 'signed in'; readonly session: SignedInSession }
  | { readonly kind: 'refused'; readonly code: 'INVALID_CREDENTIALS' | 'TOO_MANY_ATTEMPTS' };

export interface LogInDependencies {
  readonly customers: CustomerStore;
  readonly passwords: Passwords;
  readonly guard: LogInGuard;
  readonly sessions: Sessions;
  readonly clock: Clock;
}

/**
 * Signs somebody in by address and password. An address that nobody has takes the same steps, at the same cost, as one
 * whose password is wrong.
 */
export async function logIn(
  { customers, passwords, guard, sessions, clock }: LogInDependencies,
  credentials: { readonly email: string; readonly password: string },
): Promise<LogIn> {
  const email = normalizeEmail(credentials.email);
  if (await guard.isLocked(email, clock())) return { kind: 'refused', code: 'TOO_MANY_ATTEMPTS' };
  const known = await customers.credentialsOf(email);
  const succeeded = await passwords.verify(credentials.password, known?.passwordHash);
  if (!(await guard.admits(email, { succeeded, at: clock() }))) return { kind: 'refused', code: 'TOO_MANY_ATTEMPTS' };
  const [customer] = known && succeeded ? await customers.byIds([known.id]) : [];
  if (!customer) return { kind: 'refused', code: 'INVALID_CREDENTIALS' };
  return { kind: 'signed in', session: await sessions.begin(customer) };
}
