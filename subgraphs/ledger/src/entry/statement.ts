import { badUserInput, type Connection, type PageArguments, pageFrom, toConnection } from '@paygraph/subgraph';
import { type Account, moneyOf } from '../account/account.ts';
import type { Context } from '../context.ts';
import type { LedgerEntryFilter, PastBalance } from '../generated/graphql.ts';
import type { Entry } from '../transaction/store.ts';
import type { EntryRange } from './store.ts';

/** What an account held at an instant. @throws GraphQLError BAD_USER_INPUT for one to come */
export async function pastBalanceOf(account: Account, at: Date, { loaders }: Context): Promise<PastBalance> {
  if (at.getTime() > Date.now()) throw badUserInput('at must not be in the future', ['at']);
  const { version, balance } = await loaders.standingAt.load({ accountId: account.id, at });
  return { at, posted: moneyOf(balance, account.currency), version: version.toString() };
}

/** A page of the account's entries, newest first. @throws GraphQLError BAD_USER_INPUT naming the argument */
export async function statementOf(
  account: Account,
  { filter, ...args }: PageArguments & { readonly filter?: LedgerEntryFilter | null | undefined },
  { entries, loaders }: Context,
): Promise<Connection<Entry>> {
  const page = pageFrom(args, ['integer', 'integer']);
  const range = rangeOf(account.id, filter);
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
