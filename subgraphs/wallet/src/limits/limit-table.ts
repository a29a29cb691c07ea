import { readFileSync } from 'node:fs';
import { type Currency, isCurrency, parseAmount } from '@paygraph/money';
import { z } from 'zod';

/** How well a wallet's owner is known, as profile says: the better, the more. */
export const tiers = ['BASIC', 'VERIFIED', 'ENHANCED'] as const;

export type KycTier = (typeof tiers)[number];

/** What may leave a wallet, fees included, and how much it may hold, in minor units of its currency. */
export interface Limits {
  /** By one payment. */
  readonly perPayment: bigint;
  /** On one day (UTC). */
  readonly daily: bigint;
  /** In one month (UTC). */
  readonly monthly: bigint;
  /** The most that the wallet may hold. */
  readonly balance: bigint;
}

/** The limits of every currency in which wallets are offered. */
export interface LimitTable {
  readonly version: string;
  /** Undefined for a currency that is not offered. */
  of(currency: Currency, tier: KycTier): Limits | undefined;
}

/** A table of limits that cannot be used; the message names the entry. */
export class LimitTableError extends Error {
  override readonly name = 'LimitTableError';
}

/** What a wallet has whose currency is not offered any more: nothing may leave it before that is settled. */
export const noLimits: Limits = { perPayment: 0n, daily: 0n, monthly: 0n, balance: 0n };

const amounts = z.strictObject({ perPayment: z.string(), daily: z.string(), monthly: z.string(), balance: z.string() });
const factor = z.int().min(1);
const shape = z.object({
  version: z.string().min(1),
  tiers: z.strictObject({ BASIC: factor, VERIFIED: factor, ENHANCED: factor }),
  limits: z.record(z.string(), amounts),
});

/** Reads the table in force, `data/limits.json`. */
export function loadLimitTable(): LimitTable {
  return parseLimitTable(readFileSync(new URL('../../data/limits.json', import.meta.url), 'utf8'));
}

/**
 * Reads a table from JSON text: per currency what the tier of factor 1 has, as decimal strings, and per tier how many times
 * as much. @throws LimitTableError
 */
export function parseLimitTable(json: string): LimitTable {
  const read = shape.safeParse(JSON.parse(json));
  if (!read.success) throw new LimitTableError(z.prettifyError(read.error));
  const { version, tiers: factors, limits } = read.data;
  if (factors.BASIC > factors.VERIFIED || factors.VERIFIED > factors.ENHANCED)
    throw new LimitTableError('tiers: who is known better has less');
  const table = new Map(
    Object.entries(limits).map(([code, given]) => {
      const base = limitsFrom(code, given);
      return [code, new Map(tiers.map((tier) => [tier, scaled(code, base, factors[tier])]))];
    }),
  );
  return { version, of: (currency, tier) => table.get(currency)?.get(tier) };
}

function limitsFrom(code: string, given: z.output<typeof amounts>): Limits {
  if (!isCurrency(code)) throw new LimitTableError(`${code} is no currency`);
  const amountOf = (name: keyof Limits) => {
    const parsed = parseAmount(given[name], code);
    if (parsed.kind === 'fault') throw new LimitTableError(`${code}.${name}: ${parsed.fault}`);
    return parsed.money.amount;
  };
  const limits = {
    perPayment: amountOf('perPayment'),
    daily: amountOf('daily'),
    monthly: amountOf('monthly'),
    balance: amountOf('balance'),
  };
  if (limits.perPayment > limits.daily) throw new LimitTableError(`${code}: a payment may take more than a day`);
  if (limits.daily > limits.monthly) throw new LimitTableError(`${code}: a day may take more than a month`);
  return limits;
}

/** Beyond it amounts do not fit into the database. */
const mostMinorUnits = 2n ** 63n - 1n;

function scaled(code: string, { perPayment, daily, monthly, balance }: Limits, times: number): Limits {
  const by = (amount: bigint) => {
    const product = amount * BigInt(times);
    if (product > mostMinorUnits) throw new LimitTableError(`${code}: ${times} times its limits are too large`);
    return product;
  };
  return { perPayment: by(perPayment), daily: by(daily), monthly: by(monthly), balance: by(balance) };
}
