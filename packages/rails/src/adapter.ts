import type { Dispatcher } from 'undici';
import type { MobileNetwork } from './instruction.ts';
import type { RailTerms } from './terms.ts';

/** What every adapter is made with beside its own credentials. */
export interface AdapterOptions {
  /** Where the rail is. */
  readonly baseUrl: string;
  readonly dispatcher: Dispatcher;
  /** The longest time for one call in ms. */
  readonly timeoutMs: number;
  readonly terms: RailTerms;
}

/** What the adapters of mobile-money operators are made with. */
export interface MobileAdapterOptions extends AdapterOptions {
  /**
   * Other networks whose customers it may pay: Ghana's networks pay each other's customers (mobile money interoperability,
   * GhIPSS, since 2018), where the contract with the operator has it.
   */
  readonly payoutNetworks: readonly MobileNetwork[];
}
