import { columnsAsFields } from '@paygraph/database';
import { isId } from '@paygraph/ids';
import { type Currency, currencyOf } from '@paygraph/money';
import type { Page } from '@paygraph/subgraph';
import { Prisma, type PrismaClient, type Wallet as Row } from '../generated/prisma/client.ts';
import { directionOf, statusUnder } from './freeze.ts';
import type { Freeze, Wallet } from './wallet.ts';

/** How many wallets a person may have in one currency: as many as the table's `slot` has values. */
const maxPerCurrency = 10;

/** Longer in seconds than a call to the ledger may take, so that it runs out only when its holder is gone. */
const leaseSeconds = 10;

export interface NewWallet {
  readonly id: string;
  readonly ownerId: string;
  readonly currency: Currency;
  readonly label: string;
  /** The most that it may hold, as the ledger was told, in minor units. */
  readonly ceiling?: bigint;
}

/** A wallet with what its account may hold. */
export interface BoundWallet {
  readonly id: string;
  readonly ownerId: string;
  readonly currency: Currency;
  /** As the ledger was told, in minor units; null before it was. */
  readonly ceiling: bigint | null;
}

/** Somebody who is to be paid in a currency. */
export interface Payee {
  readonly ownerId: string;
  readonly currency: string;
}

/** The right to change a wallet's status, to one at a time. */
export interface Lease {
  readonly walletId: string;
  readonly epoch: number;
}

/** A lease ran out before its holder was done, and somebody else may have changed the wallet since. */
export class LeaseLostError extends Error {
  override readonly name = 'LeaseLostError';
}

export interface WalletStore {
  /** Adds a wallet; null when the person has ten in this currency, however many are added at once. */
  add(wallet: NewWallet): Promise<Wallet | null>;
  /** Whether the person has fewer than ten wallets in this currency. */
  hasRoom(ownerId: string, currency: Currency): Promise<boolean>;
  /** In any order, without those that do not exist. */
  byIds(ids: readonly string[]): Promise<Wallet[]>;
  /**
   * The wallets in which these people are paid in these currencies: of each the oldest that money may come into, or else
   * the oldest that is not closed. In any order, without those who have none.
   */
  forPayees(payees: readonly Payee[]): Promise<Wallet[]>;
  /** Those open wallets whose ceilings were held against their owners' tiers the longest ago. */
  longestUnchecked(limit: number): Promise<BoundWallet[]>;
  /** Notes that ceilings were held against tiers, and what the ledger was told. */
  noteCeilings(checked: readonly Pick<BoundWallet, 'id' | 'ceiling'>[]): Promise<void>;
  /** A person's wallets for a page, oldest first, and one more if there are more. */
  pageOf(ownerId: string, page: Page): Promise<Wallet[]>;
  /** Takes a wallet's lease; undefined while somebody else has it. */
  lease(walletId: string): Promise<Lease | undefined>;
  /** Gives a lease back; one that was lost is left alone. */
  release(lease: Lease): Promise<void>;
  /** Sets or lifts a freeze. @throws LeaseLostError */
  setFreeze(lease: Lease, freeze: Freeze | null): Promise<Wallet>;
  /** Closes a wallet for good; its place among the owner's ten is free again. @throws LeaseLostError */
  close(lease: Lease): Promise<Wallet>;
}

const walletColumns = Prisma.raw(columnsAsFields('w', Prisma.WalletScalarFieldEnum));

export function createWalletStore(prisma: PrismaClient): WalletStore {
  const hasRoom = async (ownerId: string, currency: Currency) =>
    (await prisma.wallet.count({ where: { ownerId, currency, slot: { not: null } } })) < maxPerCurrency;

  /** Takes the lowest free slot; 0 when none is free, or somebody else took it at the same moment. */
  const insert = ({ id, ownerId, currency, label, ceiling }: NewWallet) => prisma.$executeRaw`
    INSERT INTO wallet (id, owner_id, currency, label, ceiling, slot)
    SELECT ${id}, ${ownerId}, ${currency}, ${label}, ${ceiling ?? null}::bigint, free.slot
    FROM generate_series(1, ${maxPerCurrency}) AS free (slot)
    WHERE NOT EXISTS (
      SELECT FROM wallet WHERE owner_id = ${ownerId} AND currency = ${currency} AND wallet.slot = free.slot
    )
    ORDER BY free.slot
    LIMIT 1
    ON CONFLICT (owner_id, currency, slot) DO NOTHING
  `;

  /** Under the lease alone. */
  const write = async ({ walletId, epoch }: Lease, data: Prisma.WalletUncheckedUpdateManyInput) => {
    const [row] = await prisma.wallet.updateManyAndReturn({ where: { id: walletId, leaseEpoch: epoch }, data });
    if (!row) throw new LeaseLostError(`The lease of ${walletId} ran out`);
    return walletFrom(row);
  };

  const store: WalletStore = {
    async add(wallet) {
      // Ends: each turn that adds nothing has seen somebody else take a slot.
      while ((await insert(wallet)) === 0) if (!(await hasRoom(wallet.ownerId, wallet.currency))) return null;
      return walletFrom(await prisma.wallet.findUniqueOrThrow({ where: { id: wallet.id } }));
    },

    hasRoom,

    async byIds(ids) {
      // One statement however many they are, so that it is prepared.
      const rows = await prisma.$queryRaw<Row[]>`
        SELECT ${walletColumns} FROM wallet w WHERE w.id = ANY (${ids.filter(isWalletId)}::text[])`;
      return rows.map(walletFrom);
    },

    /** Relies on wallet_owner_id_currency_slot_key, which closed wallets have no part in. */
    async forPayees(payees) {
      const ids = await prisma.$queryRaw<{ id: string }[]>`
        SELECT chosen.id
        FROM (
          SELECT DISTINCT owner_id, currency
          FROM unnest(
            ${payees.map(({ ownerId }) => ownerId)}::text[],
            ${payees.map(({ currency }) => currency)}::text[]
          ) AS payee (owner_id, currency)
        ) AS payee
        CROSS JOIN LATERAL (
          SELECT wallet.id FROM wallet
          WHERE wallet.owner_id = payee.owner_id AND wallet.currency = payee.currency AND wallet.slot IS NOT NULL
          ORDER BY wallet.status IN ('ACTIVE', 'FROZEN_OUT') DESC, wallet.id
          LIMIT 1
        ) AS chosen
      `;
      return store.byIds(ids.map(({ id }) => id));
    },

    /** Relies on wallet_tier_checked_at_idx. */
    async longestUnchecked(limit) {
      const rows = await prisma.$queryRaw<(Omit<BoundWallet, 'currency'> & { readonly currency: string })[]>`
        SELECT id, owner_id AS "ownerId", currency, ceiling FROM wallet
        WHERE status <> 'CLOSED' ORDER BY tier_checked_at LIMIT ${limit}
      `;
      return rows.map((row) => ({ ...row, currency: currencyOf(row.currency) }));
    },

    async noteCeilings(checked) {
      await prisma.$executeRaw`
        UPDATE wallet SET ceiling = noted.ceiling, tier_checked_at = clock_timestamp()
        FROM unnest(
          ${checked.map(({ id }) => id)}::text[],
          ${checked.map(({ ceiling }) => ceiling?.toString() ?? null)}::text[]::bigint[]
        ) AS noted (id, ceiling)
        WHERE wallet.id = noted.id
      `;
    },

    async pageOf(ownerId, { limit, cursor, backward }) {
      const [id] = cursor ?? [];
      const rows = await prisma.wallet.findMany({
        where: { ownerId, ...(id !== undefined && { id: backward ? { lt: id } : { gt: id } }) },
        orderBy: { id: backward ? 'desc' : 'asc' },
        take: limit + 1,
      });
      return rows.map(walletFrom);
    },

    async lease(walletId) {
      const [taken] = await prisma.$queryRaw<{ epoch: number }[]>`
        UPDATE wallet
        SET lease_until = clock_timestamp() + make_interval(secs => ${leaseSeconds}), lease_epoch = lease_epoch + 1
        WHERE id = ${walletId} AND (lease_until IS NULL OR lease_until < clock_timestamp())
        RETURNING lease_epoch AS epoch
      `;
      return taken && { walletId, epoch: taken.epoch };
    },

    async release({ walletId, epoch }) {
      await prisma.wallet.updateMany({ where: { id: walletId, leaseEpoch: epoch }, data: { leaseUntil: null } });
    },

    setFreeze: (lease, freeze) =>
      write(lease, {
        status: freeze ? statusUnder[freeze.direction] : 'ACTIVE',
        freezeOrigin: freeze?.origin ?? null,
        freezeReason: freeze?.reason ?? null,
        frozenAt: freeze?.at ?? null,
      }),

    close: (lease) =>
      write(lease, { status: 'CLOSED', slot: null, freezeOrigin: null, freezeReason: null, frozenAt: null }),
  };
  return store;
}

/** Other text is no wallet's id, and some of it is no text to PostgreSQL. */
function isWalletId(text: string): boolean {
  return isId('wal', text);
}

function walletFrom(row: Row): Wallet {
  const { id, ownerId, label, status, createdAt } = row;
  return { id, ownerId, currency: currencyOf(row.currency), label, status, freeze: freezeIn(row), createdAt };
}

function freezeIn({ status, freezeOrigin, freezeReason, frozenAt }: Row): Freeze | null {
  const direction = directionOf(status);
  if (direction === undefined || freezeOrigin === null || frozenAt === null) return null;
  return { direction, origin: freezeOrigin, reason: freezeReason, at: frozenAt };
}
