import { z } from 'zod';
import type { RailEvent } from '../webhook.ts';
import { entry, eventsIn } from './entries.ts';
import { readMessage } from './xml.ts';

const notification = z.object({
  BkToCstmrDbtCdtNtfctn: z.object({
    GrpHdr: z.object({ MsgId: z.string() }),
    Ntfctn: z.array(z.object({ Id: z.string(), Ntry: z.array(entry).optional() })),
  }),
});

/** Reads a BankToCustomerDebitCreditNotification of any version; undefined when it cannot be read, an amount included. */
export function readCamt054(xml: string): readonly RailEvent[] | undefined {
  const message = readMessage(xml, 'camt.054', notification);
  return message && eventsIn(message.content.BkToCstmrDbtCdtNtfctn.Ntfctn, 'ALL');
}
