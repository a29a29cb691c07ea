import type { Money } from '@paygraph/money';
import { z } from 'zod';
import { readAmount } from '../http/json.ts';
import type { RailNews } from '../outcome.ts';
import { expandReference } from '../reference.ts';
import type { RailEvent } from '../webhook.ts';
import { chargeOf, statedAmount, statedCharge } from './charges.ts';
import { readMessage } from './xml.ts';

/** Version 02 names a party at once; later ones have a choice between a party and an agent. */
const party = z.object({ Nm: z.string().optional(), Pty: z.object({ Nm: z.string().optional() }).optional() });

const details = z.object({
  Refs: z
    .object({ EndToEndId: z.string().optional(), AcctSvcrRef: z.string().optional(), TxId: z.string().optional() })
    .optional(),
  // A member of its own from version 04 on.
  Amt: statedAmount.optional(),
  AmtDtls: z.object({ TxAmt: z.object({ Amt: statedAmount }).optional() }).optional(),
  Chrgs: z.array(statedCharge).optional(),
  RltdPties: z.object({ Dbtr: party.optional() }).optional(),
  RmtInf: z.object({ Ustrd: z.array(z.string()).optional() }).optional(),
  RtrInf: z
    .object({ Rsn: z.object({ Cd: z.string().optional(), Prtry: z.string().optional() }).optional() })
    .optional(),
});
type Details = z.output<typeof details>;

const entry = z.object({
  NtryRef: z.string().optional(),
  Amt: statedAmount,
  CdtDbtInd: z.enum(['CRDT', 'DBIT']),
  Sts: z.union([z.string(), z.object({ Cd: z.string() }).transform(({ Cd }) => Cd)]),
  AcctSvcrRef: z.string().optional(),
  NtryDtls: z.array(z.union([z.object({ TxDtls: z.array(details).optional() }), z.literal('')])).optional(),
});
type Entry = z.output<typeof entry>;

const notification = z.object({
  BkToCstmrDbtCdtNtfctn: z.object({
    GrpHdr: z.object({ MsgId: z.string() }),
    Ntfctn: z.array(z.object({ Id: z.string(), Ntry: z.array(entry).optional() })),
  }),
});

/**
 * Reads a BankToCustomerDebitCreditNotification of any version: debits of ours are confirmed, credits with a return's
 * reason are returns of ours, all other credits are money that came in. Only what is booked counts. Undefined when it
 * cannot be read, an amount included.
 */
export function readCamt054(xml: string): readonly RailEvent[] | undefined {
  const message = readMessage(xml, 'camt.054', notification);
  if (!message) return undefined;
  const events: RailEvent[] = [];
  for (const { Id, Ntry = [] } of message.content.BkToCstmrDbtCdtNtfctn.Ntfctn) {
    for (const [index, one] of Ntry.entries()) {
      if (one.Sts !== 'BOOK') continue;
      for (const [position, transaction] of transactionsOf(one).entries()) {
        const moved = amountOf(one, transaction);
        if (!moved) return undefined;
        const event = eventOf(one, transaction, moved, `${Id}/${one.NtryRef ?? index}/${position}`);
        if (event) events.push(event);
      }
    }
  }
  return events;
}

/** An entry without details is a transaction of its own. */
function transactionsOf({ NtryDtls = [] }: Entry): readonly Details[] {
  const found = NtryDtls.flatMap((one) => (one === '' ? [] : (one.TxDtls ?? [])));
  return found.length > 0 ? found : [{}];
}

function amountOf(one: Entry, transaction: Details): Money | undefined {
  const { '#text': text, '@Ccy': currency } = transaction.AmtDtls?.TxAmt?.Amt ?? transaction.Amt ?? one.Amt;
  return readAmount(text, currency);
}

function eventOf(one: Entry, transaction: Details, moved: Money, position: string): RailEvent | undefined {
  const { Refs, RmtInf, RltdPties, RtrInf } = transaction;
  const railReference = Refs?.AcctSvcrRef ?? Refs?.TxId ?? one.AcctSvcrRef ?? null;
  // The bank's own reference of the booking is the same however often and in whatever message it is told of.
  const eventId = `camt.054/${railReference ?? position}/${one.CdtDbtInd}`;
  const reference = Refs?.EndToEndId === undefined ? undefined : expandReference(Refs.EndToEndId);
  const attempt = (news: RailNews): RailEvent | undefined =>
    reference === undefined ? undefined : { kind: 'ATTEMPT', eventId, reference, news };

  if (one.CdtDbtInd === 'DBIT')
    return attempt({ kind: 'CONFIRMED', railReference, amount: moved, charge: chargeOf(transaction.Chrgs ?? []) });
  if (RtrInf && reference !== undefined) {
    const railCode = RtrInf.Rsn?.Cd ?? RtrInf.Rsn?.Prtry ?? 'NARR';
    return attempt({ kind: 'RETURNED', railReference, amount: moved, railCode });
  }
  const remittance = RmtInf?.Ustrd?.join(' ') ?? Refs?.EndToEndId ?? null;
  const senderName = RltdPties?.Dbtr?.Pty?.Nm ?? RltdPties?.Dbtr?.Nm ?? null;
  return { kind: 'CREDIT', eventId, amount: moved, railReference: railReference ?? position, remittance, senderName };
}
