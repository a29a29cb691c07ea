import type { LinkClaims } from '@paygraph/auth';
import { z } from 'zod';
import { EntryDirection, TransactionKind } from '../generated/prisma/enums.ts';

const instant = z.iso.datetime().transform((text) => new Date(text));
const format = z.enum(['CSV', 'JSON_LINES']);

const statement = z.object({
  of: z.literal('statement'),
  accountId: z.string(),
  from: instant.optional(),
  until: instant.optional(),
  direction: z.enum(EntryDirection).optional(),
  kinds: z.array(z.enum(TransactionKind)).optional(),
  format,
  /** Who asked for it: for the log. */
  by: z.string(),
});

const journal = z.object({ of: z.literal('journal'), from: instant, until: instant, format, by: z.string() });

const request = z.discriminatedUnion('of', [statement, journal]);

/** What a link to an export stands for. Whoever asked was allowed to read it. */
export type ExportRequest = z.output<typeof request>;
export type ExportFormat = ExportRequest['format'];

/** What goes into the link. */
export function claimsOf(asked: ExportRequest): LinkClaims {
  const { from, until, ...rest } = asked;
  return { ...rest, ...(from && { from: from.toISOString() }), ...(until && { until: until.toISOString() }) };
}

/** What a link stands for; undefined if that is no export. */
export function requestFrom(claims: LinkClaims | undefined): ExportRequest | undefined {
  return request.safeParse(claims).data;
}
