import { isId } from '@paygraph/ids';
import { type Currency, formatAmount, isCurrency, type Money, parseAmount } from '@paygraph/money';
import { type Clock, createLru } from '@paygraph/service';
import { badUserInput } from '@paygraph/subgraph';
import type { LimitHoldInput, MutationResolvers, WalletResolvers } from '../generated/graphql.ts';
import type { WalletStore } from '../wallet/store.ts';
import { dayOf } from './day.ts';
import type { HoldRequest, LimitHolds } from './holds.ts';
import { type LimitTable, noLimits } from './limit-table.ts';
import type { Tiers } from './tiers.ts';

const maxItems = 1_000;
/** Characters of wallets' ids, each of 36: some 10,000 wallets. */
const mostRemembered = 360_000;

export const limitFields = (table: LimitTable) =>
  ({
    async limits({ id, ownerId, currency }, _args, { usage, tiers }) {
      const [taken, tier] = await Promise.all([usage.load(id), tiers.load(ownerId)]);
      const limits = table.of(currency, tier) ?? noLimits;
      const { today = 0n, thisMonth = 0n } = taken ?? {};
      const money = (amount: bigint) => moneyOf(amount, currency);
      return {
        tier,
        perPayment: money(limits.perPayment),
        daily: money(limits.daily),
        dailyUsed: money(today),
        dailyRemaining: money(left(limits.daily, today)),
        monthly: money(limits.monthly),
        monthlyUsed: money(thisMonth),
        monthlyRemaining: money(left(limits.monthly, thisMonth)),
        maximumBalance: money(limits.balance),
      };
    },
  }) satisfies WalletResolvers;

/** What is left of a limit, which may have been lowered since it was taken of. */
function left(limit: bigint, taken: bigint): bigint {
  return taken < limit ? limit - taken : 0n;
}

interface LimitDependencies {
  readonly holds: LimitHolds;
  readonly table: LimitTable;
  readonly tiers: Tiers;
  readonly store: Pick<WalletStore, 'byIds'>;
  readonly clock: Clock;
}

export const limitMutations = ({ holds, table, tiers, store, clock }: LimitDependencies) => {
  /** Whose wallets are: no wallet ever changes hands. */
  const owners = createLru<string>({ limit: mostRemembered });

  const ownersOf = async (walletIds: ReadonlySet<string>): Promise<ReadonlyMap<string, string>> => {
    const found = new Map<string, string>();
    for (const id of walletIds) {
      const owner = owners.get(id);
      if (owner !== undefined) found.set(id, owner);
    }
    const unknown = [...walletIds].filter((id) => !found.has(id));
    if (unknown.length === 0) return found;
    for (const { id, ownerId } of await store.byIds(unknown)) {
      owners.set(id, ownerId);
      found.set(id, ownerId);
    }
    return found;
  };
  /** The tier of each wallet's owner. */
  const tiersOf = async (walletIds: readonly string[]) => {
    const found = await ownersOf(new Set(walletIds));
    const known = await tiers.of([...found.values()]);
    return new Map([...found].map(([id, ownerId]) => [id, known.get(ownerId) ?? 'BASIC']));
  };

  return {
    async reserveLimits(_root, { holds: inputs }) {
      checkSize('holds', inputs.length);
      const asked = inputs.map(askedIn);
      const tierOf = await tiersOf(asked.map(({ walletId }) => walletId));
      const requests = asked.map((request): HoldRequest => {
        const tier = tierOf.get(request.walletId) ?? 'BASIC';
        return { ...request, limits: table.of(request.amount.currency, tier) ?? noLimits };
      });
      return holds.reserve(requests, dayOf(clock()));
    },

    useLimits(_root, { paymentIds, captured }) {
      const parts = (captured ?? []).map(({ paymentId, amount }, index): [string, bigint] => [
        checkedId(paymentId, ['captured', String(index), 'paymentId']),
        moneyFrom(amount, ['captured', String(index), 'amount']).amount,
      ]);
      checkSize('captured', parts.length);
      return holds.use(checkedIds(paymentIds), clock(), new Map(parts));
    },

    releaseLimits: (_root, { paymentIds }) => holds.release(checkedIds(paymentIds), clock()),
  } satisfies MutationResolvers;
};

function moneyOf(amount: bigint, currency: Currency): { amount: string; currency: Currency } {
  return { amount: formatAmount({ amount, currency }), currency };
}

/** What is asked for, before it is known how much there may be. @throws GraphQLError BAD_USER_INPUT */
function askedIn({ paymentId, walletId, amount }: LimitHoldInput, index: number): Omit<HoldRequest, 'limits'> {
  const money = moneyFrom(amount, ['holds', String(index), 'amount']);
  return { paymentId: checkedId(paymentId, ['holds', String(index), 'paymentId']), walletId, amount: money };
}

function moneyFrom({ amount, currency }: LimitHoldInput['amount'], field: readonly string[]): Money {
  if (!isCurrency(currency)) throw badUserInput('Not a currency', [...field, 'currency']);
  const parsed = parseAmount(amount, currency);
  if (parsed.kind === 'fault') throw badUserInput(`Not an amount: ${parsed.fault}`, [...field, 'amount']);
  return parsed.money;
}

function checkedIds(paymentIds: readonly string[]): string[] {
  checkSize('paymentIds', paymentIds.length);
  return paymentIds.map((paymentId, index) => checkedId(paymentId, ['paymentIds', String(index)]));
}

function checkedId(paymentId: string, field: readonly string[]): string {
  if (isId('pay', paymentId)) return paymentId;
  throw badUserInput('Not the id of a payment', field);
}

function checkSize(argument: string, size: number): void {
  if (size > maxItems) throw badUserInput(`At most ${maxItems} a call`, [argument]);
}
