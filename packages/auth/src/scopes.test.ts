import { describe, expect, it } from 'vitest';
import { anonymous, hasScopes, type Principal } from './principal.ts';
import { isScope, scopesOf, serviceScopes } from './scopes.ts';

const words = (text: string) => text.split(' ').sort();

describe('the scopes of a role', () => {
  it('let a customer read and write their own, and no one else’s', () => {
    expect(scopesOf(['CUSTOMER'])).toEqual(
      words('profile:read profile:write wallet:read wallet:write ledger:read payment:read payment:write forex:read'),
    );
  });

  it('let an analyst read their own, read others’ payments, wallets and profiles, and review risk', () => {
    expect(scopesOf(['ANALYST'])).toEqual(
      words(
        'profile:read wallet:read ledger:read payment:read forex:read risk:read:any risk:review:any payment:read:any wallet:read:any profile:read:any',
      ),
    );
  });

  it('let an operator read everything, freeze wallets, record deposits and cancel payments', () => {
    expect(scopesOf(['OPERATOR'])).toEqual(
      words(
        'profile:read wallet:read ledger:read payment:read forex:read profile:read:any profile:tier:any wallet:read:any wallet:freeze:any ledger:read:any payment:read:any payment:deposit:any payment:cancel:any payment:capture:any payment:refund:any payment:retry:any payment:decide:any payment:suspense:any payment:settle:any risk:read:any',
      ),
    );
  });

  it('add up over roles without repetition, and never hold what only services may do', () => {
    const all = scopesOf(['CUSTOMER', 'ANALYST', 'OPERATOR']);
    expect(new Set(all).size).toBe(all.length);
    expect(all).toEqual(expect.arrayContaining(['payment:write', 'risk:review:any', 'payment:deposit:any']));
    for (const scope of serviceScopes) expect(all).not.toContain(scope);
  });
});

describe('a scope', () => {
  it('is one that a role gives or a service may ask for', () => {
    expect(['wallet:read', 'risk:review:any', 'ledger:post'].every(isScope)).toBe(true);
    expect(['wallet:raed', 'wallet', '', 'ledger:post:any'].some(isScope)).toBe(false);
  });
});

describe('holding scopes', () => {
  const holder = (...scopes: string[]): Principal => ({
    kind: 'customer',
    id: 'cus_1',
    sessionId: 'ses_1',
    roles: [],
    scopes: new Set(scopes),
    expiresAt: new Date(),
  });

  it('reads the outer list as OR and the inner lists as AND', () => {
    expect(hasScopes(holder('a'), [['a', 'b'], ['c']])).toBe(false);
    expect(hasScopes(holder('a', 'b'), [['a', 'b'], ['c']])).toBe(true);
    expect(hasScopes(holder('c'), [['a', 'b'], ['c']])).toBe(true);
  });

  it('is nobody’s when there is no alternative, and never an anonymous caller’s', () => {
    expect(hasScopes(holder('a'), [])).toBe(false);
    expect(hasScopes(anonymous, [['a']])).toBe(false);
    expect(hasScopes(anonymous, [[]])).toBe(false);
  });
});
