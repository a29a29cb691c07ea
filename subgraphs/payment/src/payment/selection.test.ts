import { describe, expect, it } from 'vitest';
import { isImpossible, selectionFrom } from './selection.ts';

const own = { customerId: 'cus_1' };

describe('a filter of payments', () => {
  it('is read into exact amounts and normal forms', () => {
    const filter = {
      counterpartyHandle: '@Ben',
      amount: { currency: 'USD', min: '0', max: '12.3' },
      metadata: [],
    };
    expect(selectionFrom(filter, own)).toMatchObject({
      counterpartyHandle: 'ben',
      amount: { currency: 'USD', min: 0n, max: 1230n },
      metadata: undefined,
    });
    expect(selectionFrom(null, own)).toEqual({});
  });

  it.each([
    [{ amount: { currency: 'USD', min: '1.001' } }, ['filter', 'amount', 'min']],
    [{ amount: { currency: 'JPY', max: '0.5' } }, ['filter', 'amount', 'max']],
    [{ amount: { currency: 'XXY', max: '1' } }, ['filter', 'amount', 'currency']],
    [{ metadata: Array.from({ length: 6 }, () => ({ key: 'a', value: 'b' })) }, ['filter', 'metadata']],
    [{ rails: Array.from({ length: 51 }, () => 'book') }, ['filter', 'rails']],
  ])('is refused when it says %j', (filter, field) => {
    const read = () => selectionFrom(filter, own);
    expect(read).toThrow(expect.objectContaining({ extensions: { code: 'BAD_USER_INPUT', field } }));
  });

  it('may ask for other people’s payments only from staff, and for an other side only of somebody', () => {
    expect(() => selectionFrom({ customerId: 'cus_2' }, own)).toThrow(
      expect.objectContaining({ extensions: { code: 'FORBIDDEN' } }),
    );
    expect(selectionFrom({ customerId: 'cus_2', counterpartyHandle: 'ben' }, 'everybody')).toMatchObject({
      customerId: 'cus_2',
    });
    expect(() => selectionFrom({ counterpartyHandle: 'ben' }, 'everybody')).toThrow('goes with customerId');
  });

  it.each([
    { walletId: 'nobody’s' },
    { customerId: 'wal_0' },
    { reference: 'a\0b' },
    { rails: ['\ud800'] },
    { metadata: [{ key: 'a', value: '\0' }] },
  ])('%j is no payment’s', (selection) => {
    expect(isImpossible(selection)).toBe(true);
    expect(isImpossible({ reference: 'a', metadata: [{ key: '🦎', value: 'b' }] })).toBe(false);
  });
});
