import { tracedStatement } from '@paygraph/database';
import pg from 'pg';
import type { LedgerErrorCode } from '../generated/prisma/enums.ts';
import { type BatchColumns, type BatchItem, batchOf, batchParameters } from './batch.ts';
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

/**
 * The functions that the migrations grant to the service. Statements are prepared once in every session: making them anew,
 * as Prisma's client does, costs a lone command half its time.
 */
export function createDatabaseCommands(pool: pg.Pool) {
  const call = async (name: string, parameters: string, values: readonly unknown[]): Promise<readonly RefusalRow[]> => {
    const text = `SELECT * FROM ${name}(${parameters})`;
    const { rows } = await tracedStatement(text, () => pool.query<RefusalRow>({ name, text, values: [...values] }));
    return rows;
  };
  const callWithBatch = (name: string, items: readonly BatchItem[], columns: BatchColumns) =>
    call(name, batchParameters, batchOf(items, columns));

  let wasRefused = false;
  const post: DatabaseCommand<readonly NewTransaction[]> = async (groups) => {
    const rows = await call('post_transactions', postParameters, postValues(groups, wasRefused));
    wasRefused = rows.length > 0;
    return refusals(groups.flat(), rows);
  };

  const reverse: DatabaseCommand<NewReversal> = async (batch) => {
    const columns = {
      targets: batch.map(({ reverses }) => reverses),
      effectiveAt: batch.map(({ effectiveAt }) => effectiveAt),
      metadata: batch.map(({ metadata }) => metadata),
    };
    const items = batch.map(withFingerprint(reversalFingerprint));
    return refusals(batch, await callWithBatch('reverse_transactions', items, columns));
  };

  const reserve: DatabaseCommand<NewReservation> = async (batch) => {
    const columns = {
      kinds: batch.map(({ kind }) => kind),
      references: batch.map(({ reference }) => reference),
      expiresAt: batch.map(({ expiresAt }) => expiresAt),
    };
    const values = batchOf(batch.map(withFingerprint(reservationFingerprint)), columns);
    const rows = batch.some(({ captureAs }) => captureAs !== undefined)
      ? await call('reserve_and_capture', reserveAndCaptureParameters, [...values, ...capturesAtOnce(batch)])
      : await call('reserve_funds', batchParameters, values);
    return refusals(batch, rows).map(untimely);
  };

  const capture: DatabaseCommand<Capture> = async (batch) => {
    const columns = {
      targets: batch.map(({ reservationId }) => reservationId),
      releases: batch.map(({ releaseRest = true }) => releaseRest),
      effectiveAt: batch.map(({ effectiveAt }) => effectiveAt),
      metadata: batch.map(({ metadata }) => metadata),
    };
    const items = batch.map(withFingerprint(captureFingerprint));
    return refusals(batch, await callWithBatch('capture_reservations', items, columns));
  };

  const voidReservations: DatabaseCommand<string> = async (batch) =>
    refusals(batch, await call('void_reservations', '$1::text[]', [batch]));

  const extend: DatabaseCommand<Extension> = async (batch) => {
    const ids = batch.map(({ reservationId }) => reservationId);
    const expiries = batch.map(({ expiresAt }) => expiresAt.toISOString());
    const rows = await call('extend_reservations', '$1::text[], $2::timestamptz[]', [ids, expiries]);
    return refusals(batch, rows).map(untimely);
  };

  const openAccounts: DatabaseCommand<NewWalletAccount> = async (batch) => {
    const wallets = batch.map(({ walletId }) => walletId);
    const owners = batch.map(({ ownerId }) => ownerId);
    const currencies = batch.map(({ currency }) => currency);
    const rows = await call('open_accounts', '$1::text[], $2::text[], $3::text[]', [wallets, owners, currencies]);
    return refusals(batch, rows);
  };

  const setAccountStatuses: DatabaseCommand<StatusChange> = async (batch) => {
    const wallets = batch.map(({ walletId }) => walletId);
    const statuses = batch.map(({ status }) => status);
    return refusals(batch, await call('set_account_statuses', '$1::text[], $2::account_status[]', [wallets, statuses]));
  };

  const setAccountLimits: DatabaseCommand<AccountLimits> = async (batch) => {
    const wallets = batch.map(({ walletId }) => walletId);
    const currencies = batch.map(({ currency }) => currency);
    const limits = batch.map(({ creditLimit }) => creditLimit);
    const ceilings = batch.map(({ ceiling }) => ceiling ?? null);
    const parameters = '$1::text[], $2::text[], $3::bigint[], $4::bigint[]';
    const rows = await call('set_account_limits', parameters, [wallets, currencies, limits, ceilings]);
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
  return error instanceof pg.DatabaseError && /^(22|23|54|P0)/.test(error.code ?? '');
}

/** The parameters of `post_transactions`, for {@link postValues}. */
export const postParameters = `${batchParameters}, $19::boolean`;

/**
 * @param groups of transactions that post together
 * @param isDoubtful whether to expect that some are refused: then they are decided item by item at once. It changes no answer.
 */
export function postValues(groups: readonly (readonly NewTransaction[])[], isDoubtful: boolean): readonly unknown[] {
  const transactions = groups.flat();
  const items = groups.flatMap((linked) => {
    const ids = linked.map(({ id }) => id);
    return linked.map((transaction) => ({
      id: transaction.id,
      entries: transaction.entries,
      fingerprint: transactionFingerprint(transaction, ids),
    }));
  });
  const columns = {
    kinds: transactions.map(({ kind }) => kind),
    references: transactions.map(({ reference }) => reference),
    effectiveAt: transactions.map(({ effectiveAt }) => effectiveAt),
    metadata: transactions.map(({ metadata }) => metadata),
    linked: transactions.map(({ linkedWithNext = false }) => linkedWithNext),
  };
  return [...batchOf(items, columns), isDoubtful];
}

const reserveAndCaptureParameters = `${batchParameters}, $19::text[], $20::bytea[]`;

/** Ids and fingerprints, as of captures of all that is reserved; null of what stays reserved. */
function capturesAtOnce(batch: readonly NewReservation[]): readonly unknown[] {
  return [
    batch.map(({ captureAs }) => captureAs ?? null),
    batch.map(
      ({ id, captureAs }) => captureAs && Buffer.from(captureFingerprint({ id: captureAs, reservationId: id }), 'hex'),
    ),
  ];
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
