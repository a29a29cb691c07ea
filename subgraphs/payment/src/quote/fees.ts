import { readFileSync } from 'node:fs';
import { type Currency, feeOn, isCurrency, type Money } from '@paygraph/money';
import { z } from 'zod';
import type { KycTier } from '../generated/peers/profile.ts';
import type { Fee } from './price.ts';
import { asTerms, type StoredTerms, termsShape } from './terms.ts';

/** What the fee of a payment depends on, beside its amount and currency. */
export interface Fare {
  readonly kind: 'TRANSFER' | 'COLLECTION' | 'PAYOUT';
  readonly rail: string;
  /** Whether payer and payee have different currencies. */
  readonly conversion: boolean;
  /** Of whoever bears the fee: the payer, of a collection the payee. */
  readonly tier: KycTier;
}

/** Reckons fees by one version of the schedule, so that a payment can name the one that priced it. */
export interface FeeSchedule {
  readonly version: string;
  /** The fee on an amount before fees, in its currency. @throws {RangeError} when the schedule has no rule for the fare. */
  feeFor(fare: Fare, amount: Money): Fee;
}

const terms = z.strictObject(termsShape);
const kycTier: z.ZodType<KycTier, KycTier> = z.enum(['BASIC', 'VERIFIED', 'ENHANCED']);
const currencies = z.record(z.string().refine(isCurrency, 'not a currency'), terms).optional();

const rule = z.strictObject({
  ...termsShape,
  kind: z.enum(['TRANSFER', 'COLLECTION', 'PAYOUT']),
  /** A rail, or `*` for those that have no rule of their own. */
  rail: z.string().min(1),
  conversion: z.boolean(),
  label: z.string().min(1),
  /** Other terms for some currencies, in place of the rule's own. */
  currencies,
  /** Other terms for some tiers, in place of the rule's own. */
  tiers: z.partialRecord(kycTier, z.strictObject({ ...termsShape, currencies })).optional(),
});

const schedule = z.strictObject({ version: z.string().min(1), rules: z.array(rule).min(1) });

type Rule = z.output<typeof rule>;

/** The schedule in force, unless another one is given. */
const defaultFile = new URL('../../data/fees.json', import.meta.url);

/** Reads a fee schedule. @throws {z.ZodError} naming every part that cannot be used. */
export function loadFeeSchedule(file: URL | string = defaultFile): FeeSchedule {
  return createFeeSchedule(JSON.parse(readFileSync(file, 'utf8')));
}

/** Makes a fee schedule of its JSON form. @throws {z.ZodError} naming every part that cannot be used. */
export function createFeeSchedule(source: unknown): FeeSchedule {
  const { version, rules } = schedule.parse(source);
  const byFare = new Map(rules.map((rule) => [keyOf(rule), rule]));
  if (byFare.size < rules.length) throw new RangeError(`Fee schedule ${version} has two rules for one fare`);
  return {
    version,
    feeFor(fare, amount) {
      const rule = byFare.get(keyOf(fare)) ?? byFare.get(keyOf({ ...fare, rail: '*' }));
      if (!rule) throw new RangeError(`Fee schedule ${version} has no rule for ${keyOf(fare)}`);
      const terms = termsOf(rule, amount.currency, fare.tier);
      const fee = feeOn(amount.amount, terms);
      return { label: rule.label, amount: { amount: fee, currency: amount.currency }, version, terms };
    },
  };
}

function keyOf({ kind, rail, conversion }: Omit<Fare, 'tier'>): string {
  return `${kind} over ${rail} ${conversion ? 'across currencies' : 'in one currency'}`;
}

/** The most particular terms: a tier's before everybody's, and within either a currency's before all currencies'. */
function termsOf(rule: Rule, currency: Currency, tier: KycTier): StoredTerms {
  const ofTier = rule.tiers?.[tier];
  const { fixed, percentage, min, max, refundable } =
    ofTier?.currencies?.[currency] ?? ofTier ?? rule.currencies?.[currency] ?? rule;
  return asTerms({ fixed, percentage, min, max, refundable });
}
