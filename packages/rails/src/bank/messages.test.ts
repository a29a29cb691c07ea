import { currencyOf } from '@paygraph/money';
import { describe, expect, it } from 'vitest';
import { readCamt053 } from './camt053.ts';
import { readCamt054 } from './camt054.ts';
import { readPain002 } from './pain002.ts';

const reference = '6f9e4c1a-0b1d-4b6e-9a53-2c7d1e8f0a31';
const id = reference.replaceAll('-', '');
const eur = currencyOf('EUR');

function report(group: string, payments = '', version = '03'): string {
  return `<?xml version="1.0"?><Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.002.001.${version}"><CstmrPmtStsRpt>
    <GrpHdr><MsgId>B1</MsgId><CreDtTm>2026-11-21T10:00:00</CreDtTm></GrpHdr>
    <OrgnlGrpInfAndSts><OrgnlMsgId>${id}</OrgnlMsgId><OrgnlMsgNmId>pain.001.001.03</OrgnlMsgNmId>${group}</OrgnlGrpInfAndSts>
    ${payments}</CstmrPmtStsRpt></Document>`;
}
const transaction = (status: string, more = '') =>
  `<OrgnlPmtInfAndSts><OrgnlPmtInfId>${id}</OrgnlPmtInfId><TxInfAndSts><OrgnlEndToEndId>${id}</OrgnlEndToEndId><TxSts>${status}</TxSts>${more}</TxInfAndSts></OrgnlPmtInfAndSts>`;
const because = (code: string) => `<StsRsnInf><Rsn><Cd>${code}</Cd></Rsn><AddtlInf>said so</AddtlInf></StsRsnInf>`;

describe('a status report', () => {
  it.each([
    [
      'on the transaction',
      report('', transaction('ACSC', '<AcctSvcrRef>BK1</AcctSvcrRef>')),
      { kind: 'CONFIRMED', railReference: 'BK1' },
    ],
    [
      'that comes before the group',
      report('<GrpSts>PART</GrpSts>', transaction('RJCT', because('AC04'))),
      { kind: 'REFUSED', code: 'COUNTERPARTY_UNAVAILABLE', railCode: 'AC04' },
    ],
    [
      'on the whole message',
      report(`<GrpSts>RJCT</GrpSts>${because('FF01')}`),
      { kind: 'REFUSED', code: 'NOT_ALLOWED', railCode: 'FF01' },
    ],
    [
      'on the payment',
      report(
        '',
        `<OrgnlPmtInfAndSts><OrgnlPmtInfId>${id}</OrgnlPmtInfId><PmtInfSts>ACTC</PmtInfSts></OrgnlPmtInfAndSts>`,
      ),
      { kind: 'ACCEPTED' },
    ],
    ['of a later version', report('', transaction('ACCC'), '10'), { kind: 'CONFIRMED' }],
    ['that is still pending', report('', transaction('PDNG')), { kind: 'ACCEPTED' }],
  ])('%s is read', (_what, xml, news) => {
    expect(readPain002(xml)?.statuses).toMatchObject([{ reference, news }]);
  });

  it('tells what the bank took for it', () => {
    const charges =
      '<ChrgsInf><Amt Ccy="EUR">0.20</Amt><Pty><FinInstnId><BIC>COBADEFF</BIC></FinInstnId></Pty></ChrgsInf>';
    const [status] = readPain002(report('', transaction('ACSC', charges)))?.statuses ?? [];
    expect(status?.news).toMatchObject({ kind: 'CONFIRMED', charge: { amount: 20n, currency: eur } });
  });

  it('is read with prefixes too', () => {
    const xml = report('', transaction('ACSC'))
      .replace(/<(\/?)([A-Z])/g, '<$1p:$2')
      .replace('xmlns=', 'xmlns:p=');
    expect(readPain002(xml)?.statuses).toMatchObject([{ reference, news: { kind: 'CONFIRMED' } }]);
  });

  it('tells nothing by a status that we do not know, or of what is not ours', () => {
    expect(readPain002(report('', transaction('XXXX')))?.statuses).toEqual([]);
    expect(readPain002(report('', transaction('ACSC').replaceAll(id, 'OTHER')))?.statuses).toEqual([]);
  });

  it.each([
    ['another message', report('').replaceAll('pain.002', 'pain.008')],
    ['no XML', 'so sorry'],
    ['cut off', report('').slice(0, -20)],
    ['with entities of its own', report('').replace('<Document', '<!DOCTYPE d [<!ENTITY x "y">]><Document')],
  ])('is not read from %s', (_what, xml) => {
    expect(readPain002(xml)).toBeUndefined();
  });
});

function notification(entry: string, version = '02'): string {
  return `<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.054.001.${version}"><BkToCstmrDbtCdtNtfctn><GrpHdr><MsgId>N1</MsgId>
    <CreDtTm>2026-11-21T10:00:00</CreDtTm></GrpHdr><Ntfctn><Id>N1</Id>${entry}</Ntfctn></BkToCstmrDbtCdtNtfctn></Document>`;
}
const entry = (direction: string, details: string, status = 'BOOK', amount = '12.30') =>
  `<Ntry><Amt Ccy="EUR">${amount}</Amt><CdtDbtInd>${direction}</CdtDbtInd><Sts>${status}</Sts><AcctSvcrRef>BK1</AcctSvcrRef><NtryDtls><TxDtls>${details}</TxDtls></NtryDtls></Ntry>`;
const ours = `<Refs><EndToEndId>${id}</EndToEndId></Refs>`;

describe('a notification', () => {
  it('of a debit confirms a transfer of ours, with what the bank took for it', () => {
    const charges = '<Chrgs><Amt Ccy="EUR">0.20</Amt></Chrgs><Chrgs><Amt Ccy="EUR">0.05</Amt></Chrgs>';
    expect(readCamt054(notification(entry('DBIT', `${ours}${charges}`)))).toEqual([
      {
        ...{ kind: 'ATTEMPT', eventId: 'camt.054/BK1/DBIT', reference },
        news: {
          ...{ kind: 'CONFIRMED', railReference: 'BK1' },
          ...{ amount: { amount: 1_230n, currency: eur }, charge: { amount: 25n, currency: eur } },
        },
      },
    ]);
  });

  it('of a credit with a reason of return says that ours came back', () => {
    const returned = '<RtrInf><Rsn><Cd>AC04</Cd></Rsn></RtrInf>';
    expect(readCamt054(notification(entry('CRDT', `${ours}${returned}`)))).toMatchObject([
      {
        kind: 'ATTEMPT',
        reference,
        news: { kind: 'RETURNED', railCode: 'AC04', amount: { amount: 1_230n, currency: eur } },
      },
    ]);
  });

  it.each([
    ['02', '<Dbtr><Nm>Ada</Nm></Dbtr>', 'BOOK'],
    ['08', '<Dbtr><Pty><Nm>Ada</Nm></Pty></Dbtr>', '<Cd>BOOK</Cd>'],
  ])('of any other credit, in version %s, is money that came in', (version, party, status) => {
    const details = `<RltdPties>${party}</RltdPties><RmtInf><Ustrd>for pay_1</Ustrd><Ustrd>and more</Ustrd></RmtInf>`;
    expect(readCamt054(notification(entry('CRDT', details, status), version))).toEqual([
      {
        ...{ kind: 'CREDIT', eventId: 'camt.054/BK1/CRDT', amount: { amount: 1_230n, currency: eur } },
        ...{ railReference: 'BK1', remittance: 'for pay_1 and more', senderName: 'Ada' },
      },
    ]);
  });

  describe('of a batch', () => {
    const part = (amount: string, references = '') =>
      `<TxDtls>${references && `<Refs>${references}</Refs>`}<AmtDtls><TxAmt><Amt Ccy="EUR">${amount}</Amt></TxAmt></AmtDtls></TxDtls>`;
    const batch = (parts: string) =>
      notification(entry('CRDT', '').replace('<TxDtls></TxDtls>', parts).replace('12.30', '6.00'));
    const named = (reference: string) => `<AcctSvcrRef>${reference}</AcctSvcrRef>`;

    it.each([
      ['that has one reference for all', part('1.00') + part('2.00') + part('3.00')],
      ['that repeats its reference', part('1.00', named('BK1')) + part('2.00', named('BK1')) + part('3.00')],
    ])('%s has each of its credits apart', (_what, parts) => {
      expect(readCamt054(batch(parts))).toMatchObject([
        { eventId: 'camt.054/BK1/0/CRDT', railReference: 'BK1/0', amount: { amount: 100n } },
        { eventId: 'camt.054/BK1/1/CRDT', railReference: 'BK1/1', amount: { amount: 200n } },
        { eventId: 'camt.054/BK1/2/CRDT', railReference: 'BK1/2', amount: { amount: 300n } },
      ]);
    });

    it('is told by the references of its credits where they have their own', () => {
      expect(readCamt054(batch(part('1.00', named('T1')) + part('5.00', '<TxId>T2</TxId>')))).toMatchObject([
        { eventId: 'camt.054/T1/CRDT', railReference: 'T1' },
        { eventId: 'camt.054/T2/CRDT', railReference: 'T2' },
      ]);
    });

    it('is not read when it does not say what each of them is', () => {
      expect(readCamt054(batch(`${part('1.00')}<TxDtls><Refs><TxId>T2</TxId></Refs></TxDtls>`))).toBeUndefined();
    });
  });

  it('counts what is booked only, and debits of ours only', () => {
    expect(
      readCamt054(
        notification(entry('DBIT', ours, 'PDNG') + entry('DBIT', '<Refs><EndToEndId>FEE</EndToEndId></Refs>')),
      ),
    ).toEqual([]);
  });

  it.each(['1.234', '-1.00', '1e3', ''])('with the amount %j is not read at all', (amount) => {
    expect(readCamt054(notification(entry('DBIT', ours, 'BOOK', amount)))).toBeUndefined();
  });
});

describe('a statement', () => {
  const statement = (entries: string, page = '') =>
    `<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt><GrpHdr><MsgId>S1</MsgId>
      <CreDtTm>2026-11-21T10:00:00</CreDtTm>${page}</GrpHdr><Stmt><Id>S1</Id>${entries}</Stmt></BkToCstmrStmt></Document>`;
  const page = (last: boolean) => `<MsgPgntn><PgNb>1</PgNb><LastPgInd>${last}</LastPgInd></MsgPgntn>`;

  it('tells what notifications of its entries would have told, under the same ids', () => {
    const entries = entry('DBIT', ours) + entry('CRDT', `${ours}<RtrInf><Rsn><Cd>AC04</Cd></Rsn></RtrInf>`);
    expect(readCamt053(statement(entries))).toEqual({ events: readCamt054(notification(entries)), isLast: true });
  });

  it('says whether another page follows', () => {
    expect(readCamt053(statement('', page(false)))?.isLast).toBe(false);
    expect(readCamt053(statement('', page(true)))?.isLast).toBe(true);
  });

  it('does not tell of money that a notification may have told of under no name of the bank', () => {
    const nameless = entry('CRDT', '<RmtInf><Ustrd>rent</Ustrd></RmtInf>').replace(
      '<AcctSvcrRef>BK1</AcctSvcrRef>',
      '',
    );
    expect(readCamt054(notification(nameless))).toHaveLength(1);
    expect(readCamt053(statement(nameless))?.events).toEqual([]);
  });

  it('is not read from a notification, nor with an amount that is none', () => {
    expect(readCamt053(notification(entry('DBIT', ours)))).toBeUndefined();
    expect(readCamt053(statement(entry('DBIT', ours, 'BOOK', '1.234')))).toBeUndefined();
  });
});
