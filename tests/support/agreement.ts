import { query } from '@paygraph/database/testing';
import { until } from '@paygraph/standalone';
import { booksOf } from '@paygraph/subgraph-ledger/testing';
import { type Audit, auditPayments, type DuePosting } from '@paygraph/subgraph-payment/testing';
import { type LiveLimitHold, limitUsageFaults, liveLimitHolds } from '@paygraph/subgraph-wallet/testing';
import { expect } from 'vitest';
import type { TestPlatform } from './platform.ts';
import { railBooks } from './rails.ts';

/** Waits until every payment has ended or waits for a person, and peers have had all that they are owed. */
export async function comeToRest({ databases }: Pick<TestPlatform, 'databases'>, withinMs = 60_000): Promise<void> {
  let moving: readonly unknown[] = [];
  await until('all payments have come to rest', withinMs, async () => {
    moving = await query(databases.payment.migrationUrl, movingSql);
    return moving.length === 0;
  }).catch((error: unknown) => {
    throw new Error(`Still under way: ${JSON.stringify(moving)}`, { cause: error });
  });
}

const movingSql = `
  SELECT id, state::text FROM payment
  WHERE state IN ('INITIATED', 'VALIDATING', 'PROCESSING') OR (state = 'PENDING' AND capture_method = 'AUTOMATIC')
  UNION ALL SELECT id, state::text FROM payment_refund WHERE state IN ('PENDING', 'PROCESSING')
  UNION ALL SELECT id, state::text FROM payment_attempt
  WHERE state IN ('CREATED', 'SUBMITTED', 'ACCEPTED') OR (state = 'CONFIRMED' AND direction = 'COLLECTION' AND NOT booked)
  UNION ALL SELECT id, 'to be charged' FROM payment_attempt WHERE charge_due_at IS NOT NULL
  UNION ALL SELECT id, state::text FROM suspense_item WHERE state IN ('INCOMING', 'RELEASING', 'RETURNING')
  UNION ALL SELECT id, 'to be booked' FROM rail_settlement WHERE booked_at IS NULL
  UNION ALL SELECT payment_id, 'to be undone' FROM payment_compensation WHERE acknowledged_at IS NULL
  LIMIT 20`;

/**
 * What must hold of the databases and the rails together whenever payments have come to rest, whatever has happened before.
 * Each subgraph's own checker says what is amiss in its own; what only a look at two of them shows is compared here. The
 * rails are asked themselves: what they did is what payment says of its attempts, and what they hold of us is what the books
 * show, so that nothing was carried out twice, or without anybody knowing.
 */
export async function expectAgreement(platform: Pick<TestPlatform, 'databases' | 'addressOf'>): Promise<void> {
  await comeToRest(platform);
  const { payment, ledger, wallet } = platform.databases;
  const [audit, { currencies, faults }, usage, holds, books, wallets, rails] = await Promise.all([
    auditPayments(payment.migrationUrl),
    booksOf(ledger.migrationUrl),
    limitUsageFaults(wallet.migrationUrl),
    liveLimitHolds(wallet.migrationUrl),
    linesOf(ledger.migrationUrl, booksSql),
    linesOf(wallet.migrationUrl, walletsSql),
    railBooks(platform),
  ]);
  const { payments, attempts, settlements, postings, troubles } = audit;
  expect(troubles, 'what is amiss with payments').toEqual([]);
  expect(faults, 'what is amiss in the books').toEqual([]);
  expect(usage, 'what is amiss with limits').toEqual([]);
  expect(currencies.filter(({ debits, credits }) => debits !== credits)).toEqual([]);
  expect(books.overdrawn, 'wallets below zero').toEqual([]);
  expect(books.entries, 'what stands in the books').toEqual(postings.flatMap(dueEntries).sort());
  expect([...rails.orders].sort(), 'what rails did').toEqual(attempts.flatMap(carried).sort());
  expect(books.clearing, 'what rails hold of us').toEqual(
    summed([...depositsConfirmed(payments), ...rails.held, ...settlements.map(settledLine)]),
  );
  expect(books.suspense, 'what lies in suspense').toEqual(openItems(audit.items));
  expect(books.transit, 'what is on its way out').toEqual([]);
  expect(books.reserved, 'what is still reserved').toEqual(waitingForCapture(payments));
  expect(idle(holds, payments), 'limits still held').toEqual([]);
  expect(books.accounts, 'the accounts of wallets').toEqual(wallets.wallets);
}

/** Entries in the words of {@link dueEntries}; wallets in the words of wallet. */
const booksSql = {
  entries: `
    SELECT concat_ws(' ', reference, transaction.id, direction, purpose, coalesce(wallet_id, rail, '-'), amount, currency)
    FROM transaction JOIN entry USING (sequence, posted_at) JOIN account ON number = account_number`,
  clearing: `
    SELECT concat_ws(' ', rail, currency, debits_posted - credits_posted) FROM account
    WHERE purpose = 'RAIL_CLEARING' AND debits_posted <> credits_posted`,
  suspense: `
    SELECT concat_ws(' ', currency, sum(credits_posted - debits_posted)) FROM account
    WHERE purpose = 'SUSPENSE' GROUP BY currency HAVING sum(credits_posted - debits_posted) <> 0`,
  transit: `
    SELECT concat_ws(' ', rail, currency, credits_posted - debits_posted) FROM account
    WHERE purpose = 'PAYOUT_TRANSIT' AND credits_posted <> debits_posted`,
  overdrawn: `
    SELECT address FROM account WHERE purpose = 'WALLET' AND credits_posted - debits_posted - debits_pending < 0`,
  reserved: `SELECT concat_ws(' ', id, reference) FROM reservation WHERE state = 'RESERVED'`,
  accounts: `
    SELECT concat_ws(' ', wallet_id, owner_id, currency, CASE status
      WHEN 'OPEN' THEN 'ACTIVE' WHEN 'FROZEN_DEBIT' THEN 'FROZEN_OUT' WHEN 'FROZEN_CREDIT' THEN 'FROZEN_IN'
      ELSE status::text END)
    FROM account WHERE purpose = 'WALLET'`,
};

const walletsSql = { wallets: `SELECT concat_ws(' ', id, owner_id, currency, status) FROM wallet` };

/** What the posting rules say that must have been posted, a line for each entry. */
function dueEntries({ id, reference, entries }: DuePosting): string[] {
  return entries.map(({ account, direction, amount }) => {
    const holder = 'walletId' in account ? account.walletId : 'rail' in account ? account.rail : '-';
    return [reference, id, direction, account.purpose, holder, amount.amount, amount.currency].join(' ');
  });
}

/** An attempt that its rail has taken, in the words of {@link railBooks}; at rest it is decided. */
function carried({ rail, reference, direction, amount, state }: Audit['attempts'][number]): string[] {
  if (state === 'NOT_SENT') return [];
  const fate = state === 'CONFIRMED' ? 'SUCCEEDED' : state === 'REFUSED' ? 'FAILED' : state;
  return [[rail, reference.replaceAll('-', ''), direction, amount.amount, amount.currency, fate].join(' ')];
}

/** What deposits have brought, over the rail `manual`, which has no books but ours. */
function depositsConfirmed(payments: Audit['payments']): string[] {
  return payments.flatMap(({ kind, rail, state, price: { source } }) =>
    kind === 'COLLECTION' && rail === 'manual' && state === 'CONFIRMED'
      ? [`manual ${source.currency} ${source.amount}`]
      : [],
  );
}

/** What a settlement took from what its rail holds of us, of which the rail itself tells nothing here, or brought it. */
function settledLine({ rail, direction, amount: { amount, currency } }: Audit['settlements'][number]): string {
  return `${rail} ${currency} ${direction === 'FROM_RAIL' ? -amount : amount}`;
}

/** What lies in suspense for somebody to see to, by currency. */
function openItems(items: Audit['items']): string[] {
  return summed(
    items.flatMap(({ state, amount }) => (state === 'OPEN' ? [`${amount.currency} ${amount.amount}`] : [])),
  );
}

/** Lines that end in an amount, those that begin alike in one; sorted, and none that comes to nothing. */
function summed(lines: readonly string[]): string[] {
  const sums = new Map<string, bigint>();
  for (const line of lines) {
    const end = line.lastIndexOf(' ');
    const what = line.slice(0, end);
    sums.set(what, (sums.get(what) ?? 0n) + BigInt(line.slice(end + 1)));
  }
  return [...sums].flatMap(([what, sum]) => (sum === 0n ? [] : [`${what} ${sum}`])).sort();
}

/** Reservations of payments that wait for their capture, as they should. */
function waitingForCapture(payments: Audit['payments']): string[] {
  return payments
    .filter(({ state, captureMethod }) => state === 'PENDING' && captureMethod === 'MANUAL')
    .map(({ id, reservationId }) => `${reservationId} ${id}`)
    .sort();
}

/** Payments whose limits are held though they do not wait for an analyst. */
function idle(holds: readonly LiveLimitHold[], payments: Audit['payments']): string[] {
  const inReview = new Set<string>();
  for (const { id, state, captureMethod } of payments)
    if (state === 'IN_REVIEW' || (state === 'PENDING' && captureMethod === 'MANUAL')) inReview.add(id);
  return holds.map(({ paymentId }) => paymentId).filter((id) => !inReview.has(id));
}

/** The answers, sorted, to several questions that each ask for one column of text, by a single statement. */
async function linesOf<Name extends string>(
  url: string,
  questions: Readonly<Record<Name, string>>,
): Promise<Readonly<Record<Name, string[]>>> {
  const columns = Object.entries(questions).map(([name, sql]) => `ARRAY(${sql}) AS "${name}"`);
  const [row] = (await query(url, `SELECT ${columns.join(', ')}`)) as Record<Name, string[]>[];
  if (!row) throw new Error('A SELECT without FROM has one row');
  // Not by the database: its order of letters may be another than that of JavaScript.
  for (const lines of Object.values<string[]>(row)) lines.sort();
  return row;
}
