import { setTimeout as delay } from 'node:timers/promises';
import { newId } from '@paygraph/ids';
import type { Currency } from '@paygraph/money';
import { PeerError } from '@paygraph/subgraph';
import { expect, vi } from 'vitest';
import type { Capture, NewEntry, NewReversal, NewTransaction } from '../engine/commands.ts';
import { linkedGroups } from '../engine/linked.ts';
import { codes, credit, debit, house, jpy, kwd, reservation, transaction, usd, wallet } from '../testing/fixture.ts';
import { mirrored } from '../testing/model.ts';
import { createGate, type Gate } from './gate.ts';
import { createJournal, type Errand, type Journal } from './journal.ts';
import type { RemoteLedger } from './remote-ledger.ts';

interface Purse {
  readonly currency: Currency;
  readonly wallets: readonly string[];
}

const walletsPerCurrency = 5;
const funds = 20_000n;

/** Opens funded wallets in currencies with exponents 0, 2 and 3. */
async function openPurses(ledger: RemoteLedger, journal: Journal): Promise<Purse[]> {
  const purses = [jpy, usd, kwd].map((currency) => ({
    currency,
    wallets: Array.from({ length: walletsPerCurrency }, () => newId('wal')),
  }));
  const accounts = purses.flatMap(({ currency, wallets }) =>
    wallets.map((walletId) => ({ walletId, ownerId: newId('cus'), currency })),
  );
  expect(new Set(codes(await ledger.openAccounts(accounts)))).toEqual(new Set(['done']));
  const fundings = accounts.map(({ walletId, currency }) =>
    transaction([debit(house('SETTLEMENT', currency), funds), credit(wallet(walletId, currency), funds)]),
  );
  const errand = posting(fundings);
  journal.ask(errand);
  journal.answer(errand, await errand.send(ledger));
  return purses;
}

const whole = (limit: number) => Math.floor(Math.random() * limit);
const oneOf = <Item>(items: readonly Item[]): Item => {
  const item = items[whole(items.length)];
  if (item === undefined) throw new Error('There is nothing to choose from');
  return item;
};

const posting = (items: readonly NewTransaction[]): Errand => ({
  send: (ledger) => ledger.post(items),
  writes: linkedGroups(items),
});

/** A transfer with a fee, more than the payer may have. */
function entriesBetween({ currency, wallets }: Purse): NewEntry[] {
  const from = whole(wallets.length);
  const to = (from + 1 + whole(wallets.length - 1)) % wallets.length;
  const amount = BigInt(2 + whole(3_000));
  return [
    debit(wallet(wallets[from] ?? '', currency), amount),
    credit(wallet(wallets[to] ?? '', currency), amount - 1n),
    credit(house('FEE_REVENUE', currency), 1n),
  ];
}

/** The amounts with the fee left out, as a part of them that balances too. */
const partOf = ([paid, received]: readonly NewEntry[]): NewEntry[] => {
  if (!paid || !received) throw new Error('A transfer has both');
  const amount = received.amount / 2n + 1n;
  return [paid, received].map((entry) => ({ ...entry, amount: amount < received.amount ? amount : received.amount }));
};

interface Held {
  readonly id: string;
  readonly entries: readonly NewEntry[];
}

/** A caller that does one errand after the other, and repeats each until it is answered. */
function createCaller({ ledgers, purses, journal, gate }: Scene) {
  let held: Held[] = [];
  let reversible: NewTransaction[] = [];
  let server = whole(ledgers.length);

  const run = async (errand: Errand) => {
    journal.ask(errand);
    for (;;) {
      await gate.pass();
      try {
        const outcomes = await errand.send(ledgers[server % ledgers.length] as RemoteLedger);
        journal.answer(errand, outcomes);
        return codes(outcomes);
      } catch (error) {
        if (!(error instanceof PeerError && error.retryable)) throw error;
        server += 1;
        await delay(20);
      }
    }
  };

  const post = async (isLinked: boolean) => {
    const size = isLinked ? 2 + whole(2) : 1 + whole(3);
    const items = Array.from({ length: size }, (_, index) =>
      transaction(entriesBetween(oneOf(purses)), { linkedWithNext: isLinked && index < size - 1 }),
    );
    const answers = await run(posting(items));
    if (isLinked) expect(new Set(answers.map((code) => code === 'done')).size, 'all or none').toBe(1);
    reversible.push(...items.filter((_, index) => answers[index] === 'done'));
  };

  const reserveAndCapture = async () => {
    const captureAs = newId('txn');
    const item = reservation(entriesBetween(oneOf(purses)), { captureAs });
    const [answer] = await run({
      send: async (ledger) => (await ledger.reserve([item])).map((outcome) => ({ ...outcome, id: captureAs })),
      writes: [[{ id: captureAs, entries: item.entries }]],
      leaves: { id: item.id, state: 'CAPTURED' },
    });
    expect(['done', 'INSUFFICIENT_FUNDS']).toContain(answer);
    if (answer === 'done') reversible.push(transaction(item.entries, { id: captureAs }));
  };

  const reserve = async () => {
    const item = reservation(entriesBetween(oneOf(purses)));
    const [answer] = await run({
      send: (ledger) => ledger.reserve([item]),
      writes: [],
      leaves: { id: item.id, state: 'RESERVED' },
    });
    expect(['done', 'INSUFFICIENT_FUNDS']).toContain(answer);
    if (answer === 'done') held.push(item);
  };

  const takeHeld = (): Held | undefined => {
    const taken = held[whole(held.length)];
    held = held.filter((each) => each !== taken);
    return taken;
  };

  const capture = async ({ id: reservationId, entries }: Held) => {
    const isPartial = whole(2) === 0;
    const releaseRest = whole(2) === 0;
    const item: Capture = {
      id: newId('txn'),
      reservationId,
      releaseRest,
      ...(isPartial && { entries: partOf(entries) }),
    };
    const ends = releaseRest || !isPartial;
    const errand: Errand = {
      send: (ledger) => ledger.capture([item]),
      writes: [[{ id: item.id, entries: item.entries ?? entries }]],
      leaves: { id: reservationId, state: ends ? 'CAPTURED' : 'RESERVED' },
    };
    // What was reserved can be captured, whoever else spends: the hold is for that.
    expect(await run(errand)).toEqual(['done']);
    if (ends) return;
    // A reservation that was captured in part is given back.
    expect(await run(voiding(reservationId))).toEqual(['done']);
  };

  const voiding = (id: string): Errand => ({
    send: (ledger) => ledger.void([id]),
    writes: [],
    leaves: { id, state: 'VOIDED' },
  });

  const reverse = async (original: NewTransaction) => {
    reversible = reversible.filter((each) => each !== original);
    const isPartial = whole(2) === 0;
    const item: NewReversal = {
      id: newId('txn'),
      reverses: original.id,
      ...(isPartial && { entries: partOf(original.entries).map(mirrored) }),
    };
    const entries = item.entries ?? original.entries.map(mirrored);
    const [answer] = await run({ send: (ledger) => ledger.reverse([item]), writes: [[{ id: item.id, entries }]] });
    expect(['done', 'INSUFFICIENT_FUNDS']).toContain(answer);
  };

  /** One errand, of those that can be done now. */
  return async () => {
    const choice = whole(20);
    if (choice < 6) return post(false);
    if (choice < 8) return reserveAndCapture();
    if (choice < 11) return post(true);
    if (choice < 14) return reserve();
    if (choice === 14) return void (await run(voiding(newId('res'))));
    if (choice === 15 && reversible.length > 0) return reverse(oneOf(reversible));
    const taken = takeHeld();
    if (!taken) return reserve();
    if (choice < 18) return capture(taken);
    expect(await run(voiding(taken.id))).toEqual(['done']);
  };
}

interface Scene {
  readonly ledgers: readonly RemoteLedger[];
  readonly purses: readonly Purse[];
  readonly journal: Journal;
  readonly gate: Gate;
}

export type Callers = Awaited<ReturnType<typeof startCallers>>;

/** Callers that keep the ledgers busy with all kinds of commands. */
export async function startCallers(ledgers: readonly RemoteLedger[], count: number) {
  const journal = createJournal();
  const gate = createGate();
  const [first] = ledgers;
  if (!first) throw new Error('There is no ledger to call');
  const scene: Scene = { ledgers, purses: await openPurses(first, journal), journal, gate };
  let stopped = false;
  let failure: unknown;
  const work = async () => {
    const act = createCaller(scene);
    while (!stopped) await act();
  };
  const done = Promise.all(Array.from({ length: count }, work)).catch((error: unknown) => {
    failure = error;
  });
  const until = (condition: () => boolean) =>
    vi.waitFor(
      () => {
        if (failure !== undefined) return;
        if (!condition()) throw new Error('The callers are not that far');
      },
      { timeout: 180_000, interval: 5 },
    );
  const expectSound = () => {
    if (failure !== undefined) throw failure;
  };

  return {
    journal,
    /** Resolves when that many more commands were answered. */
    answered: async (more: number) => {
      const wanted = journal.answers() + more;
      await until(() => journal.answers() >= wanted);
      expectSound();
    },
    /** From now on nobody sends anything. */
    hold: gate.close,
    /** Resolves when everybody is held, with an answer or without. */
    held: async () => {
      await until(() => gate.waiting() === count);
      expectSound();
    },
    resume: gate.open,
    /** Ends when everybody's last command is answered. */
    stop: async () => {
      stopped = true;
      gate.open();
      await done;
      expectSound();
    },
  };
}
