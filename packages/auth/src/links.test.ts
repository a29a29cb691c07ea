import { expect, it } from 'vitest';
import { generateSigningKey } from './keys.ts';
import { createLinks } from './links.ts';
import { createServiceTokenSigner } from './sign.ts';

const key = generateSigningKey();
const start = new Date('2026-11-21T12:00:00Z');

/** Links whose clock can be set. */
function links({ use = 'ledger-export', by = key } = {}) {
  const clock = { now: start };
  return { clock, ...createLinks({ key: by, use, lifetime: 300, now: () => clock.now }) };
}

it('a link gives what it was made for, until it runs out', () => {
  const { sign, read, clock } = links();
  const { token, expiresAt } = sign({ account: 'acc_1' });
  expect(expiresAt).toEqual(new Date('2026-11-21T12:05:00Z'));
  expect(read(token)).toEqual({ account: 'acc_1' });
  clock.now = new Date(expiresAt.getTime() - 1);
  expect(read(token)).toEqual({ account: 'acc_1' });
  clock.now = expiresAt;
  expect(read(token)).toBeUndefined();
});

it('a link that was altered, or made for another use or with another key, gives nothing', () => {
  const { token } = links().sign({ account: 'acc_1' });
  const [head = '', , signature = ''] = token.split('.');
  const forged = Buffer.from('{"link":{"account":"acc_2"},"aud":"ledger-export","exp":9999999999}').toString(
    'base64url',
  );
  const unsigned = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${forged}.`;
  for (const bad of [
    `${head}.${forged}.${signature}`,
    `${token}x`,
    token.slice(0, -1),
    unsigned,
    '',
    'x',
    'x'.repeat(10_000),
  ])
    expect(links().read(bad)).toBeUndefined();
  expect(links({ use: 'something-else' }).read(token)).toBeUndefined();
  expect(links({ by: generateSigningKey() }).read(token)).toBeUndefined();
});

it("a service's token is no link", () => {
  const token = createServiceTokenSigner({ service: 'ledger', key, now: () => start })('ledger', []);
  expect(links().read(token)).toBeUndefined();
});
