import { type Id, isId, parseId } from '@paygraph/ids';
import { type Currency, currencyOf } from '@paygraph/money';
import { createLru } from '@paygraph/service';
import {
  CustomerNamesDocument,
  type CustomerNamesQuery,
  FindCustomersDocument,
  type FindCustomersQuery,
  type KycTier,
} from '../generated/peers/profile.ts';
import { PayeeWalletsDocument, WalletFactsDocument, type WalletFactsQuery } from '../generated/peers/wallet.ts';
import { coalesce } from '../peers/coalesce.ts';
import { PeerContractError, type Peers } from '../peers/peers.ts';
import type { WalletParty } from './payment.ts';

/** What a payment must know of a wallet. */
export interface WalletFacts {
  readonly id: Id<'wal'>;
  readonly ownerId: Id<'cus'>;
  readonly currency: Currency;
  readonly takesOut: boolean;
  readonly takesIn: boolean;
  /** What profile says of the owner, where that could be asked for along with the wallet. */
  readonly owner?: Promise<NameAnswer | null>;
}

/** A wallet's owner as profile knows them now. */
export interface KnownParty extends WalletParty {
  /** Fees depend on it. */
  readonly tier: KycTier;
}

/** Somebody by what others know of them: one of the three. */
export type PersonName = { readonly handle: string } | { readonly email: string } | { readonly phone: string };

/** What payment asks of wallet and profile before a payment is made: for many requests at once in few calls. */
export interface Directory {
  /** The wallet with this id, if there is one. @throws PeerError */
  wallet(id: string): Promise<WalletFacts | null>;
  /** The wallet in which the person of this name is paid in a currency, if there are such. @throws PeerError */
  walletOf(name: PersonName, currency: string): Promise<WalletFacts | null>;
  /** The wallet's owner with the name and in the tier that they have now. @throws PeerError */
  party(wallet: WalletFacts): Promise<KnownParty>;
}

/** @param mostIds how many ids go in one call; peers take at most 1,000 */
export function createDirectory({ wallet, profile }: Pick<Peers, 'wallet' | 'profile'>, mostIds: number): Directory {
  const factsOf = coalesce<string, WalletAnswer | null>(
    async (ids) => (await wallet.request(WalletFactsDocument, { ids: [...ids] })).walletFacts,
    mostIds,
  );
  const nameOf = coalesce<string, NameAnswer | null>(
    async (ids) => (await profile.request(CustomerNamesDocument, { ids: [...ids] })).customerNames,
    mostIds,
  );
  const idOf = coalesce<PersonName, FoundAnswer | null>(
    async (lookups) => (await profile.request(FindCustomersDocument, { lookups: [...lookups] })).findCustomers,
    mostIds,
  );
  const payeeFactsOf = coalesce<{ readonly ownerId: string; readonly currency: string }, WalletAnswer | null>(
    async (payees) => (await wallet.request(PayeeWalletsDocument, { payees: [...payees] })).payeeWallets,
    mostIds,
  );

  /** Whose each wallet was when it was asked about last, which is who will be asked for next. */
  const owners = createLru<string>({ limit: mostRemembered });

  return {
    async wallet(id) {
      if (!isId('wal', id)) return null;
      const known = owners.get(id);
      const owner = known === undefined ? undefined : nameOf(known);
      owner?.catch(() => {});
      const answer = await factsOf(id);
      if (!answer) return null;
      owners.set(id, answer.ownerId);
      return { ...factsFrom(answer), ...(owner && known === answer.ownerId && { owner }) };
    },
    async walletOf(name, currency) {
      const person = await idOf(name);
      const answer = person && (await payeeFactsOf({ ownerId: person.id, currency }));
      return answer && factsFrom(answer);
    },
    party: async (facts) => partyFrom(facts, await (facts.owner ?? nameOf(facts.ownerId))),
  };
}

/** Characters of wallets' ids, each of 36: some 10,000 wallets. */
const mostRemembered = 360_000;

type WalletAnswer = NonNullable<WalletFactsQuery['walletFacts'][number]>;
type FoundAnswer = NonNullable<FindCustomersQuery['findCustomers'][number]>;
type NameAnswer = NonNullable<CustomerNamesQuery['customerNames'][number]>;

/** What each status lets through. */
const openness: Record<WalletAnswer['status'], Pick<WalletFacts, 'takesIn' | 'takesOut'>> = {
  ACTIVE: { takesIn: true, takesOut: true },
  FROZEN_IN: { takesIn: false, takesOut: true },
  FROZEN_OUT: { takesIn: true, takesOut: false },
  FROZEN: { takesIn: false, takesOut: false },
  CLOSED: { takesIn: false, takesOut: false },
};

function factsFrom({ id, ownerId, currency, status }: WalletAnswer): WalletFacts {
  return {
    id: parseId('wal', id),
    ownerId: parseId('cus', ownerId),
    currency: currencyOf(currency),
    ...openness[status],
  };
}

function partyFrom({ id, ownerId }: WalletFacts, name: NameAnswer | null): KnownParty {
  if (!name) throw new PeerContractError(`The owner of ${id} is unknown to profile`);
  const { displayName, handle, tier } = name;
  return { customerId: ownerId, walletId: id, displayName, handle, tier };
}
