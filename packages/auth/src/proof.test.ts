import { describe, expect, it } from 'vitest';
import { generateSigningKey, type Jwks, publicJwk } from './keys.ts';
import { createProofVerifier, createProver, type Proven } from './proof.ts';

const keys = { gateway: generateSigningKey(), ledger: generateSigningKey(), wallet: generateSigningKey() };
const jwks: Jwks = { keys: Object.entries(keys).map(([name, key]) => publicJwk(key, name as keyof typeof keys)) };
const request: Proven = { requestId: 'req_1', authorization: 'Bearer abc', body: '{"query":"{ balance }"}' };
let clock = Date.parse('2026-09-29T12:00:00Z');
const now = () => clock;
const prover = (key = keys.gateway, service: 'ledger' | 'wallet' = 'ledger') =>
  createProver({ key, jwks, service, now });
const verifier = (service: 'ledger' | 'wallet' = 'ledger') =>
  createProofVerifier({ key: keys[service], jwks, service, now });

describe('a proof of the gateway', () => {
  it('is good at the service it is for, once', () => {
    const verify = verifier();
    const proof = prover()(request);
    expect(verify(proof, request)).toBe(true);
    expect(verify(proof, request)).toBe(false);
  });

  it('is another one for the same request again', () => {
    const [prove, verify] = [prover(), verifier()];
    expect([verify(prove(request), request), verify(prove(request), request)]).toEqual([true, true]);
  });

  it('is good in the name of nobody, and of nobody only', () => {
    const nobody = { ...request, authorization: undefined };
    expect(verifier()(prover()(nobody), nobody)).toBe(true);
    expect(verifier()(prover()(nobody), request)).toBe(false);
    expect(verifier()(prover()(request), nobody)).toBe(false);
  });

  it.each<[string, Partial<Proven>]>([
    ['body', { body: '{"query":"{ balance  }"}' }],
    ['token', { authorization: 'Bearer abd' }],
    ['request', { requestId: 'req_2' }],
  ])('is not good for another %s', (_what, other) => {
    expect(verifier()(prover()(request), { ...request, ...other })).toBe(false);
  });

  it('is not good at another service', () => {
    expect(verifier('wallet')(prover()(request), request)).toBe(false);
  });

  it('is made by no service, and by no stranger', () => {
    for (const key of [keys.wallet, generateSigningKey()])
      expect(verifier()(prover(key)(request), request)).toBe(false);
    const [, ...rest] = prover(keys.wallet)(request).split('.');
    expect(verifier()([keys.gateway.kid, ...rest].join('.'), request)).toBe(false);
  });

  it('is good for half a minute, whatever the clocks say within 5 seconds', () => {
    const begin = clock;
    const proof = prover()(request);
    for (const [seconds, isGood] of [
      [-6, false],
      [-4, true],
      [34, true],
      [36, false],
    ] as const) {
      clock = begin + seconds * 1000;
      expect(verifier()(proof, request)).toBe(isGood);
    }
    clock = begin;
  });

  it('is remembered for as long as it is good', () => {
    const begin = clock;
    const [prove, verify] = [prover(), verifier()];
    const proof = prove(request);
    expect(verify(proof, request)).toBe(true);
    for (let second = 1; second <= 34; second += 1) {
      clock = begin + second * 1000;
      expect(verify(prove(request), request)).toBe(true);
      expect(verify(proof, request)).toBe(false);
    }
    clock = begin;
  });

  it.each([undefined, '', 'x', 'a.b.c.d', `${keys.gateway.kid}.1e9.x.${'A'.repeat(43)}`])('is not %j', (proof) => {
    expect(verifier()(proof, request)).toBe(false);
  });

  it('needs the public keys of both', () => {
    const only = (name: keyof typeof keys): Jwks => ({ keys: [publicJwk(keys[name], name)] });
    expect(() => createProver({ key: keys.gateway, jwks: only('gateway'), service: 'ledger' })).toThrow('of ledger');
    expect(() => createProofVerifier({ key: keys.ledger, jwks: only('ledger'), service: 'ledger' })).toThrow('gateway');
  });
});
