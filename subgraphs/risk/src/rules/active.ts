import { OperatorError } from '@paygraph/service';
import type { PrismaClient } from '../generated/prisma/client.ts';
import type { RuleSet } from './rule-set.ts';

/** The rule set in force, and since when. */
export interface ActiveRuleSet extends RuleSet {
  readonly activeSince: Date;
}

/** The rules were changed without a new version: assessments would name rules that did not make them. */
export class RuleSetChangedError extends OperatorError {
  override readonly name = 'RuleSetChangedError';
}

/** Records a version of the rules on its first use. @throws RuleSetChangedError */
export async function activateRuleSet(database: PrismaClient, ruleSet: RuleSet): Promise<ActiveRuleSet> {
  const { version, checksum, source } = ruleSet;
  await database.ruleSet.createMany({ data: [{ version, checksum, source }], skipDuplicates: true });
  const stored = await database.ruleSet.findUniqueOrThrow({ where: { version } });
  if (stored.checksum !== checksum) {
    throw new RuleSetChangedError(
      `Rule set ${version} is recorded with other content: give the changed rules a new version.`,
    );
  }
  return { ...ruleSet, activeSince: stored.activeSince };
}
