import type { Currency, Money } from '@paygraph/money';
import type { Counterparty, MobileNetwork, RailDirection, RailInstruction } from './instruction.ts';
import type { CancelOutcome, StatusOutcome, SubmitOutcome, Unknown } from './outcome.ts';
import type { RailEvent, RawWebhook, VerifiedWebhook } from './webhook.ts';

/** What can be asked of a rail at all. */
export interface RailCapabilities {
  readonly directions: readonly RailDirection[];
  readonly counterparties: readonly Counterparty['type'][];
  /** Only for `MOBILE_MONEY`: whose numbers it collects from and pays. */
  readonly networks: readonly MobileNetwork[];
  /** Further networks that it pays to, where networks pay each other's customers. */
  readonly payoutNetworks?: readonly MobileNetwork[];
  /** Per currency carried, the least and the greatest amount in minor units. */
  readonly currencies: ReadonlyMap<Currency, { readonly min: bigint; readonly max: bigint }>;
  /** Whether `cancel` can ever answer anything but UNSUPPORTED. */
  readonly cancels: boolean;
  /** Calls per second that the rail allows us. */
  readonly callsPerSecond: number;
  /** Calls at a time that the rail allows us. */
  readonly concurrentCalls: number;
  /**
   * After so many ms a reference still UNSEEN was never taken, and another rail may be tried; null when the rail gives
   * no such promise.
   */
  readonly unseenIsFinalAfterMs: number | null;
}

/** A page of what was booked on our account with a rail on one day, as far as that day has come. */
export interface StatementPage {
  readonly kind: 'STATEMENT';
  /** Each as a webhook would have told of it, with the same id. */
  readonly events: readonly RailEvent[];
  /** Whether no page follows. */
  readonly isLast: boolean;
  /** As it came. */
  readonly body: string;
}

/** What a call may be given from outside. */
export interface CallOptions {
  /** Aborted when the caller's patience ends: the outcome is then UNKNOWN unless it is certain that nothing was sent. */
  readonly signal: AbortSignal;
}

/**
 * A system that carries money outside. Adapters speak its protocol and decide nothing: no retries, no breakers, no
 * stores, no guesses. A function never throws for what a rail does or fails to do; it throws only for a fault of ours.
 */
export interface RailAdapter {
  /** Names the rail in attempts, accounts of the books and paths: 1 to 32 of `a-z0-9-`. */
  readonly name: string;
  /** What people read, such as `MTN MoMo`. */
  readonly displayName: string;
  readonly capabilities: RailCapabilities;

  /** Hands over an instruction. With a reference that the rail has already, it changes nothing and tells where it stands. */
  submit(instruction: RailInstruction, options: CallOptions): Promise<SubmitOutcome>;
  /** Where the attempt with the instruction's reference stands. */
  status(instruction: RailInstruction, options: CallOptions): Promise<StatusOutcome>;
  cancel(instruction: RailInstruction, options: CallOptions): Promise<CancelOutcome>;
  /** What the rail would charge us, by its price list, in the currency of the amount: for choosing among rails. */
  fee(instruction: Pick<RailInstruction, 'direction' | 'amount' | 'counterparty'>): Money;
  /** Our float with the rail; null when the rail does not tell. */
  float(currency: Currency, options: CallOptions): Promise<Money | null>;
  /** The statement of a day, `2026-11-22`, by pages from 1 on; a rail without it has none. */
  statement?(
    asked: { readonly day: string; readonly page: number },
    options: CallOptions,
  ): Promise<StatementPage | Unknown>;
  /** Reads and verifies what came to our endpoint. Pure: no I/O. */
  webhook(raw: RawWebhook): VerifiedWebhook;
}

/** Whether a rail could carry something of this kind. */
export function carries(
  { capabilities }: RailAdapter,
  { direction, amount, counterparty }: Pick<RailInstruction, 'direction' | 'amount' | 'counterparty'>,
): boolean {
  const { directions, counterparties, networks, payoutNetworks = [], currencies } = capabilities;
  const range = currencies.get(amount.currency);
  if (!range || amount.amount < range.min || amount.amount > range.max) return false;
  if (!directions.includes(direction) || !counterparties.includes(counterparty.type)) return false;
  if (counterparty.type !== 'MOBILE_MONEY') return true;
  const reached = direction === 'PAYOUT' ? [...networks, ...payoutNetworks] : networks;
  return reached.includes(counterparty.network);
}
