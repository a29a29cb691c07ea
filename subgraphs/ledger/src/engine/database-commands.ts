import { postgresError } from '@paygraph/database';
import type { PrismaClient } from '../generated/prisma/client.ts';
import type { LedgerErrorCode } from '../generated/prisma/enums.ts';
import { batchOf } from './batch.ts';
import type {
  AccountLimits,
  Capture,
  Extension,
  NewReservation,
  NewReversal,
  NewTransaction,
  NewWalletAccount,
  Refusal,
  StatusChange,
} from './commands.ts';
import {
  captureFingerprint,
  reservationFingerprint,
  reversalFingerprint,
  transactionFingerprint,
} from './fingerprint.ts';

/** Decides a batch in one transaction of the database: per item a refusal, or undefined if it is done. */
export type DatabaseCommand<Item> = (batch: readonly Item[]) => Promise<(Refusal | undefined)[]>;

/** A row of the SQL type `refusal`: of an item that was refused. */
interface RefusalRow {
  /** From 1. */
  readonly ordinal: number;
  readonly code: LedgerErrorCode;
  readonly account: string | null;
}

/** The functions that the migrations grant to the service. */
export function createDatabaseCommands(database: PrismaClient) {
  const post: DatabaseCommand<readonly NewTransaction[]> = async (groups) => {
    const items = transactionBatch(groups);
    return refusals(
      groups.flat(),
      await database.$queryRaw<RefusalRow[]>`SELECT * FROM post_transactions(${items}::batch)`,
    );
  };

  const reverse: DatabaseCommand<NewReversal> = async (batch) => {
    const columns = {
      targets: batch.map(({ reverses }) => reverses),
      effectiveAt: batch.map(({ effectiveAt }) => effectiveAt),
      metadata: batch.map(({ metadata = {} }) => metadata),
    };
    const items = batchOf(batch.map(withFingerprint(reversalFingerprint)), { columns });
    return refusals(batch, await database.$queryRaw<RefusalRow[]>`SELECT * FROM reverse_transactions(${items}::batch)`);
  };

  const reserve: DatabaseCommand<NewReservation> = async (batch) => {
    const columns = {
      kinds: batch.map(({ kind }) => kind),
      references: batch.map(({ reference }) => reference),
      expiresAt: batch.map(({ expiresAt }) => expiresAt),
    };
    const items = batchOf(batch.map(withFingerprint(reservationFingerprint)), { columns, reserving: true });
    const rows = await database.$queryRaw<RefusalRow[]>`SELECT * FROM reserve_funds(${items}::batch)`;
    return refusals(batch, rows).map(untimely);
  };

  const capture: DatabaseCommand<Capture> = async (batch) => {
    const columns = {
      targets: batch.map(({ reservationId }) => reservationId),
      releases: batch.map(({ releaseRest = true }) => releaseRest),
      effectiveAt: batch.map(({ effectiveAt }) => effectiveAt),
      metadata: batch.map(({ metadata = {} }) => metadata),
    };
    const items = batchOf(batch.map(withFingerprint(captureFingerprint)), { columns });
    return refusals(batch, await database.$queryRaw<RefusalRow[]>`SELECT * FROM capture_reservations(${items}::batch)`);
  };

  const voidReservations: DatabaseCommand<string> = async (batch) =>
    refusals(batch, await database.$queryRaw<RefusalRow[]>`SELECT * FROM void_reservations(${batch}::text[])`);

  const extend: DatabaseCommand<Extension> = async (batch) => {
    const ids = batch.map(({ reservationId }) => reservationId);
    const expiries = batch.map(({ expiresAt }) => expiresAt.toISOString());
    const rows = await database.$queryRaw<RefusalRow[]>`
      SELECT * FROM extend_reservations(${ids}::text[], ${expiries}::text[]::timestamptz[])`;
    return refusals(batch, rows).map(untimely);
  };

  const openAccounts: DatabaseCommand<NewWalletAccount> = async (batch) => {
    const wallets = batch.map(({ walletId }) => walletId);
    const owners = batch.map(({ ownerId }) => ownerId);
    const currencies = batch.map(({ currency }) => currency);
    const rows = await database.$queryRaw<RefusalRow[]>`
      SELECT * FROM open_accounts(${wallets}::text[], ${owners}::text[], ${currencies}::text[])`;
    return refusals(batch, rows);
  };

  const setAccountStatuses: DatabaseCommand<StatusChange> = async (batch) => {
    const wallets = batch.map(({ walletId }) => walletId);
    const statuses = batch.map(({ status }) => status);
    const rows = await database.$queryRaw<RefusalRow[]>`
      SELECT * FROM set_account_statuses(${wallets}::text[], ${statuses}::text[]::account_status[])`;
    return refusals(batch, rows);
  };

  const setAccountLimits: DatabaseCommand<AccountLimits> = async (batch) => {
    const wallets = batch.map(({ walletId }) => walletId);
    const currencies = batch.map(({ currency }) => currency);
    const limits = batch.map(({ creditLimit }) => creditLimit.toString());
    const ceilings = batch.map(({ ceiling }) => ceiling?.toString() ?? '');
    const rows = await database.$queryRaw<RefusalRow[]>`
      SELECT * FROM set_account_limits(
        ${wallets}::text[], ${currencies}::text[], ${limits}::text[]::bigint[],
        ARRAY(
          SELECT nullif(ceiling, '')::bigint FROM unnest(${ceilings}::text[]) WITH ORDINALITY AS given (ceiling, place)
          ORDER BY place
        )
      )`;
    return refusals(batch, rows);
  };

  return {
    ...{ post, reverse, reserve, capture, void: voidReservations, extend },
    ...{ openAccounts, setAccountStatuses, setAccountLimits },
  };
}

/**
 * Whether the database undid a batch for what stands in it: a value it cannot take (class 22), a constraint (23), a limit
 * (54), or an exception of a function (P0).
 */
export function isPoisoned(error: unknown): boolean {
  return /^(22|23|54|P0)/.test(postgresError(error)?.code ?? '');
}

/** What `post_transactions` takes: transactions in groups that post together. */
export function transactionBatch(groups: readonly (readonly NewTransaction[])[]): string {
  const transactions = groups.flat();
  const items = groups.flatMap((linked) => {
    const ids = linked.map(({ id }) => id);
    return linked.map((transaction) => ({ ...transaction, fingerprint: transactionFingerprint(transaction, ids) }));
  });
  const columns = {
    kinds: transactions.map(({ kind }) => kind),
    references: transactions.map(({ reference }) => reference),
    effectiveAt: transactions.map(({ effectiveAt }) => effectiveAt),
    metadata: transactions.map(({ metadata = {} }) => metadata),
    linked: transactions.map(({ linkedWithNext = false }) => linkedWithNext),
  };
  return batchOf(items, { columns });
}

const withFingerprint =
  <Item extends object>(fingerprintOf: (item: Item) => string) =>
  (item: Item) => ({ ...item, fingerprint: fingerprintOf(item) });

/** The one thing that is wrong with an input by the database's clock alone. */
function untimely(refusal: Refusal | undefined): Refusal | undefined {
  if (refusal?.code !== 'INVALID_INPUT') return refusal;
  return { code: 'INVALID_INPUT', message: 'expiresAt must be in the future, at most 31 days ahead' };
}

function refusals(batch: readonly unknown[], rows: readonly RefusalRow[]): (Refusal | undefined)[] {
  const refused = new Array<Refusal | undefined>(batch.length).fill(undefined);
  for (const { ordinal, code, account } of rows) refused[ordinal - 1] = { code, account: account ?? undefined };
  return refused;
}
