import { currencyOf } from '@paygraph/money';
import { badUserInput, overloaded } from '@paygraph/subgraph';
import type { LedgerResult, Resolvers } from '../generated/graphql.ts';
import { OverloadedError } from './coalescer.ts';
import type { Outcome } from './commands.ts';
import { decideEach } from './each.ts';
import { captureFrom, limitsFrom, reservationFrom, reversalFrom, transactionFrom } from './input.ts';
import { refuseLinked } from './linked.ts';

export const commandResolvers: Resolvers = {
  Query: {
    commandStatuses: (_parent, { ids }, { engine }) => engine.statuses(atMost1000('ids', ids)),
  },
  Mutation: {
    openAccounts: async (_parent, { accounts }, { engine }) => {
      const items = atMost1000('accounts', accounts).map((account) => ({
        ...account,
        currency: currencyOf(account.currency),
      }));
      return resultsOf(engine.openAccounts(items));
    },
    setAccountStatuses: (_parent, { accounts }, { engine }) =>
      resultsOf(engine.setAccountStatuses(atMost1000('accounts', accounts))),
    setAccountLimits: (_parent, { accounts }, { engine }) =>
      resultsOf(decideEach(atMost1000('accounts', accounts).map(limitsFrom), engine.setAccountLimits)),
    extendReservations: (_parent, { reservations }, { engine }) =>
      resultsOf(engine.extend(atMost1000('reservations', reservations))),
    postTransactions: (_parent, { transactions }, { engine }) => {
      const items = atMost1000('transactions', transactions);
      return resultsOf(decideEach(refuseLinked(items, items.map(transactionFrom)), engine.post));
    },
    reverse: (_parent, { reversals }, { engine }) =>
      resultsOf(decideEach(atMost1000('reversals', reversals).map(reversalFrom), engine.reverse)),
    reserve: (_parent, { reservations }, { engine }) =>
      resultsOf(decideEach(atMost1000('reservations', reservations).map(reservationFrom), engine.reserve)),
    capture: (_parent, { captures }, { engine }) =>
      resultsOf(decideEach(atMost1000('captures', captures).map(captureFrom), engine.capture)),
    void: (_parent, { reservationIds }, { engine }) =>
      resultsOf(engine.void(atMost1000('reservationIds', reservationIds))),
  },
};

const mostItems = 1_000;

function atMost1000<Item>(argument: string, items: readonly Item[]): readonly Item[] {
  if (items.length > mostItems) throw badUserInput(`${argument} must be at most ${mostItems} items`, [argument]);
  return items;
}

async function resultsOf(outcomes: Promise<readonly Outcome[]>): Promise<LedgerResult[]> {
  try {
    return (await outcomes).map(resultOf);
  } catch (error) {
    throw error instanceof OverloadedError ? overloaded() : error;
  }
}

function resultOf(outcome: Outcome): LedgerResult {
  return outcome.done ? { ...outcome, code: null, account: null, message: null } : { ...outcome };
}
