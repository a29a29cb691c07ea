import type { AdapterOptions } from '../adapter.ts';
import { createHttpClient, describeOutcome, type HttpAnswer } from '../http/client.ts';
import type { SubmitOutcome } from '../outcome.ts';
import type { RailAdapter } from '../rail.ts';
import { compactReference } from '../reference.ts';
import { priceOf } from '../terms.ts';
import { readIban } from './account.ts';
import { readCamt053 } from './camt053.ts';
import { type DebtorAccount, writePain001 } from './pain001.ts';
import { type ReportedStatus, readPain002 } from './pain002.ts';
import { duplicates } from './reasons.ts';
import { readBankWebhook } from './webhook.ts';

export interface BankOptions extends AdapterOptions {
  /** What the bank's host-to-host endpoint knows us by. */
  readonly token: string;
  readonly debtor: DebtorAccount;
  /** The secret that the bank signs notifications with (Standard Webhooks, `whsec_…`). */
  readonly webhookSecret: string;
  /** For the dates in messages. */
  readonly now: () => Date;
}

/**
 * Credit transfers by ISO 20022: pain.001.001.03 goes out, pain.002 comes back at once or when asked for, camt.054 says
 * what was booked, and camt.053 all of a day. Messages are the standard's; how they travel is each bank's own, and here:
 * `POST /credit-transfers` with the message, `GET /credit-transfers/{MsgId}` for its status, notifications to our webhook,
 * `GET /statements/{day}?page=1` for a day's statement.
 */
export function createBank(options: BankOptions): RailAdapter {
  const { terms, debtor, token, webhookSecret, now } = options;
  const http = createHttpClient(options);
  const headers = { authorization: `Bearer ${token}`, accept: 'application/xml' };

  const status: RailAdapter['status'] = async ({ reference }, { signal }) => {
    const path = `/credit-transfers/${compactReference(reference)}`;
    const outcome = await http.call({ method: 'GET', path, headers }, signal);
    if (outcome.kind !== 'ANSWER') return { kind: 'UNKNOWN', why: outcome.why };
    if (outcome.status === 404) return { kind: 'UNSEEN' };
    const reported = outcome.status === 200 ? reportedIn(outcome, reference) : undefined;
    return reported ?? { kind: 'UNKNOWN', why: describeOutcome('the bank', outcome) };
  };
  const submit: RailAdapter['submit'] = async (instruction, { signal }) => {
    const { counterparty, reference } = instruction;
    if (counterparty.type !== 'BANK_ACCOUNT' || readIban(counterparty.iban) !== counterparty.iban)
      return { kind: 'REFUSED', code: 'COUNTERPARTY_NOT_FOUND', railCode: 'AC01' };
    const body = writePain001(instruction, debtor, now());
    const request = { method: 'POST', path: '/credit-transfers', body } as const;
    const outcome = await http.call({ ...request, headers: { ...headers, 'content-type': 'application/xml' } }, signal);
    if (outcome.kind !== 'ANSWER') return outcome;
    const answered = readSubmit(outcome, reference);
    if (answered.kind !== 'REFUSED' || !duplicates.has(answered.railCode)) return answered;
    const known = await status(instruction, { signal });
    return known.kind === 'UNSEEN' || known.kind === 'RETURNED' ? { kind: 'ACCEPTED', railReference: null } : known;
  };

  return {
    name: 'bank',
    displayName: 'Bank transfer',
    capabilities: {
      // pain.001 only pushes; money comes in as credits that camt.054 tells of.
      directions: ['PAYOUT'],
      counterparties: ['BANK_ACCOUNT'],
      networks: [],
      currencies: terms.limits,
      cancels: false,
      callsPerSecond: 5,
      concurrentCalls: 4,
      unseenIsFinalAfterMs: null,
    },
    submit,
    status,
    cancel: async () => ({ kind: 'UNSUPPORTED' }),
    fee: ({ direction, amount }) => priceOf(terms, direction, amount),
    // Balances come by camt.052 and camt.053, not on demand.
    float: async () => null,
    statement: async ({ day, page }, { signal }) => {
      const outcome = await http.call({ method: 'GET', path: `/statements/${day}?page=${page}`, headers }, signal);
      const read = outcome.kind === 'ANSWER' && outcome.status === 200 ? readCamt053(outcome.body) : undefined;
      if (outcome.kind !== 'ANSWER' || !read) return { kind: 'UNKNOWN', why: describeOutcome('the bank', outcome) };
      return { kind: 'STATEMENT', ...read, body: outcome.body };
    },
    webhook: (raw) => readBankWebhook(raw, webhookSecret),
  };
}

function reportedIn({ body }: HttpAnswer, reference: string): ReportedStatus['news'] | undefined {
  return readPain002(body)?.statuses.find((one) => one.reference === reference)?.news;
}

function readSubmit(answer: HttpAnswer, reference: string): SubmitOutcome {
  const reported = reportedIn(answer, reference);
  if (reported) return reported;
  const retryAfter = answer.retryAfterMs === undefined ? {} : { retryAfterMs: answer.retryAfterMs };
  switch (answer.status) {
    case 202:
      return { kind: 'ACCEPTED', railReference: null };
    case 401:
    case 403:
    case 429:
      return { kind: 'NOT_SENT', why: describeOutcome('the bank', answer), ...retryAfter };
    default:
      return { kind: 'UNKNOWN', why: describeOutcome('the bank', answer) };
  }
}
