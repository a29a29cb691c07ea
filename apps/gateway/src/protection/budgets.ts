import type { Principal } from '@paygraph/auth';
import { codedError, Rejection } from '../errors.ts';

/** What one operation may cost by its estimate, by who asks; of somebody's roles the most generous counts. */
export interface Budgets {
  readonly anonymous: number;
  readonly customer: number;
  readonly analyst: number;
  readonly operator: number;
}

export const defaultBudgets: Budgets = { anonymous: 500, customer: 10_000, analyst: 50_000, operator: 50_000 };

export function budgetOf(budgets: Budgets, principal: Principal): number {
  if (principal.kind === 'anonymous') return budgets.anonymous;
  if (principal.kind === 'service') return budgets.operator;
  let budget = budgets.customer;
  if (principal.roles.includes('ANALYST')) budget = Math.max(budget, budgets.analyst);
  if (principal.roles.includes('OPERATOR')) budget = Math.max(budget, budgets.operator);
  return budget;
}

/** @throws Rejection with `COST_ESTIMATED_TOO_EXPENSIVE` */
export function checkBudget(cost: number, maximum: number): void {
  if (cost <= maximum) return;
  const message = `The operation may cost ${cost}, more than the ${maximum} that you may spend on one: ask for less of its lists.`;
  throw new Rejection([codedError('COST_ESTIMATED_TOO_EXPENSIVE', message, { cost, maximum })]);
}
