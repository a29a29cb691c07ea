import { createServiceTokenSigner } from '@paygraph/auth';
import type { DatabaseName } from '@paygraph/database';
import { query } from '@paygraph/database/testing';
import { newId } from '@paygraph/ids';
import { createGraphClient } from '@paygraph/standalone/client';
import { beforeAll, expect, it } from 'vitest';
import { expectAgreement } from './agreement.ts';
import { usePlatform } from './journey.ts';
import { bankAccount, outcomeOf, payNow, payout, transfer } from './payments.ts';
import type { Customer } from './platform.ts';

const platform = usePlatform('one process');
let payer: Customer;
let payee: Customer;

beforeAll(async () => {
  payer = await platform().customer({ USD: '10.00' });
  payee = await platform().customer({ USD: '0.00' });
  await outcomeOf(payer, await payNow(payer, transfer(payer, payee, '1.00 USD', 'USD')));
  await outcomeOf(payer, await payNow(payer, payout(payer, bankAccount, '1.00 USD')));
  await expectAgreement(platform());
});

/** A change that no service makes, how it is undone, and the words in which it is told. */
type Case = [sentence: string, database: DatabaseName, tamper: string, repair: string, told: string];

const cost = (cents: number) => `UPDATE payment SET fee_amount = fee_amount + ${cents} WHERE kind = 'TRANSFER'`;
const brought = (cents: number) => `
  UPDATE payment SET
    source_amount = source_amount + ${cents}, target_amount = target_amount + ${cents}, target_at_mid = target_at_mid + ${cents}
  WHERE kind = 'COLLECTION'`;
const ordered = (cents: number) => `UPDATE payment_attempt SET amount = amount + ${cents}`;
const lease = (owner: string) => `UPDATE payment SET lease_owner = ${owner}`;

it.each<Case>([
  ['a payment that cost more than was posted', 'payment', cost(1), cost(-1), 'what stands in the books'],
  ['a deposit that brought more than was posted', 'payment', brought(1), brought(-1), 'what stands in the books'],
  ['an order that a rail never took', 'payment', ordered(1), ordered(-1), 'what rails did'],
  [
    'a payment at rest that somebody has in hand',
    'payment',
    lease("'nobody'"),
    lease('NULL'),
    'what is amiss with payments',
  ],
  [
    'a limit that is still held',
    'wallet',
    "UPDATE limit_hold SET status = 'HELD', settled_at = NULL",
    "UPDATE limit_hold SET status = 'USED', settled_at = now()",
    'limits still held',
  ],
  [
    'a limit of which more was taken than was held',
    'wallet',
    'UPDATE limit_usage SET taken = taken + 1',
    'UPDATE limit_usage SET taken = taken - 1',
    'what is amiss with limits',
  ],
  [
    'a wallet that is frozen without its account',
    'wallet',
    "UPDATE wallet SET status = 'FROZEN', freeze_origin = 'OPERATOR', frozen_at = now()",
    "UPDATE wallet SET status = 'ACTIVE', freeze_origin = NULL, frozen_at = NULL",
    'the accounts of wallets',
  ],
])('agreement is not found where there is %s', async (_sentence, database, tamper, repair, told) => {
  const { migrationUrl } = platform().databases[database];
  await query(migrationUrl, tamper);
  await expect(expectAgreement(platform())).rejects.toThrow(told);
  await query(migrationUrl, repair);
});

it('agreement is not found where there is a reservation of no payment', async () => {
  const id = newId('res');
  const entry = (direction: 'DEBIT' | 'CREDIT', { wallet }: Customer) => ({
    account: { purpose: 'WALLET', currency: 'USD', walletId: wallet('USD') },
    ...{ direction, amount: { amount: '1.00', currency: 'USD' } },
  });
  const reservation = {
    ...{ id, kind: 'TRANSFER', reference: newId('pay'), expiresAt: new Date(Date.now() + 60_000).toISOString() },
    entries: [entry('DEBIT', payer), entry('CREDIT', payee)],
  };
  const ledger = createGraphClient(platform().addressOf('ledger'), paymentToken());
  await ledger('mutation ($of: [ReserveInput!]!) { reserve(reservations: $of) { done } }', { of: [reservation] });
  await expect(expectAgreement(platform())).rejects.toThrow('what is still reserved');
  await ledger('mutation ($of: [ID!]!) { void(reservationIds: $of) { done } }', { of: [id] });
});

function paymentToken(): string {
  const payment = platform().keys.serviceKeys.get('payment');
  if (!payment) throw new Error('Payment has no key');
  return createServiceTokenSigner({ service: 'payment', key: payment.key })('ledger', ['ledger:post']);
}
