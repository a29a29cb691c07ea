import { z } from 'zod';
import type { RailEvent } from '../webhook.ts';
import { entry, eventsIn } from './entries.ts';
import { readMessage } from './xml.ts';

const statement = z.object({
  BkToCstmrStmt: z.object({
    GrpHdr: z.object({ MsgPgntn: z.object({ LastPgInd: z.enum(['true', 'false', '1', '0']) }).optional() }),
    Stmt: z.array(z.object({ Id: z.string(), Ntry: z.array(entry).optional() })),
  }),
});

export interface Statement {
  readonly events: readonly RailEvent[];
  /** Whether no page follows. */
  readonly isLast: boolean;
}

/**
 * Reads a page of a BankToCustomerStatement of any version, as the notifications of its entries would have been read. What came
 * in without a reference of the bank's own is left out: nothing says whether a notification told of it already. Undefined when
 * it cannot be read, an amount included.
 */
export function readCamt053(xml: string): Statement | undefined {
  const message = readMessage(xml, 'camt.053', statement);
  if (!message) return undefined;
  const { GrpHdr, Stmt } = message.content.BkToCstmrStmt;
  const events = eventsIn(Stmt, 'ONLY_REFERENCED');
  const last = GrpHdr.MsgPgntn?.LastPgInd ?? 'true';
  return events && { events, isLast: last === 'true' || last === '1' };
}
