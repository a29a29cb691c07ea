import type { CustomerPrincipal } from '@paygraph/auth';
import type { Money } from '@paygraph/money';
import { unstorable } from '../database.ts';
import type { RecordDepositErrorCode, RecordDepositInput } from '../generated/graphql.ts';
import type { KycTier } from '../generated/peers/profile.ts';
import type { FeeSchedule } from '../quote/fees.ts';
import type { Price } from '../quote/price.ts';
import { amountFrom } from './amount.ts';
import type { CreationDependencies } from './create.ts';
import { fingerprintOf, isIdempotencyKey } from './idempotency.ts';
import { newPaymentIds } from './insert.ts';
import { type Made, makeOnce } from './make.ts';
import { ownRails } from './rail.ts';
import { type Refused, refused } from './refusal.ts';

type DepositRefused = Refused<RecordDepositErrorCode>;

const longestReference = 64;

/** Makes a COLLECTION over the rail `manual`: an operator says that money has arrived. @throws PeerError */
export async function createDeposit(
  dependencies: CreationDependencies,
  operator: CustomerPrincipal,
  input: RecordDepositInput,
): Promise<Made | DepositRefused> {
  const { directory, fees } = dependencies;
  const { idempotencyKey: key, reference } = input;
  if (!isIdempotencyKey(key)) return refused('IDEMPOTENCY_KEY_INVALID');
  if (!isReference(reference)) return refused('REFERENCE_INVALID');
  const amount = amountFrom(input.amount);
  if ('kind' in amount) return amount;
  const use = { principalId: operator.id, key, fingerprint: fingerprintOf('recordDeposit', input) };

  return makeOnce(dependencies, use, 'REFERENCE_USED', async () => {
    const wallet = await directory.wallet(input.walletId);
    if (!wallet) return refused('WALLET_NOT_FOUND');
    if (!wallet.takesIn) return refused('WALLET_UNAVAILABLE');
    if (wallet.currency !== amount.currency) return refused('CURRENCY_MISMATCH');
    const payee = await directory.party(wallet);
    const price = priceOf(amount, payee.tier, fees);
    if (price.target.amount <= 0n) return refused('AMOUNT_TOO_SMALL', 'The fee would be all of it.');
    return {
      kind: 'COLLECTION',
      ...newPaymentIds(),
      amount,
      price,
      payee,
      quoteId: null,
      metadata: null,
      payer: { displayName: ownRails.manual },
      captureMethod: 'AUTOMATIC',
      counterparty: null,
      rail: 'manual',
      externalReference: reference,
    };
  });
}

/** The fee of a collection is taken from what comes in. */
function priceOf(amount: Money, tier: KycTier, fees: FeeSchedule): Price {
  const fee = fees.feeFor({ kind: 'COLLECTION', rail: 'manual', conversion: false, tier }, amount);
  const target = { amount: amount.amount - fee.amount.amount, currency: amount.currency };
  return { source: amount, target, targetAtMid: target, fee, conversion: null };
}

/** What a bank calls something: 1 to 64 characters. */
export function isReference(reference: string): boolean {
  return reference.trim() !== '' && reference.length <= longestReference && !unstorable.test(reference);
}
