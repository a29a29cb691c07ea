import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { ZenEngine } from '@gorules/zen-engine';
import { z } from 'zod';
import type { Facts } from './facts.ts';

export const decisions = ['APPROVE', 'REVIEW', 'DECLINE'] as const;
export type Decision = (typeof decisions)[number];

export const reasonShape = z.object({ code: z.string(), message: z.string(), weight: z.number().int() });
export type Reason = z.infer<typeof reasonShape>;

const verdictShape = z.object({
  decision: z.enum(decisions),
  score: z.number().int().min(0).max(100),
  reasons: z.array(reasonShape),
});

/** What the rules say of one payment; the reasons stand weightiest first. */
export type Verdict = z.infer<typeof verdictShape>;

/** A version of the rules, ready to be asked. */
export interface RuleSet {
  readonly version: string;
  /** SHA-256 of the source, hexadecimal. */
  readonly checksum: string;
  /** The GoRules JSON Decision Model. */
  readonly source: string;
  /** @throws when the rules answer something that is no verdict: nothing is then decided. */
  evaluate(facts: Facts): Promise<Verdict>;
}

/** The version in force. A change of the rules is a new file and a new version; the old ones stay. */
const currentVersion = '2026-09-29.1';

export async function loadRuleSet(version: string = currentVersion): Promise<RuleSet> {
  const file = fileURLToPath(new URL(`../../rules/${version}.jdm.json`, import.meta.url));
  return createRuleSet(version, await readFile(file, 'utf8'));
}

/**
 * Rules know nothing but the facts, of which there are some hundreds, so each is decided once.
 *
 * @throws when the source is no valid decision model.
 */
export function createRuleSet(version: string, source: string): RuleSet {
  const decision = new ZenEngine().createDecision(Buffer.from(source));
  decision.validate();
  const verdicts = new Map<string, Verdict>();
  return {
    version,
    source,
    checksum: createHash('sha256').update(source).digest('hex'),
    evaluate: async (facts) => {
      const key = JSON.stringify(facts);
      const known = verdicts.get(key);
      if (known) return known;
      const { result } = await decision.evaluate(facts);
      const { reasons, ...rest } = verdictShape.parse(result);
      const verdict = { ...rest, reasons: reasons.toSorted((a, b) => b.weight - a.weight) };
      verdicts.set(key, verdict);
      return verdict;
    },
  };
}
