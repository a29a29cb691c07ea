import { literals } from '../database.ts';
import { Prisma } from '../generated/prisma/client.ts';
import { hasMovedMoney, states } from './lifecycle.ts';
import type { AmountRange, Audience, PaymentSelection } from './selection.ts';

/*
 * Conditions on the row `p` of payment. What a page is read by is a list of branches: each is served in the list's order by
 * one index, and together they are all that may be seen, so that a page costs what a page holds.
 */

const withMoneyMoved = states.filter(hasMovedMoney);
/** What the payee sees: what has arrived by a state, and what they collect over a rail from the start. */
const shownToPayeeIn = (state: Prisma.Sql) => Prisma.sql`
  (${state} IN (${literals(withMoneyMoved)}) OR (p.kind = 'COLLECTION' AND p.counterparty IS NOT NULL))`;
export const shownToPayee = shownToPayeeIn(Prisma.sql`p.state`);

/** Where the rows of a page come from, and what each must fulfil. */
export interface Branch {
  readonly from: Prisma.Sql;
  readonly where: Prisma.Sql;
}

const payments = Prisma.sql`payment p`;
const branch = (where: Prisma.Sql): Branch => ({ from: payments, where });

/** The branches of what an audience may see of a selection; each is to be read with `conditionsOf` too. */
export function branchesOf(audience: Audience, selection: PaymentSelection): Branch[] {
  const { walletId, metadata, states: wanted } = selection;
  const [entry] = metadata ?? [];
  // Relies on payment_metadata_key_value_payment_id_idx, and for a customer on payment_metadata_owner_id_….
  if (entry) {
    const found = Prisma.sql`m.key = ${entry.key} AND m.value = ${entry.value}`;
    const from = Prisma.sql`payment_metadata m JOIN payment p ON p.id = m.payment_id`;
    return [
      { from, where: audience === 'everybody' ? found : Prisma.sql`m.owner_id = ${audience.customerId} AND ${found}` },
    ];
  }
  // Relies on payment_payer_wallet_id_id_idx and payment_payee_wallet_id_id_idx.
  if (walletId !== undefined)
    return [Prisma.sql`p.payer_wallet_id = ${walletId}`, Prisma.sql`p.payee_wallet_id = ${walletId}`].map((side) =>
      branch(Prisma.sql`${side} AND ${seenBy(audience)}`),
    );
  // Relies on payment_payer_customer_id_id_idx and payment_payee_customer_id_id_idx.
  const customerId = audience === 'everybody' ? selection.customerId : audience.customerId;
  if (customerId !== undefined) {
    const paid = Prisma.sql`p.payee_customer_id = ${customerId}`;
    return [
      branch(Prisma.sql`p.payer_customer_id = ${customerId}`),
      branch(audience === 'everybody' ? paid : Prisma.sql`${paid} AND ${shownToPayee}`),
    ];
  }
  // Relies on payment_counterparty_account_id_idx.
  if (selection.counterpartyAccount !== undefined) return [branch(outsideIs(selection.counterpartyAccount))];
  // Relies on payment_state_id_idx.
  if (wanted && wanted.length > 0)
    return [...new Set(wanted)].map((state) => branch(Prisma.sql`p.state = ${state}::payment_state`));
  return [branch(Prisma.sql`true`)];
}

/** Whether the audience sees the payment `p`, or of it a step into a state. */
export function seenBy(audience: Audience, state = Prisma.sql`p.state`): Prisma.Sql {
  if (audience === 'everybody') return Prisma.sql`true`;
  const { customerId } = audience;
  return Prisma.sql`(
    p.payer_customer_id = ${customerId} OR (p.payee_customer_id = ${customerId} AND ${shownToPayeeIn(state)})
  )`;
}

/** Whether the payment `p` fulfils everything that is given; `state` is the column that `states` are about. */
export function conditionsOf(audience: Audience, selection: PaymentSelection, state = Prisma.sql`p.state`): Prisma.Sql {
  const {
    states: wanted,
    kinds,
    rails,
    walletId,
    customerId,
    amount,
    createdFrom,
    createdBefore,
    reference,
  } = selection;
  const { counterpartyHandle: handle, counterpartyAccount: account, metadata = [] } = selection;
  const self = audience === 'everybody' ? customerId : audience.customerId;
  return Prisma.join(
    [
      Prisma.sql`true`,
      ...(wanted ? [Prisma.sql`${state} = ANY (${[...wanted]}::payment_state[])`] : []),
      ...(kinds ? [Prisma.sql`p.kind = ANY (${[...kinds]}::payment_kind[])`] : []),
      ...(rails ? [Prisma.sql`p.rail = ANY (${[...rails]}::text[])`] : []),
      ...(walletId === undefined ? [] : [Prisma.sql`${walletId} IN (p.payer_wallet_id, p.payee_wallet_id)`]),
      ...(customerId === undefined ? [] : [Prisma.sql`${customerId} IN (p.payer_customer_id, p.payee_customer_id)`]),
      ...(handle === undefined ? [] : [otherSideIs(handle, self)]),
      ...(account === undefined ? [] : [outsideIs(account)]),
      ...(amount ? amountIn(amount) : []),
      ...(createdFrom ? [Prisma.sql`p.created_at >= ${createdFrom} AND p.id >= ${idAt(createdFrom, -skewMs)}`] : []),
      ...(createdBefore ? [Prisma.sql`p.created_at < ${createdBefore} AND p.id < ${idAt(createdBefore, skewMs)}`] : []),
      ...(reference === undefined ? [] : [Prisma.sql`p.external_reference = ${reference}`]),
      ...metadata.map((entry) => hasMetadata(audience, entry)),
    ],
    ' AND ',
  );
}

function otherSideIs(handle: string, self: string | undefined): Prisma.Sql {
  return Prisma.sql`(
    (p.payer_customer_id = ${self} AND p.payee_handle = ${handle})
    OR (p.payee_customer_id = ${self} AND p.payer_handle = ${handle})
  )`;
}

/** Written as in the index. */
function outsideIs(account: string): Prisma.Sql {
  return Prisma.sql`(
    p.counterparty IS NOT NULL
    AND coalesce(p.counterparty ->> 'phoneNumber', p.counterparty ->> 'iban') = ${account}
  )`;
}

function amountIn({ currency, min, max }: AmountRange): Prisma.Sql[] {
  return [
    Prisma.sql`p.amount_currency = ${currency}`,
    ...(min === undefined ? [] : [Prisma.sql`p.amount >= ${min}::bigint`]),
    ...(max === undefined ? [] : [Prisma.sql`p.amount <= ${max}::bigint`]),
  ];
}

function hasMetadata(audience: Audience, { key, value }: { key: string; value: string }): Prisma.Sql {
  const owner = audience === 'everybody' ? Prisma.sql`true` : Prisma.sql`x.owner_id = ${audience.customerId}`;
  return Prisma.sql`EXISTS (
    SELECT FROM payment_metadata x WHERE x.payment_id = p.id AND x.key = ${key} AND x.value = ${value} AND ${owner}
  )`;
}

/** How far apart the clock of a process that made an id may be from the database's, in ms. */
const skewMs = 60 * 60_000;

/** The least id that a payment could have at an instant: ids begin with their time, so that an index knows it too. */
function idAt(instant: Date, shiftMs: number): string {
  const ms = Math.max(0, instant.getTime() + shiftMs);
  return `pay_${ms.toString(16).padStart(12, '0')}`;
}
