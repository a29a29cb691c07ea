import { newId } from '@paygraph/ids';
import type { Currency } from '@paygraph/money';
import { type AccountAddress, addressText } from '../account/chart.ts';
import type { Capture, NewEntry, NewReservation, NewReversal, NewTransaction } from '../engine/commands.ts';
import type { Call } from './calls.ts';
import { credit, debit, house, jpy, kwd, ofRail, type TestLedger, usd, wallet } from './fixture.ts';
import { type LedgerModel, mirrored } from './model.ts';
import type { CallStep, Movement, Part } from './steps.ts';

/** Accounts of all policies in one currency: wallets with floor 0, one with a credit limit, and the house's. */
export interface Accounts {
  readonly currency: Currency;
  readonly addresses: readonly AccountAddress[];
}

const creditLimit = 300n;

/** Opens fresh accounts in the ledger and in the model, so that runs share nothing but what is unlimited. */
export async function openAccounts(ledger: TestLedger, model: LedgerModel): Promise<Accounts[]> {
  const rail = newId('acc').slice(-32);
  return Promise.all(
    // With exponents 0, 2 and 3.
    [jpy, usd, kwd].map(async (currency) => {
      const wallets = await Promise.all(Array.from({ length: 3 }, () => ledger.openWallet({ currency })));
      const [, , onCredit = ''] = wallets;
      await ledger.engine.setAccountLimits([{ walletId: onCredit, currency, creditLimit }]);
      for (const id of wallets) model.open(id, id === onCredit ? -creditLimit : 0n);
      const others = [ofRail('PAYOUT_TRANSIT', currency, rail), ofRail('RAIL_CLEARING', currency, rail)];
      for (const account of others) model.open(addressText(account), account.purpose === 'PAYOUT_TRANSIT' ? 0n : null);
      for (const purpose of ['FEE_REVENUE', 'FX_POSITION'] as const)
        model.open(addressText(house(purpose, currency)), null);
      return { currency, addresses: [...wallets.map((id) => wallet(id, currency)), ...others] };
    }),
  );
}

/** A transaction that gives two wallets of a currency something to spend. */
export function fundingOf({ currency, addresses }: Accounts): NewTransaction {
  const [one, another, , , clearing] = addresses;
  if (!one || !another || !clearing) throw new Error('There are no accounts');
  const entries = [debit(clearing, 2_500n), credit(one, 1_500n), credit(another, 1_000n)];
  return { id: newId('txn'), kind: 'COLLECTION', reference: currency, entries };
}

const pick = <Item>(items: readonly Item[], index: number): Item | undefined =>
  items[index % Math.max(1, items.length)];

const content = { kind: 'TRANSFER' as const, reference: 'model' };

/** Makes calls of steps, and remembers them, so that later steps can refer to them. */
export function createCallMaker(accounts: readonly Accounts[]) {
  const posted: NewTransaction[] = [];
  const reserved: NewReservation[] = [];
  const captured: Capture[] = [];
  const reversed: NewReversal[] = [];

  const transactionOf = (given: Movement): NewTransaction => ({
    ...content,
    id: newId('txn'),
    entries: entriesOf(accounts, given),
  });
  const reservationOf = (given: Movement): NewReservation => ({
    ...content,
    id: newId('res'),
    entries: entriesOf(accounts, given),
    expiresAt: new Date(Date.now() + 3_600_000),
  });
  const captureOf = ({ which, share, releaseRest }: Part): Capture => {
    const reservation = pick(reserved, which);
    const base = { id: newId('txn'), reservationId: reservation?.id ?? newId('res'), releaseRest };
    const entries = reservation && shareOf(reservation.entries, share);
    return entries ? { ...base, entries } : base;
  };
  const reversalOf = ({ which, share }: Part): NewReversal => {
    const original = pick([...posted, ...captured.filter(({ entries }) => entries)], which);
    const base = { id: newId('txn'), reverses: original?.id ?? newId('txn') };
    const entries = original?.entries && shareOf(original.entries, share);
    return entries ? { ...base, entries: entries.map(mirrored) } : base;
  };

  const repeatOf = ({ which, command, altered, twice }: CallStep & { act: 'repeat' }): Call | undefined => {
    const again = <Item>(item: Item, other: Item) => [...(twice ? [item] : []), altered ? other : item];
    const transaction = pick(posted, which);
    const reversal = pick(reversed, which);
    const reservation = pick(reserved, which);
    const capture = pick(captured, which);
    if (command === 1 && reversal) return { command: 'reverse', items: again(reversal, alteredItem(reversal)) };
    if (command === 2 && reservation)
      return { command: 'reserve', items: again(reservation, alteredItem(reservation)) };
    if (command === 3 && capture) return { command: 'capture', items: again(capture, alteredItem(capture)) };
    if (!transaction) return undefined;
    const alone = { ...transaction, linkedWithNext: false };
    return { command: 'post', items: again(alone, alteredItem(alone)) };
  };

  const walletOf = (which: number) => {
    const { currency = usd, addresses = [] } = pick(accounts, which) ?? {};
    return { currency, walletId: addresses[which % 3]?.walletId ?? '' };
  };

  const made = (step: CallStep): Call | undefined => {
    switch (step.act) {
      case 'post': {
        const links = (index: number) => index < step.list.length - 1 && step.links[index] === true;
        const items = step.list.map((given, index) => ({ ...transactionOf(given), linkedWithNext: links(index) }));
        return { command: 'post', items };
      }
      case 'post linked': {
        const last = step.list.length - 1;
        const items = step.list.map((given, index) => ({ ...transactionOf(given), linkedWithNext: index < last }));
        return { command: 'post', items };
      }
      case 'reserve':
        return {
          command: 'reserve',
          items: step.list.map((given, index) => ({
            ...reservationOf(given),
            ...(step.atOnce[index] && { captureAs: newId('txn') }),
          })),
        };
      case 'capture':
        return { command: 'capture', items: step.list.map(captureOf) };
      case 'reverse':
        return { command: 'reverse', items: step.list.map(reversalOf) };
      case 'void': {
        const items = step.list.flatMap((which) => pick(reserved, which)?.id ?? []);
        return items.length > 0 ? { command: 'void', items } : undefined;
      }
      case 'void unknown': {
        // It is reserved too late: by a repeat, or by whoever calls at the same time.
        const late = reservationOf(step.movement);
        reserved.push(late);
        return { command: 'void', items: [late.id] };
      }
      case 'repeat':
        return repeatOf(step);
      case 'extend': {
        const reservationId = pick(reserved, step.which)?.id ?? newId('res');
        return { command: 'extend', items: [{ reservationId, expiresAt: new Date(Date.now() + 7_200_000) }] };
      }
      case 'set limits': {
        const { walletId, currency } = walletOf(step.which);
        const creditLimit = BigInt(step.creditLimit);
        const ceiling = step.ceiling === null ? undefined : BigInt(step.ceiling);
        return { command: 'setAccountLimits', items: [{ walletId, currency, creditLimit, ceiling }] };
      }
      case 'set status': {
        const { walletId } = walletOf(step.which);
        return { command: 'setAccountStatuses', items: [{ walletId, status: step.status }] };
      }
    }
  };

  return {
    reserved: (which: number) => pick(reserved, which),
    /** Undefined when there is nothing yet that it could refer to. */
    callOf: (step: CallStep): Call | undefined => {
      const call = made(step);
      if (call?.command === 'post') posted.push(...call.items);
      if (call?.command === 'reverse') reversed.push(...call.items);
      if (call?.command === 'reserve') {
        reserved.push(...call.items);
        captured.push(...call.items.flatMap(capturedAtOnce));
      }
      if (call?.command === 'capture') captured.push(...call.items);
      return call;
    },
  };
}

/** As a later capture would name it: the same id for all of its entries, which is other content. */
const capturedAtOnce = ({ id, captureAs, entries }: NewReservation): Capture[] =>
  captureAs === undefined ? [] : [{ id: captureAs, reservationId: id, entries }];

/** The same ids with other content, where a command has content. */
export function altered(call: Call): Call {
  switch (call.command) {
    case 'post':
      return { ...call, items: call.items.map(alteredItem) };
    case 'reverse':
      return { ...call, items: call.items.map(alteredItem) };
    case 'reserve':
      return { ...call, items: call.items.map(alteredItem) };
    case 'capture':
      return { ...call, items: call.items.map(alteredItem) };
    default:
      return call;
  }
}

const alteredItem = <Item extends object>(item: Item): Item =>
  'reference' in item ? { ...item, reference: 'another' } : { ...item, metadata: { altered: true } };

function entriesOf(accounts: readonly Accounts[], { currency, from, to, amount, fee, into }: Movement): NewEntry[] {
  const source = accounts[currency];
  const target = into ? accounts[into.currency] : source;
  const payer = source && pick(source.addresses, from);
  const payee = target && pick(target.addresses, to);
  if (!source || !target || !payer || !payee) throw new Error('There are no accounts');
  const fees = fee > 0 ? [credit(house('FEE_REVENUE', source.currency), BigInt(fee))] : [];
  const paid = debit(payer, BigInt(amount + fee));
  if (!into || source === target) return [paid, credit(payee, BigInt(amount)), ...fees];
  return [
    paid,
    credit(house('FX_POSITION', source.currency), BigInt(amount)),
    ...fees,
    debit(house('FX_POSITION', target.currency), BigInt(into.amount)),
    credit(payee, BigInt(into.amount)),
  ];
}

/** The share of each entry, if that balances. */
function shareOf(entries: readonly NewEntry[], share: number | null): NewEntry[] | undefined {
  if (share === null) return undefined;
  const scaled = entries.map((entry) => ({ ...entry, amount: (entry.amount * BigInt(share)) / 100n }));
  return isBalanced(scaled) ? scaled : undefined;
}

function isBalanced(entries: readonly NewEntry[]): boolean {
  const sums = new Map<string, bigint>();
  for (const { account, direction, amount } of entries) {
    if (amount === 0n) return false;
    sums.set(account.currency, (sums.get(account.currency) ?? 0n) + (direction === 'DEBIT' ? amount : -amount));
  }
  return [...sums.values()].every((sum) => sum === 0n);
}
