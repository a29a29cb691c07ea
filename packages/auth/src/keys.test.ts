import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { generateSigningKey, KeyError, parseJwks, parseSigningKey, privateJwk, publicJwk } from './keys.ts';

describe('a signing key', () => {
  it('is known by its RFC 7638 thumbprint, whatever else its JWK says', () => {
    // The P-256 key of RFC 7515, appendix A.3.1, and the JSON that RFC 7638 says to hash.
    const x = 'f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU';
    const y = 'x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0';
    const d = 'jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI';
    const canonical = `{"crv":"P-256","kty":"EC","x":"${x}","y":"${y}"}`;
    const key = parseSigningKey(JSON.stringify({ kty: 'EC', crv: 'P-256', x, y, d, kid: 'another', use: 'sig' }));
    expect(key.kid).toBe(createHash('sha256').update(canonical).digest('base64url'));
  });

  it('survives being written and read', () => {
    const key = generateSigningKey();
    const copy = parseSigningKey(JSON.stringify(privateJwk(key)));
    expect(privateJwk(copy)).toEqual(privateJwk(key));
  });

  it('shows no private part in its public JWK', () => {
    const jwk = publicJwk(generateSigningKey(), 'ledger');
    expect(Object.keys(jwk).sort()).toEqual(['alg', 'crv', 'kid', 'kty', 'service', 'use', 'x', 'y']);
    expect(jwk.service).toBe('ledger');
  });

  it.each([
    ['text that is not JSON', 'secret-ish text'],
    ['a list', '[]'],
    ['a public key', JSON.stringify(publicJwk(generateSigningKey()))],
    ['an RSA key', '{"kty":"RSA","n":"AQAB","e":"AQAB","d":"AQAB"}'],
    ['an empty object', '{}'],
  ])('is not read from %s, and the refusal does not repeat the text', (_what, text) => {
    expect(() => parseSigningKey(text)).toThrow(KeyError);
    expect(() => parseSigningKey(text)).not.toThrow(/secret-ish|AQAB/);
  });
});

describe('a JWKS', () => {
  it('is read back as it was made', () => {
    const jwks = { keys: [publicJwk(generateSigningKey(), 'payment'), publicJwk(generateSigningKey())] };
    expect(parseJwks(JSON.stringify(jwks))).toEqual(jwks);
  });

  it('must not contain a private key', () => {
    const text = JSON.stringify({ keys: [privateJwk(generateSigningKey())] });
    expect(() => parseJwks(text)).toThrow('keys[0] is a private key');
  });

  it.each([
    ['{}', 'needs a list "keys"'],
    ['{"keys":[3]}', 'keys[0] is not an object'],
    ['{"keys":[{"kty":"RSA"}]}', 'keys[0] is not a P-256 key'],
    ['{"keys":[{"kty":"EC","crv":"P-256","x":"AQ","y":"AQ"}]}', 'keys[0] has no "kid"'],
    ['{"keys":[{"kty":"EC","crv":"P-256","x":"AQ","y":"AQ","kid":"k"}]}', 'keys[0] is not a point of P-256'],
    ['{"keys":[{"kty":"EC","crv":"P-256","x":"AQ","y":"AQ","kid":"k","service":"mail"}]}', 'keys[0].service'],
  ])('%s is refused and says where it is wrong', (text, message) => {
    expect(() => parseJwks(text)).toThrow(KeyError);
    expect(() => parseJwks(text)).toThrow(message);
  });
});
