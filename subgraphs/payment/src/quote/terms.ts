import { type Decimal, type FeeTerms, formatDecimal, parseDecimal } from '@paygraph/money';
import { z } from 'zod';

/** The terms of one fee, as they are kept with what they priced. */
export interface StoredTerms extends FeeTerms {
  /** Whether a refund gives the fee back in proportion. */
  readonly refundable: boolean;
}

const minorUnits = z
  .string()
  .regex(/^\d{1,18}$/, 'minor units, such as "25"')
  .transform(BigInt);

const percentage = z.string().transform((text, context): Decimal => {
  const decimal = parseDecimal(text);
  if (decimal && decimal.coefficient >= 0n) return decimal;
  context.issues.push({ code: 'custom', input: text, message: 'not a percentage, such as "1.5"' });
  return z.NEVER;
});

/** Amounts are minor units of whatever currency the fee is taken in: "25" is 0.25 USD and 25 JPY. */
export const termsShape = {
  fixed: minorUnits,
  percentage,
  min: minorUnits.optional(),
  max: minorUnits.optional(),
  refundable: z.boolean().default(false),
};

const terms = z.strictObject(termsShape);

/** Terms from their JSON form. @throws {z.ZodError} */
export function termsFrom(source: unknown): StoredTerms {
  return asTerms(terms.parse(source));
}

/** What is optional may be absent but not undefined. */
export function asTerms({ fixed, percentage, min, max, refundable }: z.output<typeof terms>): StoredTerms {
  return { fixed, percentage, ...(min !== undefined && { min }), ...(max !== undefined && { max }), refundable };
}

/** Terms in their JSON form. */
export function storedTerms({ fixed, percentage, min, max, refundable }: StoredTerms): z.input<typeof terms> {
  return {
    fixed: fixed.toString(),
    percentage: formatDecimal(percentage),
    ...(min !== undefined && { min: min.toString() }),
    ...(max !== undefined && { max: max.toString() }),
    refundable,
  };
}
