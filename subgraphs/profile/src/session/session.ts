import { type SigningKey, signAccessToken } from '@paygraph/auth';
import { newId } from '@paygraph/ids';
import type { Clock } from '@paygraph/service';
import type { Customer } from '../customer/customer.ts';
import type { CustomerStore } from '../customer/store.ts';
import { createRefreshToken, hashOfRefreshToken, type RefreshToken } from './refresh-token.ts';
import type { SessionStore } from './store.ts';

/** A session with the pair of tokens that were just issued for it. */
export interface SignedInSession {
  /** `ses_…`: stays the same from log-in to log-out, whatever tokens follow each other. */
  readonly id: string;
  readonly accessToken: string;
  readonly accessTokenExpiresAt: Date;
  readonly refreshToken: string;
  readonly refreshTokenExpiresAt: Date;
  readonly customer: Customer;
}

export type Refresh =
  | { readonly kind: 'refreshed'; readonly session: SignedInSession }
  | { readonly kind: 'refused'; readonly code: 'INVALID_REFRESH_TOKEN' | 'REFRESH_TOKEN_REUSED' };

export interface Sessions {
  /** Signs a person in who has proven who they are. */
  begin(customer: Customer): Promise<SignedInSession>;
  /**
   * Exchanges a refresh token for the next pair. Of several exchanges of one token exactly one succeeds, and the others
   * end the session: somebody who should not may hold the newer token.
   */
  refresh(refreshToken: string): Promise<Refresh>;
  /** Ends a session; false if it had ended before. */
  end(sessionId: string): Promise<boolean>;
}

export interface SessionDependencies {
  readonly store: SessionStore;
  readonly customers: CustomerStore;
  readonly accessTokenKey: SigningKey;
  readonly clock: Clock;
}

export function createSessions({ store, customers, accessTokenKey, clock }: SessionDependencies): Sessions {
  const signedIn = (id: string, customer: Customer, refreshToken: RefreshToken, now: Date): SignedInSession => {
    const { roles } = customer;
    const access = signAccessToken({ key: accessTokenKey, customerId: customer.id, sessionId: id, roles, now });
    return {
      id,
      accessToken: access.token,
      accessTokenExpiresAt: access.expiresAt,
      refreshToken: refreshToken.token,
      refreshTokenExpiresAt: refreshToken.expiresAt,
      customer,
    };
  };

  return {
    async begin(customer) {
      const now = clock();
      const id = newId('ses');
      const token = createRefreshToken(now);
      await store.begin({ id, customerId: customer.id, token, at: now });
      return signedIn(id, customer, token, now);
    },

    async refresh(refreshToken) {
      const now = clock();
      const next = createRefreshToken(now);
      const rotation = await store.rotate({ hash: hashOfRefreshToken(refreshToken), next, at: now });
      if (rotation.kind === 'refused') return rotation;
      const [customer] = await customers.byIds([rotation.customerId]);
      if (!customer) throw new Error(`The session ${rotation.sessionId} is nobody's`);
      return { kind: 'refreshed', session: signedIn(rotation.sessionId, customer, next, now) };
    },

    end: (sessionId) => store.end(sessionId, clock()),
  };
}
