import { describe, expect, it } from 'vitest';
import type { Person } from '../testing/server.ts';
import { codesOf, useWallets } from '../testing/use-wallets.ts';

const closeDocument = `mutation ($walletId: ID!) {
  closeWallet(input: { walletId: $walletId }) { wallet { id status freeze { origin } } userErrors { code field } }
}`;

const the = useWallets();

describe('closing', () => {
  const close = (walletId: string, person: Person) => the.server.post(closeDocument, { walletId }, person.token);
  const codesOfClosing = async (walletId: string, person: Person) =>
    codesOf((await close(walletId, person)).data.closeWallet);

  it('is for good, in the ledger first, and may be repeated', async () => {
    const { id } = await the.opened();
    await the.freeze(id, 'IN', the.ada);
    for (const _time of [1, 2])
      expect((await close(id, the.ada)).data.closeWallet).toEqual({
        wallet: { id, status: 'CLOSED', freeze: null },
        userErrors: [],
      });
    expect(the.server.ledger.accounts.get(id)?.status).toBe('CLOSED');
    expect(codesOf((await the.freeze(id, 'IN', the.ada)).data.freezeWallet)).toEqual(['WALLET_CLOSED']);
  });

  it('is for a wallet at zero', async () => {
    const { id } = await the.opened();
    const account = the.server.ledger.accounts.get(id);
    if (account) account.holdsMoney = true;
    expect(await codesOfClosing(id, the.ada)).toEqual(['WALLET_NOT_EMPTY']);
    expect((await the.find(id, the.ada))?.status).toBe('ACTIVE');
  });

  it('is the owner’s alone, and not while an operator has frozen the wallet', async () => {
    const { id } = await the.opened();
    for (const stranger of [the.operator, the.server.signIn('CUSTOMER')]) {
      const [code] = [(await close(id, stranger)).data?.closeWallet?.userErrors[0]?.code ?? 'FORBIDDEN'];
      expect(['WALLET_NOT_FOUND', 'FORBIDDEN']).toContain(code);
    }
    await the.freeze(id, 'OUT', the.operator);
    expect(await codesOfClosing(id, the.ada)).toEqual(['FROZEN_BY_OPERATOR']);
  });

  it('is made good by asking again when the ledger’s answer was lost, or by whoever tries to freeze', async () => {
    const [first, second] = [await the.opened(), await the.opened()];
    the.server.ledger.trouble = 'answers lost';
    for (const { id } of [first, second]) expect((await close(id, the.ada)).errors).toHaveLength(1);
    the.server.ledger.trouble = 'none';
    expect((await the.find(first.id, the.ada))?.status).toBe('ACTIVE');
    expect((await close(first.id, the.ada)).data.closeWallet.wallet?.status).toBe('CLOSED');
    expect(codesOf((await the.freeze(second.id, 'IN', the.ada)).data.freezeWallet)).toEqual(['WALLET_CLOSED']);
    expect((await the.find(second.id, the.ada))?.status).toBe('CLOSED');
  });

  it('makes room for another wallet', async () => {
    const wallets = await Promise.all(Array.from({ length: 10 }, () => the.opened('JPY')));
    expect(codesOf((await the.open({ currency: 'JPY' })).openWallet)).toEqual(['TOO_MANY_WALLETS']);
    await close(wallets[4]?.id ?? '', the.ada);
    expect((await the.open({ currency: 'JPY' })).openWallet.wallet).not.toBeNull();
  });
});
