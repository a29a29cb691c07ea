import { badUserInput, type Connection, type PageArguments, pageFrom, toConnection } from '@paygraph/subgraph';
import { type Account, moneyOf } from '../account/account.ts';
import type { Context } from '../context.ts';
import type { LedgerEntryFilter, PastBalance } from '../generated/graphql.ts';
import type { Entry } from '../transaction/store.ts';
import { isAccountAtHand } from './history.ts';
import type { EntryRange } from './store.ts';

/** What an account held at an instant. @throws GraphQLError BAD_USER_INPUT for one to come, or before the history at hand */
export async function pastBalanceOf(account: Account, at: Date, { loaders }: Context): Promise<PastBalance> {
  if (at.getTime() > Date.now()) throw badUserInput('at must not be in the future', ['at']);
  const standing = await loaders.standingAt.load({ accountId: account.id, at });
  if (!standing) throw badUserInput('at must not be before the history at hand', ['at']);
  return { at, posted: moneyOf(standing.balance, account.currency), version: standing.version.toString() };
}

/** A page of the account's entries, newest first. @throws GraphQLError BAD_USER_INPUT naming the argument */
export async function statementOf(
  account: Account,
  { filter, ...args }: PageArguments & { readonly filter?: LedgerEntryFilter | null | undefined },
  { entries, loaders, isAtHand }: Context,
): Promise<Connection<Entry>> {
  const page = pageFrom(args, ['integer', 'integer']);
  const range = rangeOf(account.id, filter);
  if (range.from && !(await isAccountAtHand(account, range.from, isAtHand)))
    throw badUserInput('from must not be before the history at hand', ['filter', 'from']);
  // Entries ask for their account: it is at hand.
  loaders.accountById.prime(account.id, account);
  return toConnection(await entries.page(range, page), page, ({ micros, version }) => [
    micros.toString(),
    version.toString(),
  ]);
}

function rangeOf(accountId: string, filter: LedgerEntryFilter | null | undefined): EntryRange {
  const { from, until, direction, kinds } = filter ?? {};
  if (from && until && from >= until) throw badUserInput('until must be after from', ['filter', 'until']);
  return {
    accountId,
    from: from ?? undefined,
    until: until ?? undefined,
    direction: direction ?? undefined,
    kinds: kinds ?? undefined,
  };
}
