import { currencyOf, parseAmount } from '@paygraph/money';
import { type AccountAddress, addressText } from '../account/chart.ts';
import type {
  AccountInput,
  AccountLimitsInput,
  CaptureInput,
  EntryInput,
  PostTransactionInput,
  ReserveInput,
  ReverseInput,
} from '../generated/graphql.ts';
import type {
  AccountLimits,
  Capture,
  NewEntry,
  NewReservation,
  NewReversal,
  NewTransaction,
  Refusal,
} from './commands.ts';
import type { Prepared } from './each.ts';

/** From the graph's inputs to the engine's items: amounts become minor units, or the item is refused. */

export function transactionFrom({
  entries,
  effectiveAt,
  metadata,
  linkedWithNext,
  ...rest
}: PostTransactionInput): Prepared<NewTransaction> {
  return withEntries(rest.id, entries, (parsed) => ({
    ...rest,
    entries: parsed,
    effectiveAt: effectiveAt ?? undefined,
    metadata: metadata ?? undefined,
    linkedWithNext: linkedWithNext ?? undefined,
  }));
}

export function reservationFrom({ entries, captureAs, ...rest }: ReserveInput): Prepared<NewReservation> {
  return withEntries(rest.id, entries, (parsed) => ({ ...rest, entries: parsed, captureAs: captureAs ?? undefined }));
}

export function reversalFrom({
  transactionId,
  entries,
  effectiveAt,
  metadata,
  id,
}: ReverseInput): Prepared<NewReversal> {
  const reversal = {
    id,
    reverses: transactionId,
    effectiveAt: effectiveAt ?? undefined,
    metadata: metadata ?? undefined,
  };
  if (!entries) return { kind: 'sound', item: reversal };
  return withEntries(id, entries, (parsed) => ({ ...reversal, entries: parsed }));
}

export function captureFrom({ entries, effectiveAt, metadata, releaseRest, ...rest }: CaptureInput): Prepared<Capture> {
  const capture = {
    ...rest,
    releaseRest: releaseRest ?? undefined,
    effectiveAt: effectiveAt ?? undefined,
    metadata: metadata ?? undefined,
  };
  if (!entries) return { kind: 'sound', item: capture };
  return withEntries(rest.id, entries, (parsed) => ({ ...capture, entries: parsed }));
}

export function limitsFrom({ walletId, creditLimit, ceiling }: AccountLimitsInput): Prepared<AccountLimits> {
  const refused = (message?: string): Prepared<AccountLimits> => ({
    kind: 'refused',
    id: walletId,
    refusal: { code: 'INVALID_AMOUNT', account: walletId, message },
  });
  if (ceiling && ceiling.currency !== creditLimit.currency) return refused();
  const currency = currencyOf(creditLimit.currency);
  const credit = parseAmount(creditLimit.amount, currency);
  if (credit.kind === 'fault') return refused(`The credit limit is not valid: ${credit.fault}`);
  const most = ceiling && parseAmount(ceiling.amount, currency);
  if (most?.kind === 'fault') return refused(`The ceiling is not valid: ${most.fault}`);
  return {
    kind: 'sound',
    item: { walletId, currency, creditLimit: credit.money.amount, ceiling: most?.money.amount },
  };
}

function withEntries<Item>(
  id: string,
  inputs: readonly EntryInput[],
  make: (entries: readonly NewEntry[]) => Item,
): Prepared<Item> {
  const entries: NewEntry[] = [];
  for (const input of inputs) {
    const entry = entryFrom(input);
    if ('code' in entry) return { kind: 'refused', id, refusal: entry };
    entries.push(entry);
  }
  return { kind: 'sound', item: make(entries) };
}

function entryFrom({ account: input, direction, amount }: EntryInput): NewEntry | Refusal {
  const account = addressFrom(input);
  if (amount.currency !== account.currency) return { code: 'INVALID_AMOUNT', account: addressText(account) };
  const parsed = parseAmount(amount.amount, account.currency);
  if (parsed.kind === 'fault')
    return {
      code: 'INVALID_AMOUNT',
      account: addressText(account),
      message: `The amount is not valid: ${parsed.fault}`,
    };
  return { account, direction, amount: parsed.money.amount };
}

function addressFrom({ purpose, currency, rail, walletId }: AccountInput): AccountAddress {
  return { purpose, currency: currencyOf(currency), rail: rail ?? undefined, walletId: walletId ?? undefined };
}
