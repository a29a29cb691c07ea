import { describe, expect, it } from 'vitest';
import { accountStatusUnder, directionOf, refusalOfChange, statusUnder } from './freeze.ts';
import type { FreezeOrigin, Wallet } from './wallet.ts';

const frozenBy = (origin: FreezeOrigin): Pick<Wallet, 'status' | 'freeze'> => ({
  status: 'FROZEN_OUT',
  freeze: { direction: 'OUT', origin, reason: null, at: new Date(0) },
});
const active: Pick<Wallet, 'status' | 'freeze'> = { status: 'ACTIVE', freeze: null };
const closed: Pick<Wallet, 'status' | 'freeze'> = { status: 'CLOSED', freeze: null };

describe('a freeze', () => {
  it('stops what would debit the account when nothing may go out, and what would credit it when nothing may come in', () => {
    expect(accountStatusUnder).toEqual({ OUT: 'FROZEN_DEBIT', IN: 'FROZEN_CREDIT', BOTH: 'FROZEN' });
  });

  it('has a status of its own for each direction', () => {
    for (const direction of ['IN', 'OUT', 'BOTH'] as const) expect(directionOf(statusUnder[direction])).toBe(direction);
    expect(directionOf('ACTIVE')).toBeUndefined();
    expect(directionOf('CLOSED')).toBeUndefined();
  });

  it.each([
    ['an active wallet', active, 'OWNER', undefined],
    ['an active wallet', active, 'OPERATOR', undefined],
    ["an owner's freeze", frozenBy('OWNER'), 'OWNER', undefined],
    ["an owner's freeze", frozenBy('OWNER'), 'OPERATOR', undefined],
    ["an operator's freeze", frozenBy('OPERATOR'), 'OWNER', 'FROZEN_BY_OPERATOR'],
    ["an operator's freeze", frozenBy('OPERATOR'), 'OPERATOR', undefined],
    ['a closed wallet', closed, 'OWNER', 'WALLET_CLOSED'],
    ['a closed wallet', closed, 'OPERATOR', 'WALLET_CLOSED'],
  ] as const)('of %s, changed by its %3$s: %4$s', (_name, wallet, by, refusal) => {
    expect(refusalOfChange(wallet, by)).toBe(refusal);
  });
});
