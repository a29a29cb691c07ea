export type { Account, Entry } from '../payment/entry.ts';
export { postingOf } from '../payment/posting.ts';
export { type Audit, auditPayments } from './audit.ts';
export type { DuePosting, Records } from './postings.ts';
