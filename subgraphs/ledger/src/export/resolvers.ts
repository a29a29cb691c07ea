import { hasScope } from '@paygraph/auth';
import { requireCustomer } from '@paygraph/subgraph';
import type { Account } from '../account/account.ts';
import { readableAccount } from '../account/resolvers.ts';
import type { Context } from '../context.ts';
import { isAccountAtHand } from '../entry/history.ts';
import type {
  ExportJournalErrorCode,
  ExportStatementErrorCode,
  ExportStatementInput,
  LedgerExport,
  Resolvers,
} from '../generated/graphql.ts';
import { claimsOf, type ExportRequest } from './request.ts';
import { addressOf } from './routes.ts';

export const exportResolvers = {
  Mutation: {
    exportStatement: async (_parent, { input }, context) => {
      const { id: by } = requireCustomer(context.principal);
      if ((input.walletId == null) === (input.accountId == null)) return refusal('ONE_ACCOUNT_REQUIRED');
      const account = await accountOf(input, context);
      if (!account) return refusal('ACCOUNT_NOT_FOUND', input.walletId == null ? 'accountId' : 'walletId');
      const { from, until, direction, kinds } = input.filter ?? {};
      if (from && until && from >= until) return refusal('RANGE_INVALID', 'filter', 'until');
      if (from && !(await isAccountAtHand(account, from, context.isAtHand)))
        return refusal('RANGE_NOT_AT_HAND', 'filter', 'from');
      const range = { ...(from && { from }), ...(until && { until }) };
      const filter = { ...(direction && { direction }), ...(kinds && { kinds }) };
      const { format = 'CSV' } = input;
      return exported({ of: 'statement', accountId: account.id, ...range, ...filter, format, by }, context);
    },

    exportJournal: async (_parent, { input: { from, until, format = 'CSV' } }, context) => {
      const { id: by } = requireCustomer(context.principal);
      if (from >= until) return refusal('RANGE_INVALID', 'until');
      if (!(await context.isAtHand(from))) return refusal('RANGE_NOT_AT_HAND', 'from');
      return exported({ of: 'journal', from, until, format, by }, context);
    },
  },
} satisfies Resolvers;

async function accountOf({ walletId, accountId }: ExportStatementInput, context: Context): Promise<Account | null> {
  if (walletId != null) return readableAccount(walletId, context);
  if (accountId == null || !hasScope(context.principal, 'ledger:read:any')) return null;
  return context.loaders.accountById.load(accountId);
}

function exported(asked: ExportRequest, { links }: Context): { export: LedgerExport; userErrors: [] } {
  const { token, expiresAt } = links.sign(claimsOf(asked));
  return { export: { url: addressOf(token), expiresAt }, userErrors: [] };
}

/** For the person at the screen. */
const meanings: Record<ExportStatementErrorCode | ExportJournalErrorCode, string> = {
  ACCOUNT_NOT_FOUND: 'There is no such account, or it is not yours to read.',
  ONE_ACCOUNT_REQUIRED: 'Give either walletId or accountId.',
  RANGE_INVALID: 'The end must be after the beginning.',
  RANGE_NOT_AT_HAND: 'What was posted so long ago is not at hand any more.',
};

function refusal<Code extends ExportStatementErrorCode | ExportJournalErrorCode>(code: Code, ...path: string[]) {
  const field = path.length > 0 ? ['input', ...path] : null;
  return { export: null, userErrors: [{ code, message: meanings[code], field }] };
}
