import type { Money } from '@paygraph/money';

/** What a rail is asked for: to pull money from outside, or to push it there. */
export type RailDirection = 'COLLECTION' | 'PAYOUT';

/** Mobile-money networks. */
export type MobileNetwork = 'MTN' | 'AIRTELTIGO' | 'TELECEL';

/** Whoever is at the other end of a rail. */
export type Counterparty =
  | {
      readonly type: 'MOBILE_MONEY';
      /** E.164, such as `+233241234567`. */
      readonly phoneNumber: string;
      readonly network: MobileNetwork;
      readonly name: string | null;
    }
  | {
      readonly type: 'BANK_ACCOUNT';
      /** In electronic form: no spaces, capital letters. */
      readonly iban: string;
      readonly bic: string | null;
      readonly name: string;
    };

/** One attempt to move money over a rail. Everything in it is stored before the rail is called. */
export interface RailInstruction {
  readonly direction: RailDirection;
  /**
   * Ours, unique per attempt, a UUID (version 4) in its usual form with dashes: submitting it again moves nothing twice,
   * and every later question about the attempt is asked by it. A rail whose references are shorter derives them.
   */
  readonly reference: string;
  /** Above zero, what is to arrive outside (PAYOUT) or to be pulled (COLLECTION). */
  readonly amount: Money;
  readonly counterparty: Counterparty;
  /** `pay_…` or `rfd_…`: what people on both sides find it by. At most 36 characters. */
  readonly endToEndId: string;
  /** For the statement of whoever is at the other end: at most 140 plain characters. */
  readonly narrative: string;
}
