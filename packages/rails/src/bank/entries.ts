import type { Money } from '@paygraph/money';
import { z } from 'zod';
import { readAmount } from '../http/json.ts';
import type { RailNews } from '../outcome.ts';
import { expandReference } from '../reference.ts';
import type { RailEvent } from '../webhook.ts';
import { chargeOf, statedAmount, statedCharge } from './charges.ts';

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

/** An entry of a notification or a statement, of any version. */
export const entry = z.object({
  NtryRef: z.string().optional(),
  Amt: statedAmount,
  CdtDbtInd: z.enum(['CRDT', 'DBIT']),
  Sts: z.union([z.string(), z.object({ Cd: z.string() }).transform(({ Cd }) => Cd)]),
  AcctSvcrRef: z.string().optional(),
  NtryDtls: z.array(z.union([z.object({ TxDtls: z.array(details).optional() }), z.literal('')])).optional(),
});
type Entry = z.output<typeof entry>;

/** What has entries: a notification or a statement. */
export interface Report {
  readonly Id: string;
  readonly Ntry?: readonly Entry[] | undefined;
}

/**
 * What was booked: debits of ours are confirmed, credits with a return's reason are returns of ours, all other credits are money
 * that came in. Undefined when an amount cannot be read.
 * @param credits whether money that came in counts without a reference of the bank's own, under its place in the message
 */
export function eventsIn(
  reports: readonly Report[],
  credits: 'ALL' | 'ONLY_REFERENCED',
): readonly RailEvent[] | undefined {
  const events: RailEvent[] = [];
  for (const { Id, Ntry = [] } of reports) {
    for (const [index, one] of Ntry.entries()) {
      if (one.Sts !== 'BOOK') continue;
      const transactions = transactionsOf(one);
      for (const [position, transaction] of transactions.entries()) {
        const moved = amountOf(one, transaction, transactions.length);
        if (!moved) return undefined;
        const railReference = bankReferenceOf(one, transactions, position);
        const event = eventOf(one, transaction, moved, railReference, `${Id}/${one.NtryRef ?? index}/${position}`);
        const counts = event?.kind !== 'CREDIT' || railReference !== null || credits === 'ALL';
        if (event && counts) events.push(event);
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

/** The entry's amount is that of its only transaction; of one among several nothing else says it. */
function amountOf(one: Entry, { AmtDtls, Amt }: Details, count: number): Money | undefined {
  const stated = AmtDtls?.TxAmt?.Amt ?? Amt ?? (count === 1 ? one.Amt : undefined);
  return stated && readAmount(stated['#text'], stated['@Ccy']);
}

/** The bank's own reference of a transaction: in a batch that has one for all, with the transaction's position. */
function bankReferenceOf(one: Entry, transactions: readonly Details[], position: number): string | null {
  const references = transactions.map(({ Refs }) => Refs?.AcctSvcrRef ?? Refs?.TxId ?? one.AcctSvcrRef ?? null);
  const own = references[position] ?? null;
  const isShared = references.filter((reference) => reference === own).length > 1;
  return own !== null && isShared ? `${own}/${position}` : own;
}

function eventOf(
  one: Entry,
  transaction: Details,
  moved: Money,
  railReference: string | null,
  position: string,
): RailEvent | undefined {
  const { Refs, RmtInf, RltdPties, RtrInf } = transaction;
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
