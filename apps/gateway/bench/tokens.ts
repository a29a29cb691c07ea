import { generateSigningKey, type Jwks, publicJwk, signAccessToken } from '@paygraph/auth';

export interface Tokens {
  readonly jwks: Jwks;
  /** The `authorization` of a customer by number, good for another 15 minutes. */
  of(customer: number): string;
}

export function createTokens(): Tokens {
  const key = generateSigningKey();
  return {
    jwks: { keys: [publicJwk(key)] },
    of: (customer) =>
      `Bearer ${signAccessToken({ key, customerId: `cus_${customer}`, sessionId: `ses_${customer}`, roles: ['CUSTOMER'] }).token}`,
  };
}
