import type { CustomerPrincipal } from '@paygraph/auth';
import type { Database } from '../database.ts';
import type {
  ReleaseSuspenseErrorCode,
  ReleaseSuspenseInput,
  ReturnSuspenseErrorCode,
  ReturnSuspenseInput,
} from '../generated/graphql.ts';
import type { SuspenseState } from '../generated/prisma/enums.ts';
import type { Directory } from '../payment/directory.ts';
import { fingerprintOf, isIdempotencyKey, type KeyUse, useOf } from '../payment/idempotency.ts';
import { isReason } from '../payment/note.ts';
import { counterpartyIn } from '../payment/outside.ts';
import { type Refused, refused } from '../payment/refusal.ts';
import type { Payments } from '../payment/store.ts';
import type { Router } from '../rails/router.ts';
import type { SuspenseItem } from './item.ts';
import type { Direction, SuspenseItems } from './store.ts';

export interface Directed {
  readonly kind: 'directed';
  readonly item: SuspenseItem;
  readonly replayed: boolean;
}

export interface DirectingDependencies {
  readonly database: Database;
  readonly directory: Directory;
  readonly payments: Payments;
  readonly items: SuspenseItems;
  readonly router: Router;
}

type Shared = 'IDEMPOTENCY_KEY_INVALID' | 'IDEMPOTENCY_KEY_REUSED' | 'SUSPENSE_NOT_FOUND' | 'NOT_OPEN' | 'NOTE_INVALID';

/** Gives an item to a wallet. To the wallet that a late collection was for, it costs what the collection would have. */
export function releaseItem(
  dependencies: DirectingDependencies,
  operator: CustomerPrincipal,
  input: ReleaseSuspenseInput,
): Promise<Directed | Refused<ReleaseSuspenseErrorCode>> {
  const fingerprint = fingerprintOf('releaseSuspense', input);
  return direct<ReleaseSuspenseErrorCode>(dependencies, operator, { ...input, fingerprint }, async (item) => {
    const wallet = await dependencies.directory.wallet(input.walletId);
    if (!wallet) return refused('WALLET_NOT_FOUND');
    if (!wallet.takesIn) return refused('WALLET_UNAVAILABLE');
    if (wallet.currency !== item.amount.currency) return refused('CURRENCY_MISMATCH');
    const [payment] = item.paymentId === null ? [] : await dependencies.payments.byIds([item.paymentId]);
    const isMeantFor = payment && 'walletId' in payment.payee && payment.payee.walletId === wallet.id;
    const fee = item.origin === 'LATE_COLLECTION' && isMeantFor ? payment.price.fee.amount.amount : 0n;
    return { kind: 'release', walletId: wallet.id, fee };
  });
}

/** Sends an item back over a rail, to where it came from or where the operator says. */
export function returnItem(
  dependencies: DirectingDependencies,
  operator: CustomerPrincipal,
  input: ReturnSuspenseInput,
): Promise<Directed | Refused<ReturnSuspenseErrorCode>> {
  const fingerprint = fingerprintOf('returnSuspense', input);
  return direct<ReturnSuspenseErrorCode>(dependencies, operator, { ...input, fingerprint }, async (item) => {
    const counterparty = input.to ? counterpartyIn(input.to) : item.counterparty;
    if (!counterparty) return refused('COUNTERPARTY_INVALID', 'Where it came from is not known: say where to.');
    if ('kind' in counterparty) return counterparty;
    const rail = await dependencies.router.best({ direction: 'PAYOUT', amount: item.amount, counterparty });
    return rail === null ? refused('RAIL_NOT_AVAILABLE') : { kind: 'return', counterparty, rail };
  });
}

async function direct<Code extends ReleaseSuspenseErrorCode | ReturnSuspenseErrorCode>(
  { database, items }: DirectingDependencies,
  operator: CustomerPrincipal,
  input: {
    readonly idempotencyKey: string;
    readonly suspenseId: string;
    readonly note: string;
    readonly fingerprint: KeyUse['fingerprint'];
  },
  decide: (item: SuspenseItem) => Promise<Direction | Refused<Code>>,
): Promise<Directed | Refused<Code | Shared>> {
  const { idempotencyKey: key, suspenseId, note, fingerprint } = input;
  if (!isIdempotencyKey(key)) return refused('IDEMPOTENCY_KEY_INVALID');
  if (!isReason(note)) return refused('NOTE_INVALID');
  const use = { principalId: operator.id, key, fingerprint };
  const used = await useOf(database, use);
  if (used.kind === 'REUSED') return refused('IDEMPOTENCY_KEY_REUSED');
  const [item] = await items.byIds([suspenseId]);
  if (!item) return refused('SUSPENSE_NOT_FOUND');
  if (used.kind === 'used') return { kind: 'directed', item, replayed: true };
  if (item.state !== 'OPEN') return refused('NOT_OPEN', standings[item.state]);
  const direction = await decide(item);
  if (direction.kind === 'refused') return direction;
  const directed = await items.direct(item.id, direction, note, use);
  if (directed) return { kind: 'directed', item: directed, replayed: false };
  const [now = item] = await items.byIds([suspenseId]);
  return refused('NOT_OPEN', standings[now.state]);
}

const standings: Record<SuspenseState, string> = {
  INCOMING: 'The money is not in the books yet. Try again.',
  OPEN: 'Somebody else has just seen to it. Try again.',
  RELEASING: 'The money is on its way to a wallet.',
  RELEASED: 'The money has gone to a wallet.',
  RETURNING: 'The money is on its way back.',
  RETURNED: 'The money has gone back.',
  REOPENED: 'The money could not be sent back: see to the item that it went on as.',
};
