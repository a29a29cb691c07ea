import { currencyOf } from '@paygraph/money';
import { describe, expect, it } from 'vitest';
import type { RailInstruction } from '../instruction.ts';
import { schemaFaults } from '../testing/schema.ts';
import { writePain001 } from './pain001.ts';

const debtor = { name: 'Paygraph', iban: 'DE89370400440532013000', bic: 'COBADEFFXXX' };
const at = new Date('2026-11-21T10:15:30.123Z');
const instruction: RailInstruction = {
  direction: 'PAYOUT',
  reference: '6f9e4c1a-0b1d-4b6e-9a53-2c7d1e8f0a31',
  amount: { amount: 123_456n, currency: currencyOf('EUR') },
  counterparty: { type: 'BANK_ACCOUNT', iban: 'GB29NWBK60161331926819', bic: 'NWBKGB2L', name: 'Ben' },
  endToEndId: 'pay_01890a5d1c7e7f2b8c3d4e5f60718293',
  narrative: 'Invoice 7',
};
const schema = 'pain.001.001.03';

describe('a credit transfer', () => {
  it('is valid by the published schema', async () => {
    expect(await schemaFaults(writePain001(instruction, debtor, at), schema)).toEqual([]);
  });

  it.each([
    ['markup and quotes', { narrative: '<b>&amp;"\'</b>', name: 'A <b> & "C"' }],
    ['letters that banks do not take', { narrative: 'Größe — “gut” 你好 🎉', name: 'Łukasz Ångström-Müller' }],
    ['more than there is room for', { narrative: 'x'.repeat(500), name: 'y'.repeat(500) }],
    ['nothing to say', { narrative: '', name: '?' }],
  ])('with %s is still valid', async (_what, { narrative, name }) => {
    const counterparty = { type: 'BANK_ACCOUNT', iban: 'GB29NWBK60161331926819', bic: null, name } as const;
    const xml = writePain001({ ...instruction, narrative, counterparty }, debtor, at);
    expect(await schemaFaults(xml, schema)).toEqual([]);
    expect(xml).not.toMatch(/[^ -~]/);
  });

  it.each([
    ['JPY', 3917n, '3917'],
    ['KWD', 1n, '0.001'],
    ['EUR', 999_999_999_999_999_999n, '9999999999999999.99'],
  ])('of %s %s states the exact amount', async (code, amount, text) => {
    const xml = writePain001({ ...instruction, amount: { amount, currency: currencyOf(code) } }, debtor, at);
    expect(xml).toContain(`<InstdAmt Ccy="${code}">${text}</InstdAmt>`);
    expect(await schemaFaults(xml, schema)).toEqual([]);
  });

  it('is named by our reference, which comes back with everything that banks send', () => {
    const xml = writePain001(instruction, debtor, at);
    for (const element of ['MsgId', 'PmtInfId', 'InstrId', 'EndToEndId'])
      expect(xml).toContain(`<${element}>6f9e4c1a0b1d4b6e9a532c7d1e8f0a31</${element}>`);
    expect(xml).toContain('<Ustrd>pay 01890a5d1c7e7f2b8c3d4e5f60718293 Invoice 7</Ustrd>');
  });

  it('is found faulty by the schema when it is', async () => {
    const xml = writePain001(instruction, debtor, at).replace('<PmtMtd>TRF</PmtMtd>', '<PmtMtd>CASH</PmtMtd>');
    expect(await schemaFaults(xml, schema)).not.toEqual([]);
  });
});
