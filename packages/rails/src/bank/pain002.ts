import { z } from 'zod';
import type { Accepted, Confirmed, RefusedByRail } from '../outcome.ts';
import { expandReference } from '../reference.ts';
import { chargeOf, statedCharge } from './charges.ts';
import { refusalOf } from './reasons.ts';
import { readMessage } from './xml.ts';

const reason = z.object({
  Rsn: z.object({ Cd: z.string().optional(), Prtry: z.string().optional() }).optional(),
  AddtlInf: z.array(z.string()).optional(),
});
const transaction = z.object({
  OrgnlEndToEndId: z.string().optional(),
  TxSts: z.string().optional(),
  StsRsnInf: z.array(reason).optional(),
  ChrgsInf: z.array(statedCharge).optional(),
  AcctSvcrRef: z.string().optional(),
});
const report = z.object({
  CstmrPmtStsRpt: z.object({
    GrpHdr: z.object({ MsgId: z.string() }),
    OrgnlGrpInfAndSts: z.object({
      OrgnlMsgId: z.string(),
      GrpSts: z.string().optional(),
      StsRsnInf: z.array(reason).optional(),
    }),
    OrgnlPmtInfAndSts: z
      .array(
        z.object({
          PmtInfSts: z.string().optional(),
          StsRsnInf: z.array(reason).optional(),
          TxInfAndSts: z.array(transaction).optional(),
        }),
      )
      .optional(),
  }),
});

/** What a bank says of one transaction of ours. */
export interface ReportedStatus {
  readonly reference: string;
  readonly news: Accepted | Confirmed | RefusedByRail;
}

export interface StatusReport {
  readonly messageId: string;
  readonly statuses: readonly ReportedStatus[];
}

type Transaction = z.output<typeof transaction>;
type Reason = z.output<typeof reason>;

/**
 * Reads a CustomerPaymentStatusReport of any version. Our messages hold one transaction, so where the bank speaks only of
 * the message or the payment, that is the transaction's status. Undefined when it cannot be read.
 */
export function readPain002(xml: string): StatusReport | undefined {
  const message = readMessage(xml, 'pain.002', report);
  if (!message) return undefined;
  const { GrpHdr, OrgnlGrpInfAndSts: group, OrgnlPmtInfAndSts: payments = [{}] } = message.content.CstmrPmtStsRpt;
  const stated = payments.flatMap(({ PmtInfSts, StsRsnInf, TxInfAndSts = [{}] }) =>
    TxInfAndSts.map((one): Transaction => {
      const status = one.TxSts ?? PmtInfSts ?? group.GrpSts;
      const reasons = one.StsRsnInf ?? StsRsnInf ?? group.StsRsnInf;
      return { ...one, OrgnlEndToEndId: one.OrgnlEndToEndId ?? group.OrgnlMsgId, TxSts: status, StsRsnInf: reasons };
    }),
  );
  return { messageId: GrpHdr.MsgId, statuses: stated.flatMap(statusOf) };
}

function statusOf(stated: Transaction): ReportedStatus[] {
  const reference = expandReference(stated.OrgnlEndToEndId ?? '');
  const news = newsOf(stated);
  return reference !== undefined && news ? [{ reference, news }] : [];
}

/** ISO 20022 ExternalPaymentTransactionStatus1Code. A status that we do not know tells nothing. */
function newsOf(stated: Transaction): ReportedStatus['news'] | undefined {
  const { TxSts: status, StsRsnInf: reasons = [], ChrgsInf: charges = [], AcctSvcrRef: railReference = null } = stated;
  switch (status) {
    // Settled on our account, and with ACCC on the creditor's too.
    case 'ACSC':
    case 'ACCC':
      return { kind: 'CONFIRMED', railReference, amount: null, charge: chargeOf(charges) };
    case 'RJCT':
    case 'CANC': {
      const railCode = reasons.map(codeOf).find((code) => code !== undefined) ?? status;
      return { kind: 'REFUSED', code: refusalOf(railCode), railCode };
    }
    case 'RCVD':
    case 'PDNG':
    case 'PART':
    case 'ACTC':
    case 'ACCP':
    case 'ACSP':
    case 'ACWC':
    case 'ACWP':
      return { kind: 'ACCEPTED', railReference };
    default:
      return undefined;
  }
}

function codeOf({ Rsn }: Reason): string | undefined {
  return Rsn?.Cd ?? Rsn?.Prtry;
}
