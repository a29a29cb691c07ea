import { schemaDrift } from '@paygraph/database/testing';
import { describe, expect, it } from 'vitest';
import { codesOf, errorCode, openDocument, useWallets } from '../testing/use-wallets.ts';

const walletsDocument = `query ($first: Int, $after: String, $last: Int, $before: String) {
  wallets(first: $first, after: $after, last: $last, before: $before) {
    nodes { id label } pageInfo { hasNextPage hasPreviousPage endCursor }
  }
}`;

const the = useWallets();

describe('opening', () => {
  it('makes a wallet that its owner finds, with an account in the ledger', async () => {
    const { wallet, userErrors } = (await the.open({ currency: 'EUR', label: '  Holiday ' })).openWallet;
    expect(userErrors).toEqual([]);
    expect(wallet).toMatchObject({
      label: 'Holiday',
      currency: 'EUR',
      status: 'ACTIVE',
      freeze: null,
      owner: { id: the.ada.id },
      limits: {
        perPayment: { amount: '100.00', currency: 'EUR' },
        daily: { amount: '250.00' },
        dailyUsed: { amount: '0.00' },
        dailyRemaining: { amount: '250.00' },
      },
    });
    expect(await the.find(wallet?.id ?? '', the.ada)).toEqual(wallet);
    expect(the.server.ledger.accounts.get(wallet?.id ?? '')).toEqual({
      ownerId: the.ada.id,
      currency: 'EUR',
      status: 'OPEN',
      holdsMoney: false,
      ceiling: '1000.00',
    });
  });

  it('labels a wallet with its currency unless told otherwise', async () => {
    expect(await the.opened('JPY')).toMatchObject({ label: 'JPY', limits: { daily: { amount: '25000' } } });
  });

  it.each([
    [{ currency: 'KWD' }, ['CURRENCY_NOT_SUPPORTED']],
    [{ currency: 'USD', label: ' ' }, ['LABEL_INVALID']],
    [{ currency: 'USD', label: 'x'.repeat(61) }, ['LABEL_INVALID']],
    [{ currency: 'KWD', label: 'a\nb' }, ['CURRENCY_NOT_SUPPORTED', 'LABEL_INVALID']],
  ])('refuses %j', async (input, codes) => {
    expect(codesOf((await the.open(input)).openWallet)).toEqual(codes);
  });

  it('refuses what is no currency', async () => {
    expect(errorCode(await the.server.post(openDocument, { input: { currency: 'XXY' } }, the.ada.token))).toBe(
      'BAD_USER_INPUT',
    );
  });

  it('gives a person ten wallets in a currency, however many are opened at once', async () => {
    const answers = await Promise.all(Array.from({ length: 25 }, () => the.open({ currency: 'USD' })));
    const outcomes = answers.map(({ openWallet }) => openWallet);
    expect(outcomes.filter(({ wallet }) => wallet)).toHaveLength(10);
    expect(outcomes.flatMap(codesOf)).toEqual(Array(15).fill('TOO_MANY_WALLETS'));
    await the.opened('EUR');
    await the.opened('USD', the.server.signIn('CUSTOMER'));
  });

  it('makes no wallet without the ledger', async () => {
    for (const trouble of ['down', 'answers lost'] as const) {
      the.server.ledger.trouble = trouble;
      const answer = await the.server.post(openDocument, { input: { currency: 'USD' } }, the.ada.token);
      expect(errorCode(answer)).toBe('SERVICE_UNAVAILABLE');
    }
    the.server.ledger.trouble = 'none';
    expect((await the.server.post(walletsDocument, {}, the.ada.token)).data.wallets.nodes).toEqual([]);
    await the.opened();
  });

  it('needs a customer', async () => {
    const input = { currency: 'USD' };
    expect(errorCode(await the.server.post(openDocument, { input }))).toBe('UNAUTHENTICATED');
    expect(errorCode(await the.server.post(openDocument, { input }, the.operator.token))).toBe('FORBIDDEN');
  });
});

it('writes none of its owners’ words to the log', async () => {
  const { wallet } = (await the.open({ currency: 'EUR', label: 'Secret savings' })).openWallet;
  await the.freeze(wallet?.id ?? '', 'OUT', the.ada, 'my own business');
  expect(the.server.log()).toContain('answered');
  expect(the.server.log()).not.toContain('Secret savings');
  expect(the.server.log()).not.toContain('my own business');
  expect(the.server.log()).not.toContain(the.ada.token);
});

it('has the tables that its Prisma schema says', async () => {
  expect(await schemaDrift('wallet')).toBe('');
});
