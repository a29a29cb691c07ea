import { newId } from '@paygraph/ids';
import { describe, expect, it } from 'vitest';
import { openDatabase } from '../database.ts';
import { codesOf, errorCode, useWallets } from '../testing/use-wallets.ts';

const the = useWallets();

describe('freezing', () => {
  it('stops a wallet in the ledger and here, until it is lifted', async () => {
    const { id } = await the.opened();
    const frozen = await the.freeze(id, 'OUT', the.ada, ' lost my phone ');
    expect(frozen.data.freezeWallet.wallet).toEqual({
      id,
      status: 'FROZEN_OUT',
      freeze: { direction: 'OUT', origin: 'OWNER', reason: 'lost my phone' },
    });
    expect(the.server.ledger.accounts.get(id)?.status).toBe('FROZEN_DEBIT');
    await the.freeze(id, 'BOTH', the.ada);
    expect(the.server.ledger.accounts.get(id)?.status).toBe('FROZEN');
    for (const _time of [1, 2]) {
      expect((await the.unfreeze(id, the.ada)).data.unfreezeWallet.wallet).toEqual({
        id,
        status: 'ACTIVE',
        freeze: null,
      });
      expect(the.server.ledger.accounts.get(id)?.status).toBe('OPEN');
    }
  });

  it('by an operator is for operators to lift', async () => {
    const { id } = await the.opened();
    await the.freeze(id, 'IN', the.ada);
    const taken = await the.freeze(id, 'BOTH', the.operator, 'court order');
    expect(taken.data.freezeWallet.wallet).toMatchObject({ freeze: { origin: 'OPERATOR', reason: 'court order' } });
    expect(codesOf((await the.freeze(id, 'IN', the.ada)).data.freezeWallet)).toEqual(['FROZEN_BY_OPERATOR']);
    expect(codesOf((await the.unfreeze(id, the.ada)).data.unfreezeWallet)).toEqual(['FROZEN_BY_OPERATOR']);
    expect(the.server.ledger.accounts.get(id)?.status).toBe('FROZEN');
    expect((await the.unfreeze(id, the.operator)).data.unfreezeWallet.wallet?.status).toBe('ACTIVE');
  });

  it("cannot be lifted by an operator in the operator's own wallet", async () => {
    const both = the.server.signIn('CUSTOMER', 'OPERATOR');
    const { id } = await the.opened('USD', both);
    await the.freeze(id, 'BOTH', the.operator);
    expect(codesOf((await the.unfreeze(id, both)).data.unfreezeWallet)).toEqual(['FROZEN_BY_OPERATOR']);
  });

  it("is not for somebody else's wallet, nor for one that is none, nor with too many words", async () => {
    const { id } = await the.opened();
    const stranger = the.server.signIn('CUSTOMER');
    expect(codesOf((await the.freeze(id, 'OUT', stranger)).data.freezeWallet)).toEqual(['WALLET_NOT_FOUND']);
    expect(codesOf((await the.unfreeze(id, stranger)).data.unfreezeWallet)).toEqual(['WALLET_NOT_FOUND']);
    expect(codesOf((await the.freeze(newId('wal'), 'OUT', the.operator)).data.freezeWallet)).toEqual([
      'WALLET_NOT_FOUND',
    ]);
    const wordy = await the.freeze(id, 'OUT', the.ada, 'x'.repeat(201));
    expect(wordy.data.freezeWallet.userErrors).toEqual([{ code: 'REASON_INVALID', field: ['input', 'reason'] }]);
    expect(errorCode(await the.freeze(id, 'OUT', the.server.signIn('ANALYST')))).toBe('FORBIDDEN');
    expect((await the.find(id, the.ada))?.status).toBe('ACTIVE');
  });

  it('is not for a closed wallet', async () => {
    const { id } = await the.opened();
    const database = openDatabase(the.server.migrationUrl);
    await database.wallet.update({ where: { id }, data: { status: 'CLOSED', slot: null } });
    await database.$disconnect();
    expect(codesOf((await the.freeze(id, 'OUT', the.ada)).data.freezeWallet)).toEqual(['WALLET_CLOSED']);
  });

  it('is not for a wallet whose account is closed', async () => {
    const { id } = await the.opened();
    const account = the.server.ledger.accounts.get(id);
    if (account) account.status = 'CLOSED';
    expect(codesOf((await the.freeze(id, 'OUT', the.ada)).data.freezeWallet)).toEqual(['WALLET_CLOSED']);
    expect((await the.find(id, the.ada))?.status).toBe('CLOSED');
  });

  it('changes nothing without the ledger, and is mended by asking again', async () => {
    const { id } = await the.opened();
    the.server.ledger.trouble = 'down';
    expect(errorCode(await the.freeze(id, 'OUT', the.ada))).toBe('SERVICE_UNAVAILABLE');
    the.server.ledger.trouble = 'answers lost';
    expect(errorCode(await the.freeze(id, 'OUT', the.ada))).toBe('SERVICE_UNAVAILABLE');
    expect((await the.find(id, the.ada))?.status).toBe('ACTIVE');
    expect(the.server.ledger.accounts.get(id)?.status).toBe('FROZEN_DEBIT');
    the.server.ledger.trouble = 'none';
    expect((await the.freeze(id, 'OUT', the.ada)).data.freezeWallet.wallet?.status).toBe('FROZEN_OUT');
  });

  it('takes turns: the ledger and the wallet end up with the same freeze', async () => {
    const { id } = await the.opened();
    the.server.ledger.overlap = 0;
    const directions = ['IN', 'OUT', 'BOTH'];
    await Promise.all(
      Array.from({ length: 15 }, (_, index) =>
        index % 4 === 3 ? the.unfreeze(id, the.operator) : the.freeze(id, directions[index % 3] ?? '', the.operator),
      ),
    );
    expect(the.server.ledger.overlap).toBe(1);
    const statuses: Record<string, string> = {
      OPEN: 'ACTIVE',
      FROZEN_CREDIT: 'FROZEN_IN',
      FROZEN_DEBIT: 'FROZEN_OUT',
      FROZEN: 'FROZEN',
    };
    const account = the.server.ledger.accounts.get(id)?.status ?? '';
    expect((await the.find(id, the.ada))?.status).toBe(statuses[account]);
  });

  it('goes on after somebody who crashed in the middle of it', async () => {
    const { id } = await the.opened();
    const database = openDatabase(the.server.migrationUrl);
    const leaseUntil = new Date(Date.now() - 1);
    await database.wallet.update({ where: { id }, data: { leaseUntil, leaseEpoch: 7 } });
    await database.$disconnect();
    expect((await the.freeze(id, 'OUT', the.ada)).data.freezeWallet.wallet?.status).toBe('FROZEN_OUT');
  });

  it('asks to try again while somebody else keeps the wallet', async () => {
    const { id } = await the.opened();
    const database = openDatabase(the.server.migrationUrl);
    await database.wallet.update({ where: { id }, data: { leaseUntil: new Date(Date.now() + 60_000) } });
    await database.$disconnect();
    expect(errorCode(await the.freeze(id, 'OUT', the.ada))).toBe('SERVICE_UNAVAILABLE');
  });
});
