import { formatAmount } from '@paygraph/money';
import type { RailInstruction } from '../instruction.ts';
import { compactReference } from '../reference.ts';
import { plainText, writeMessage } from './xml.ts';

/** Our own account with the bank, which is debited. */
export interface DebtorAccount {
  readonly name: string;
  readonly iban: string;
  readonly bic: string;
}

/** The version of the message that every bank takes (CGI-MP, EPC until 2025). */
export const pain001 = 'pain.001.001.03';

/**
 * A credit transfer as ISO 20022 CustomerCreditTransferInitiation: one message of one payment of one transaction, all
 * three named by our reference without dashes (32 of the 35 characters that identifiers have). The end-to-end reference
 * is the attempt's, because it alone comes back with everything that banks send; the payment's own id stands in the text.
 */
export function writePain001(instruction: RailInstruction, debtor: DebtorAccount, at: Date): string {
  const { amount, counterparty, narrative, endToEndId } = instruction;
  if (counterparty.type !== 'BANK_ACCOUNT') throw new TypeError('The bank carries to bank accounts only');
  const id = compactReference(instruction.reference);
  const text = formatAmount(amount);
  const { iban, bic, name } = counterparty;
  return writeMessage(pain001, {
    CstmrCdtTrfInitn: {
      GrpHdr: {
        ...{ MsgId: id, CreDtTm: at.toISOString().slice(0, 19), NbOfTxs: '1', CtrlSum: text },
        InitgPty: { Nm: plainText(debtor.name, 70) },
      },
      PmtInf: {
        ...{ PmtInfId: id, PmtMtd: 'TRF', NbOfTxs: '1', CtrlSum: text },
        ReqdExctnDt: at.toISOString().slice(0, 10),
        Dbtr: { Nm: plainText(debtor.name, 70) },
        DbtrAcct: { Id: { IBAN: debtor.iban } },
        DbtrAgt: { FinInstnId: { BIC: debtor.bic } },
        ChrgBr: 'SLEV',
        CdtTrfTxInf: {
          PmtId: { InstrId: id, EndToEndId: id },
          Amt: { InstdAmt: { '@Ccy': amount.currency, '#text': text } },
          ...(bic !== null && { CdtrAgt: { FinInstnId: { BIC: bic } } }),
          Cdtr: { Nm: plainText(name, 70) },
          CdtrAcct: { Id: { IBAN: iban } },
          RmtInf: { Ustrd: plainText(`${endToEndId.replaceAll('_', ' ')} ${narrative}`, 140) },
        },
      },
    },
  });
}
