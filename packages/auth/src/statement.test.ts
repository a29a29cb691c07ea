import { describe, expect, it } from 'vitest';
import { createAuthenticator } from './authenticate.ts';
import { staticKeys } from './key-source.ts';
import { generateSigningKey, publicJwk } from './keys.ts';
import { createServiceTokenSigner } from './sign.ts';
import { readStatement, StatementError, signStatement, verifyStatement } from './statement.ts';

const key = generateSigningKey();
const other = generateSigningKey();
const keys = staticKeys({ keys: [publicJwk(key, 'ledger'), publicJwk(other, 'payment')] });
const signedAt = new Date('2026-09-29T12:00:00Z');
const given = { service: 'ledger', type: 'ledger-head', claims: { sequence: '7', previous: null }, signedAt } as const;
const expected = { service: 'ledger', type: 'ledger-head', keys } as const;

describe('a statement', () => {
  it('is read back as it was signed, years later', async () => {
    const statement = signStatement({ ...given, key });
    expect(await verifyStatement(statement, expected)).toEqual({ claims: given.claims, signedAt });
    expect(readStatement(statement, expected)).toEqual({ claims: given.claims, signedAt });
  });

  it('is not believed with any one character of it altered', async () => {
    const statement = signStatement({ ...given, key });
    // The last character of an encoding may have bits that say nothing.
    for (let at = 0; at < statement.length - 1; at += 1) {
      if (statement[at] === '.' || statement[at + 1] === '.') continue;
      const forged = statement.slice(0, at) + (statement[at] === 'A' ? 'B' : 'A') + statement.slice(at + 1);
      await expect(verifyStatement(forged, expected)).rejects.toThrow();
    }
  });

  it.each([
    ['signed by another service', signStatement({ ...given, service: 'payment', key: other })],
    ['signed with the key of another service', signStatement({ ...given, key: other })],
    ['signed with a key that nobody knows', signStatement({ ...given, key: generateSigningKey() })],
    ['of another type', signStatement({ ...given, type: 'receipt', key })],
    ['that is a token', createServiceTokenSigner({ service: 'ledger', key })('payment', ['any'])],
    ['that is nothing', 'nothing'],
  ])('%s is refused', async (_what, statement) => {
    await expect(verifyStatement(statement, expected)).rejects.toThrow(StatementError);
  });

  it('is no token', async () => {
    const authenticate = createAuthenticator({
      accessTokenKeys: staticKeys({ keys: [] }),
      serviceTokenKeys: keys,
      audience: 'payment',
      acceptedScopes: { ledger: ['any'] },
    });
    await expect(authenticate(`Bearer ${signStatement({ ...given, key })}`)).rejects.toThrow();
  });
});
