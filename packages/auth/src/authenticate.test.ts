import jwt from 'jsonwebtoken';
import { describe, expect, it } from 'vitest';
import { createAuthenticator, TokenError } from './authenticate.ts';
import { type KeySource, KeysUnavailableError, staticKeys } from './key-source.ts';
import { generateSigningKey, publicJwk, type SigningKey } from './keys.ts';
import { createServiceTokenSigner, signAccessToken } from './sign.ts';

const profileKey = generateSigningKey();
const paymentKey = generateSigningKey();
const forexKey = generateSigningKey();
const now = new Date('2026-09-29T12:00:00Z');
const later = (seconds: number) => new Date(now.getTime() + seconds * 1000);

function ledgerAt(time: Date, accessTokenKeys: KeySource = staticKeys({ keys: [publicJwk(profileKey)] })) {
  return createAuthenticator({
    accessTokenKeys,
    serviceTokenKeys: staticKeys({ keys: [publicJwk(paymentKey, 'payment'), publicJwk(forexKey, 'forex')] }),
    audience: 'ledger',
    acceptedScopes: { payment: ['ledger:post'] },
    now: () => time,
  });
}

const authenticate = ledgerAt(now);
const access = (key = profileKey) =>
  signAccessToken({ key, customerId: 'cus_1', sessionId: 'ses_1', roles: ['CUSTOMER'], now }).token;
const service = (name: 'payment' | 'forex', key: SigningKey) =>
  createServiceTokenSigner({ service: name, key, now: () => now });

const seconds = (date: Date) => Math.floor(date.getTime() / 1000);
const goodClaims = {
  iss: 'paygraph-profile',
  aud: 'paygraph',
  sub: 'cus_1',
  sid: 'ses_1',
  roles: ['CUSTOMER'],
  scope: 'wallet:read',
  iat: seconds(now),
  exp: seconds(later(900)),
};
const signed = (claims: object, header: Partial<jwt.SignOptions> = {}, key: jwt.Secret = profileKey.privateKey) =>
  `Bearer ${jwt.sign(claims, key, { algorithm: 'ES256', keyid: profileKey.kid, ...header })}`;

const refusal = (reason: TokenError['reason']) => expect.objectContaining({ name: 'TokenError', reason });

describe('a request without authorization', () => {
  it('is anonymous', async () => {
    expect(await authenticate(undefined)).toEqual({ kind: 'anonymous' });
  });
});

describe('an access token', () => {
  it('gives the customer with session, roles, scopes and expiry', async () => {
    const principal = await authenticate(`Bearer ${access()}`);
    expect(principal).toMatchObject({ kind: 'customer', id: 'cus_1', sessionId: 'ses_1', roles: ['CUSTOMER'] });
    expect(principal).toHaveProperty('expiresAt', later(900));
    expect(principal).toHaveProperty('scopes', expect.objectContaining({}));
    expect(principal.kind === 'customer' && [...principal.scopes]).toContain('payment:write');
  });

  it('lasts 15 minutes and a forgiven clock difference of 5 seconds', async () => {
    await expect(ledgerAt(later(904))(`Bearer ${access()}`)).resolves.toMatchObject({ kind: 'customer' });
    await expect(ledgerAt(later(906))(`Bearer ${access()}`)).rejects.toEqual(refusal('EXPIRED'));
  });

  it('may hold less than its roles allow', async () => {
    const { token } = signAccessToken({
      key: profileKey,
      customerId: 'cus_1',
      sessionId: 'ses_1',
      roles: ['CUSTOMER'],
      scopes: ['wallet:read'],
      now,
    });
    const principal = await authenticate(`Bearer ${token}`);
    expect(principal.kind === 'customer' && [...principal.scopes]).toEqual(['wallet:read']);
  });

  it.each([
    ['', 'MALFORMED'],
    ['Bearer', 'MALFORMED'],
    ['Bearer ', 'MALFORMED'],
    ['Basic dXNlcjpwYXNz', 'MALFORMED'],
    ['Bearer abc', 'MALFORMED'],
    ['Bearer a.b.c', 'MALFORMED'],
    ['Bearer bnVsbA.bnVsbA.x', 'MALFORMED'],
    [`Bearer ${'a'.repeat(9000)}.b.c`, 'MALFORMED'],
    [`Bearer ${access()} `, 'MALFORMED'],
    [`Bearer ${access()},Bearer ${access()}`, 'MALFORMED'],
  ] as const)('is not %j', async (authorization, reason) => {
    await expect(authenticate(authorization)).rejects.toEqual(refusal(reason));
  });

  it('longer than 8 KB is refused, however well signed', async () => {
    await expect(authenticate(signed({ ...goodClaims, padding: 'x'.repeat(8192) }))).rejects.toEqual(
      refusal('MALFORMED'),
    );
  });

  it('with a changed claim is refused', async () => {
    const [header = '', payload = '', signature = ''] = access().split('.');
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString());
    const forged = Buffer.from(JSON.stringify({ ...claims, sub: 'cus_2' })).toString('base64url');
    await expect(authenticate(`Bearer ${header}.${forged}.${signature}`)).rejects.toEqual(refusal('INVALID'));
  });

  it('signed by another key under our kid, or under an unknown kid, is refused', async () => {
    const other = generateSigningKey();
    await expect(authenticate(signed(goodClaims, {}, other.privateKey))).rejects.toEqual(refusal('INVALID'));
    await expect(authenticate(`Bearer ${access(other)}`)).rejects.toEqual(refusal('INVALID'));
  });

  it('is ES256 with a kid, nothing else', async () => {
    const secret = 'a shared secret of sufficient length';
    await expect(authenticate(signed(goodClaims, { algorithm: 'HS256' }, secret))).rejects.toEqual(refusal('INVALID'));
    // The classic confusion: the public key, which everybody has, used as an HMAC secret.
    const publicText = JSON.stringify(publicJwk(profileKey));
    await expect(authenticate(signed(goodClaims, { algorithm: 'HS256' }, publicText))).rejects.toEqual(
      refusal('INVALID'),
    );
    const unsigned = jwt.sign(goodClaims, '', { algorithm: 'none', keyid: profileKey.kid });
    await expect(authenticate(`Bearer ${unsigned}x`)).rejects.toEqual(refusal('INVALID'));
    await expect(authenticate(`Bearer ${unsigned}`)).rejects.toBeInstanceOf(TokenError);
    const withoutKid = jwt.sign(goodClaims, profileKey.privateKey, { algorithm: 'ES256' });
    await expect(authenticate(`Bearer ${withoutKid}`)).rejects.toEqual(refusal('INVALID'));
  });

  it.each([
    ['no expiry', { exp: undefined }],
    ['another issuer', { iss: 'somebody' }],
    ['no issuer', { iss: undefined }],
    ['another audience', { aud: 'elsewhere' }],
    ['no subject', { sub: undefined }],
    ['an empty subject', { sub: '' }],
    ['no session', { sid: undefined }],
    ['an unknown role', { roles: ['ROOT'] }],
    ['a role that is not a list', { roles: 'CUSTOMER' }],
    ['no scope', { scope: undefined }],
    ['scopes as a list', { scope: ['wallet:read'] }],
  ])('with %s is refused', async (_what, change) => {
    const claims = JSON.parse(JSON.stringify({ ...goodClaims, ...change }));
    await expect(authenticate(signed(claims))).rejects.toEqual(refusal('INVALID'));
  });

  it('is not yet good before its time', async () => {
    await expect(authenticate(signed({ ...goodClaims, nbf: seconds(later(60)) }))).rejects.toEqual(refusal('INVALID'));
  });

  it('cannot be judged while its keys cannot be had: that is no fault of the token', async () => {
    const down: KeySource = async () => {
      throw new KeysUnavailableError('down');
    };
    await expect(ledgerAt(now, down)(`Bearer ${access()}`)).rejects.toBeInstanceOf(KeysUnavailableError);
  });
});

describe('a service token', () => {
  it('gives the calling service with the scopes it asked for', async () => {
    const token = service('payment', paymentKey)('ledger', ['ledger:post']);
    const principal = await authenticate(`Bearer ${token}`);
    expect(principal).toMatchObject({ kind: 'service', service: 'payment', expiresAt: later(60) });
    expect(principal.kind === 'service' && [...principal.scopes]).toEqual(['ledger:post']);
  });

  it('made out to another service is refused', async () => {
    const token = service('payment', paymentKey)('wallet', ['ledger:post']);
    await expect(authenticate(`Bearer ${token}`)).rejects.toEqual(refusal('INVALID'));
  });

  it('with a scope that its issuer may not use here is refused whole', async () => {
    const sign = service('payment', paymentKey);
    await expect(authenticate(`Bearer ${sign('ledger', ['ledger:post', 'ledger:account'])}`)).rejects.toEqual(
      refusal('INVALID'),
    );
  });

  it('of a service that has nothing to ask here is refused', async () => {
    const token = service('forex', forexKey)('ledger', ['ledger:post']);
    await expect(authenticate(`Bearer ${token}`)).rejects.toEqual(refusal('INVALID'));
  });

  it('cannot be signed in the name of another service', async () => {
    const token = service('payment', forexKey)('ledger', ['ledger:post']);
    await expect(authenticate(`Bearer ${token}`)).rejects.toEqual(refusal('INVALID'));
  });

  it('cannot be signed with profile’s key, nor can a service’s key sign access tokens', async () => {
    const token = service('payment', profileKey)('ledger', ['ledger:post']);
    await expect(authenticate(`Bearer ${token}`)).rejects.toEqual(refusal('INVALID'));
    await expect(authenticate(`Bearer ${access(paymentKey)}`)).rejects.toEqual(refusal('INVALID'));
  });

  it('expires after a minute', async () => {
    const token = service('payment', paymentKey)('ledger', ['ledger:post']);
    await expect(ledgerAt(later(66))(`Bearer ${token}`)).rejects.toEqual(refusal('EXPIRED'));
  });

  it('that claims to last longer than a minute is refused', async () => {
    const claims = {
      iss: 'payment',
      aud: 'ledger',
      scope: 'ledger:post',
      iat: seconds(now),
      exp: seconds(later(3600)),
    };
    await expect(authenticate(signed(claims, { keyid: paymentKey.kid }, paymentKey.privateKey))).rejects.toEqual(
      refusal('INVALID'),
    );
  });

  it('is refused where no service may call', async () => {
    const gateway = createAuthenticator({
      accessTokenKeys: staticKeys({ keys: [publicJwk(profileKey)] }),
      audience: 'gateway',
      acceptedScopes: {},
      now: () => now,
    });
    const token = service('payment', paymentKey)('gateway', []);
    await expect(gateway(`Bearer ${token}`)).rejects.toEqual(refusal('INVALID'));
  });

  it('is signed once and used until 10 seconds before it expires', () => {
    let time = now;
    const sign = createServiceTokenSigner({ service: 'payment', key: paymentKey, now: () => time });
    const first = sign('ledger', ['ledger:post', 'ledger:account']);
    time = later(49);
    expect(sign('ledger', ['ledger:account', 'ledger:post'])).toBe(first);
    expect(sign('ledger', ['ledger:post'])).not.toBe(first);
    expect(sign('wallet', ['ledger:post', 'ledger:account'])).not.toBe(first);
    time = later(50);
    expect(sign('ledger', ['ledger:post', 'ledger:account'])).not.toBe(first);
  });
});
