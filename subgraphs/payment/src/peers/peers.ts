import { type Currency, currencyOf, formatAmount, type Money, parseAmount } from '@paygraph/money';
import type { Peer } from '@paygraph/subgraph';

/** The other subgraphs, as payment calls them. */
export interface Peers {
  readonly wallet: Peer;
  readonly ledger: Peer;
  readonly forex: Peer;
  readonly risk: Peer;
  readonly profile: Peer;
}

/** A peer that broke its contract: nothing it said can be relied on. */
export class PeerContractError extends Error {
  override readonly name = 'PeerContractError';
}

/** An amount as it travels between services. */
export interface WireMoney {
  readonly amount: string;
  readonly currency: string;
}

export function toWire(money: Money): WireMoney {
  return { amount: formatAmount(money), currency: money.currency };
}

/** @throws {PeerContractError} unless it is a positive amount of a known currency. */
export function fromWire({ amount, currency }: WireMoney): Money {
  const parsed = parseAmount(amount, knownCurrency(currency));
  if (parsed.kind === 'amount') return parsed.money;
  throw new PeerContractError(`Not an amount: ${amount} ${currency} (${parsed.fault})`);
}

/** The answers of a command that takes a list: one per item, in the order given. @throws {PeerContractError} otherwise. */
export function answersTo<Item, Answer>(items: readonly Item[], answers: readonly Answer[]): readonly Answer[] {
  if (answers.length === items.length) return answers;
  throw new PeerContractError(`${answers.length} answers to ${items.length} questions`);
}

function knownCurrency(code: string): Currency {
  try {
    return currencyOf(code);
  } catch (cause) {
    throw new PeerContractError(`Not a currency: ${code}`, { cause });
  }
}
