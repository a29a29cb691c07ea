import { formatAmount, type Money } from '@paygraph/money';
import { XMLBuilder, XMLParser, XMLValidator } from 'fast-xml-parser';
import { z } from 'zod';
import { amountIn } from '../amount.ts';
import type { Refusal } from '../behaviour.ts';
import type { Booking, Order } from '../books.ts';
import { credentials } from '../credentials.ts';
import type { NewOrder } from '../desk.ts';

/*
 * The bank's side of ISO 20022: it reads pain.001.001.03 and writes pain.002.001.03, camt.054.001.02 and camt.053.001.02.
 */

const options = { ignoreAttributes: false, attributeNamePrefix: '@' };
const parser = new XMLParser({ ...options, parseTagValue: false, parseAttributeValue: false });
const builder = new XMLBuilder({ ...options, suppressEmptyNode: true });

/** One transaction in one payment in one message is all that this bank takes. */
const pain001 = z.object({
  Document: z.object({
    '@xmlns': z.literal('urn:iso:std:iso:20022:tech:xsd:pain.001.001.03'),
    CstmrCdtTrfInitn: z.object({
      GrpHdr: z.object({ MsgId: z.string().min(1).max(35), NbOfTxs: z.literal('1') }),
      PmtInf: z.object({
        PmtInfId: z.string().min(1).max(35),
        PmtMtd: z.literal('TRF'),
        DbtrAcct: z.object({ Id: z.object({ IBAN: z.string() }) }),
        CdtTrfTxInf: z.object({
          PmtId: z.object({ InstrId: z.string().max(35), EndToEndId: z.string().max(35) }),
          Amt: z.object({ InstdAmt: z.object({ '#text': z.string(), '@Ccy': z.string() }) }),
          Cdtr: z.object({ Nm: z.string().min(1).max(70) }),
          CdtrAcct: z.object({ Id: z.object({ IBAN: z.string() }) }),
          RmtInf: z.object({ Ustrd: z.string().max(140) }).optional(),
        }),
      }),
    }),
  }),
});

/** What the bank takes for a transfer. */
const charge = 20n;

export function readTransfer(xml: string): NewOrder | undefined {
  if (XMLValidator.validate(xml) !== true) return undefined;
  const read = pain001.safeParse(parser.parse(xml));
  if (!read.success) return undefined;
  const { GrpHdr, PmtInf } = read.data.Document.CstmrCdtTrfInitn;
  const { PmtId, Amt, Cdtr, CdtrAcct, RmtInf } = PmtInf.CdtTrfTxInf;
  const amount = amountIn(Amt.InstdAmt['#text'], Amt.InstdAmt['@Ccy']);
  if (!amount || PmtInf.DbtrAcct.Id.IBAN !== credentials.bank.account.iban) return undefined;
  const details = {
    ...{ paymentId: PmtInf.PmtInfId, instructionId: PmtId.InstrId, endToEndId: PmtId.EndToEndId },
    ...{ name: Cdtr.Nm, remittance: RmtInf?.Ustrd ?? '' },
  };
  return { reference: GrpHdr.MsgId, direction: 'PAYOUT', amount, party: CdtrAcct.Id.IBAN, charge, details };
}

/** How an order stands, or that its message is a duplicate. */
export function writeReport(order: Order, messageId: string, at: Date, reason?: string): string {
  const { reference, details, state, refusal, railReference } = order;
  const code = reason ?? (state === 'FAILED' ? reasonOf(refusal) : undefined);
  const status =
    code === undefined ? { PENDING: 'ACSP', SUCCEEDED: 'ACSC', RETURNED: 'ACSC', FAILED: 'RJCT' }[state] : 'RJCT';
  return message('pain.002.001.03', {
    CstmrPmtStsRpt: {
      GrpHdr: { MsgId: messageId, CreDtTm: timeOf(at) },
      OrgnlGrpInfAndSts: { OrgnlMsgId: reference, OrgnlMsgNmId: 'pain.001.001.03', GrpSts: status },
      OrgnlPmtInfAndSts: {
        OrgnlPmtInfId: details.paymentId,
        TxInfAndSts: {
          ...{ OrgnlInstrId: details.instructionId, OrgnlEndToEndId: details.endToEndId, TxSts: status },
          ...(code !== undefined && { StsRsnInf: { Rsn: { Cd: code } } }),
          ...(status === 'ACSC' && { ChrgsInf: { Amt: money(chargeOf(order)), Pty: { FinInstnId: { BIC: ownBic } } } }),
          ...(code === undefined && { AcctSvcrRef: railReference }),
        },
      },
    },
  });
}

/** That a transfer was booked, or that it came back. */
export function writeBooking(order: Order, messageId: string, at: Date): string {
  return notification(messageId, at, bookingOf(order, at));
}

function bookingOf(order: Order, at: Date): object {
  const { amount, details, railReference, state, party } = order;
  const returned = state === 'RETURNED';
  const bankReference = returned ? `${railReference}R` : railReference;
  return {
    ...entryOf(amount, returned ? 'CRDT' : 'DBIT', at, bankReference, returned ? 'RRTN' : 'ESCT'),
    NtryDtls: {
      TxDtls: {
        Refs: { AcctSvcrRef: bankReference, InstrId: details.instructionId, EndToEndId: details.endToEndId },
        AmtDtls: { TxAmt: { Amt: money(amount) } },
        ...(!returned && { Chrgs: { Amt: money(chargeOf(order)) } }),
        RltdPties: { Cdtr: { Nm: details.name }, CdtrAcct: { Id: { IBAN: party } } },
        ...(details.remittance && { RmtInf: { Ustrd: details.remittance } }),
        ...(returned && { RtrInf: { Rsn: { Cd: reasonOf(order.refusal) } } }),
      },
    },
  };
}

/** Money that somebody sent us. */
export interface IncomingCredit {
  readonly amount: Money;
  readonly sender: string;
  readonly remittance: string;
  readonly bankReference: string;
}

export function writeCredit(credit: IncomingCredit, messageId: string, at: Date): string {
  return notification(messageId, at, creditOf(credit, at));
}

function creditOf({ amount, sender, remittance, bankReference }: IncomingCredit, at: Date): object {
  return {
    ...entryOf(amount, 'CRDT', at, bankReference, 'RCDT'),
    NtryDtls: {
      TxDtls: {
        Refs: { AcctSvcrRef: bankReference, EndToEndId: 'NOTPROVIDED' },
        AmtDtls: { TxAmt: { Amt: money(amount) } },
        RltdPties: { Dbtr: { Nm: sender } },
        RmtInf: { Ustrd: remittance },
      },
    },
  };
}

/** A page of what was booked on a day, with the balances as they are now. */
export interface StatementContent {
  readonly number: number;
  readonly isLast: boolean;
  readonly bookings: readonly Booking[];
  /** One per currency, at least one. */
  readonly balances: readonly Money[];
}

export function writeStatement(day: string, page: StatementContent, messageId: string, at: Date): string {
  const entries = page.bookings.map((one) => {
    const bookedAt = new Date(one.at);
    return 'order' in one ? bookingOf(one.order, bookedAt) : creditOf(one.credit, bookedAt);
  });
  return message('camt.053.001.02', {
    BkToCstmrStmt: {
      GrpHdr: {
        ...{ MsgId: messageId, CreDtTm: timeOf(at) },
        MsgPgntn: { PgNb: String(page.number), LastPgInd: String(page.isLast) },
      },
      Stmt: {
        ...{ Id: `STMT${day.replaceAll('-', '')}`, CreDtTm: timeOf(at) },
        Acct: { Id: { IBAN: credentials.bank.account.iban } },
        Bal: page.balances.map((balance) => ({
          Tp: { CdOrPrtry: { Cd: 'CLBD' } },
          Amt: money(magnitudeOf(balance)),
          CdtDbtInd: balance.amount < 0n ? 'DBIT' : 'CRDT',
          Dt: { Dt: day },
        })),
        Ntry: entries,
      },
    },
  });
}

function magnitudeOf({ amount, currency }: Money): Money {
  return { amount: amount < 0n ? -amount : amount, currency };
}

function notification(messageId: string, at: Date, entry: object): string {
  return message('camt.054.001.02', {
    BkToCstmrDbtCdtNtfctn: {
      GrpHdr: { MsgId: messageId, CreDtTm: timeOf(at) },
      Ntfctn: {
        ...{ Id: messageId, CreDtTm: timeOf(at) },
        Acct: { Id: { IBAN: credentials.bank.account.iban } },
        Ntry: entry,
      },
    },
  });
}

function entryOf(
  amount: Money,
  direction: 'CRDT' | 'DBIT',
  at: Date,
  bankReference: string,
  subFamily: string,
): object {
  const day = { Dt: at.toISOString().slice(0, 10) };
  const family = direction === 'DBIT' ? 'ICDT' : subFamily === 'RRTN' ? 'ICDT' : 'RCDT';
  return {
    ...{ Amt: money(amount), CdtDbtInd: direction, Sts: 'BOOK', BookgDt: day, ValDt: day, AcctSvcrRef: bankReference },
    BkTxCd: { Domn: { Cd: 'PMNT', Fmly: { Cd: family, SubFmlyCd: subFamily === 'RCDT' ? 'ESCT' : subFamily } } },
  };
}

const ownBic = credentials.bank.account.bic;

function chargeOf({ charge, amount: { currency } }: Order): Money {
  return { amount: charge, currency };
}

function money(amount: Money): object {
  return { '@Ccy': amount.currency, '#text': formatAmount(amount) };
}

function message(name: string, content: object): string {
  const xmlns = `urn:iso:std:iso:20022:tech:xsd:${name}`;
  return `<?xml version="1.0" encoding="UTF-8"?>${builder.build({ Document: { '@xmlns': xmlns, ...content } })}`;
}

function timeOf(at: Date): string {
  return at.toISOString().slice(0, 19);
}

function reasonOf(refusal: Refusal | null): string {
  switch (refusal) {
    case 'PARTY_UNKNOWN':
      return 'AC01';
    case 'PARTY_BLOCKED':
    case 'PARTY_DECLINED':
      return 'AC06';
    case 'FLOAT':
    case 'PARTY_FUNDS':
      return 'AM04';
    case 'LIMIT':
      return 'AM14';
    default:
      return 'AG01';
  }
}
