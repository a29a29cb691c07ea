import { isId } from '@paygraph/ids';
import {
  badUserInput,
  displayText,
  type PageArguments,
  pageFrom,
  requireCustomer,
  toConnection,
} from '@paygraph/subgraph';
import type { Context } from '../context.ts';
import type { CustomerResolvers, MutationResolvers, QueryResolvers, WalletResolvers } from '../generated/graphql.ts';
import { type ChangeFreezeDependencies, changeFreeze, type FreezeOutcome } from './change-freeze.ts';
import { closeWallet } from './close.ts';
import { closeWalletError, freezeWalletError, openWalletError } from './errors.ts';
import { type OpenWalletDependencies, openWallet } from './open.ts';
import type { WalletStore } from './store.ts';
import { maySeeWalletsOf } from './visibility.ts';
import type { Wallet } from './wallet.ts';

const maxIds = 1_000;
const maxReasonLength = 200;

export const walletFields = {
  __resolveReference: ({ id }, context) => visibleWallet(id, context),
  owner: ({ ownerId }) => ({ id: ownerId }),
} satisfies WalletResolvers;

export const customerFields = (store: WalletStore) =>
  ({
    __resolveReference: ({ id }) => ({ id }),
    wallets({ id }, args, { principal }) {
      if (maySeeWalletsOf(principal, id)) return connectionOf(store, id, args);
      return toConnection([], pageFrom(args), () => []);
    },
  }) satisfies CustomerResolvers;

export const walletQueries = (store: WalletStore) =>
  ({
    wallet: (_root, { id }, context) => visibleWallet(id, context),

    wallets: (_root, args, { principal }) => connectionOf(store, requireCustomer(principal).id, args),

    walletFacts(_root, { ids }, { wallets }) {
      if (ids.length > maxIds) throw badUserInput(`At most ${maxIds} ids a call`, ['ids']);
      return Promise.all(ids.map((id) => wallets.load(id)));
    },

    async payeeWallets(_root, { payees }) {
      if (payees.length > maxIds) throw badUserInput(`At most ${maxIds} payees a call`, ['payees']);
      const asked = payees.filter(({ ownerId }) => isId('cus', ownerId));
      const found = new Map((await store.forPayees(asked)).map((wallet) => [keyOf(wallet), wallet]));
      return payees.map((payee) => found.get(keyOf(payee)) ?? null);
    },
  }) satisfies QueryResolvers;

export const walletMutations = (dependencies: OpenWalletDependencies & ChangeFreezeDependencies) =>
  ({
    async openWallet(_root, { input }, { principal, requestId }) {
      const { id: ownerId } = requireCustomer(principal);
      const outcome = await openWallet(dependencies, { ownerId, input, requestId });
      if (outcome.kind === 'refused') return { userErrors: outcome.codes.map(openWalletError) };
      return { wallet: outcome.wallet, userErrors: [] };
    },

    async freezeWallet(_root, { input }, { principal, requestId }) {
      const { walletId, direction } = input;
      const reason = displayText(input.reason ?? '', maxReasonLength);
      if (reason === undefined) return { userErrors: [freezeWalletError('REASON_INVALID')] };
      const freeze = { direction, reason: reason || null };
      return freezePayload(await changeFreeze(dependencies, { walletId, freeze, principal, requestId }));
    },

    async closeWallet(_root, { input: { walletId } }, { principal, requestId }) {
      const outcome = await closeWallet(dependencies, { walletId, principal, requestId });
      if (outcome.kind === 'refused') return { userErrors: [closeWalletError(outcome.code)] };
      return { wallet: outcome.wallet, userErrors: [] };
    },

    async unfreezeWallet(_root, { input: { walletId } }, { principal, requestId }) {
      return freezePayload(await changeFreeze(dependencies, { walletId, freeze: null, principal, requestId }));
    },
  }) satisfies MutationResolvers;

function keyOf({ ownerId, currency }: { readonly ownerId: string; readonly currency: string }): string {
  return `${ownerId} ${currency}`;
}

/** Not there and not to be seen are alike. */
async function visibleWallet(id: string, { principal, wallets }: Context): Promise<Wallet | null> {
  const wallet = await wallets.load(id);
  return wallet && maySeeWalletsOf(principal, wallet.ownerId) ? wallet : null;
}

async function connectionOf(store: WalletStore, ownerId: string, args: PageArguments) {
  const page = pageFrom(args);
  return toConnection(await store.pageOf(ownerId, page), page, ({ id }) => [id]);
}

function freezePayload(outcome: FreezeOutcome) {
  if (outcome.kind === 'refused') return { userErrors: [freezeWalletError(outcome.code)] };
  return { wallet: outcome.wallet, userErrors: [] };
}
