import type { operations, Person } from '@paygraph/standalone/client';
import { minorUnits } from './rails.ts';

const trialBalance = `query ($currency: CurrencyCode!) {
  trialBalance(currency: $currency) { balanced purposes { purpose normalBalance debits { amount } credits { amount } } }
}`;

interface TrialBalance {
  readonly balanced: boolean;
  readonly purposes: readonly {
    readonly purpose: string;
    readonly normalBalance: 'DEBIT' | 'CREDIT';
    readonly debits: Pick<operations.Money, 'amount'>;
    readonly credits: Pick<operations.Money, 'amount'>;
  }[];
}

/** What all accounts of a purpose hold by the books, on its normal side, in minor units of a currency with two digits. */
export async function heldFor(operator: Person, purpose: string, currency: string): Promise<bigint> {
  const { trialBalance: balances } = await operator.graph<{ trialBalance: TrialBalance[] }>(trialBalance, { currency });
  const found = balances[0]?.purposes.find((one) => one.purpose === purpose);
  if (!found) return 0n;
  const net = minorUnits(found.debits.amount) - minorUnits(found.credits.amount);
  return found.normalBalance === 'DEBIT' ? net : -net;
}
