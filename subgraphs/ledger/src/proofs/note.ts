import { isFull } from './extent.ts';

/** What was counted, told in the full form only: it goes into docs/ledger-proofs.md. */
export function note(what: string, counts: object): void {
  if (isFull) console.log(what, counts);
}
