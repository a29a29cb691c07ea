import type { RailName } from '@paygraph/rails-sandbox';
import { type BehaviourPatch, railNames, wellBehaved } from '@paygraph/rails-sandbox';
import { type Service, serviceNames } from '@paygraph/standalone';
import { randomFrom } from '../support/random.ts';

/** What becomes of the money afterwards: nothing, all of it back, in two parts, or two who each want 60 % of it at once. */
export type Refund = 'NONE' | 'WHOLE' | 'PARTS' | 'RIVALS';

/** What somebody is about to do, and who: `from` and `to` are customers by number. Amounts in minor units. */
export type Errand = { readonly from: number; readonly to: number; readonly cents: number } & (
  | { readonly kind: 'TRANSFER'; readonly refund: Refund }
  /** More than anybody has. */
  | { readonly kind: 'BEYOND_MEANS' }
  | { readonly kind: 'CONVERSION'; readonly refund: Refund }
  /** Captured by hand, or not: one of two who race, called off, or left as it is. */
  | {
      readonly kind: 'MANUAL';
      readonly across: boolean;
      readonly end: 'CAPTURE' | 'CAPTURE_PART' | 'CANCEL' | 'RACE' | 'LEAVE';
    }
  | { readonly kind: 'COLLECTION'; readonly phoneNumber: string; readonly cancel: boolean; readonly refund: Refund }
  | { readonly kind: 'PAYOUT'; readonly phoneNumber: string; readonly cancel: boolean }
  | { readonly kind: 'BANK_PAYOUT'; readonly across: boolean }
  | { readonly kind: 'DEPOSIT' }
);

/** Whatever can be killed: a process of each service, and PostgreSQL. */
export type Victim = Service | 'postgres';
export const victims: readonly Victim[] = [...serviceNames, 'postgres'];

export type Moods = Readonly<Record<RailName, BehaviourPatch>>;

/** What goes wrong at once, after so many steps of payments: rails change their moods, and processes are killed. */
export interface Blow {
  readonly afterSteps: number;
  readonly victims: readonly Victim[];
  readonly downMs: number;
  readonly moods: Moods;
}

export interface Plan {
  readonly moods: Moods;
  readonly errands: readonly Errand[];
  readonly blows: readonly Blow[];
}

export interface PlanSize {
  readonly customers: number;
  readonly payments: number;
  readonly blows: number;
}

/** The same plan for the same seed and size. */
export function planFrom(seed: number, { customers, payments, blows }: PlanSize): Plan {
  const chance = chancesFrom(seed);
  // Of each kind some, in whatever order: the first of any six customers' errands are those that rails have a part in.
  const errands = chance.shuffled(
    Array.from({ length: payments }, (_, index) =>
      errandOf(kinds[index % kinds.length] ?? 'TRANSFER', customers, chance),
    ),
  );
  // Nearly five steps each; the last blow falls while some are still under way.
  const apart = Math.floor((payments * 4) / (blows + 1));
  const order = everyVictimInTurn(blows * 2, chance);
  return {
    moods: moodsOf(chance),
    errands,
    blows: Array.from({ length: blows }, (_, index) => ({
      afterSteps: apart * (index + 1),
      victims: [...new Set(order.slice(index * 2, index * 2 + (chance.of(3) === 0 ? 2 : 1)))],
      downMs: chance.of(1_500),
      moods: moodsOf(chance),
    })),
  };
}

type Chances = ReturnType<typeof chancesFrom>;

function chancesFrom(seed: number) {
  const random = randomFrom(seed);
  /** A whole number from 0 up to `limit`, which it does not reach. */
  const of = (limit: number) => Math.floor(random() * limit);
  const oneOf = <Item>(items: readonly [Item, ...Item[]]): Item => items[of(items.length)] ?? items[0];
  const shuffled = <Item>(items: readonly Item[]): Item[] =>
    items
      .map((item) => ({ item, place: random() }))
      .sort((one, other) => one.place - other.place)
      .map(({ item }) => item);
  return { random, of, oneOf, shuffled, sometimes: (likely: number) => random() < likely };
}

/** In twenty payments. */
const kinds: readonly Errand['kind'][] = [
  ...(['COLLECTION', 'PAYOUT', 'MANUAL', 'TRANSFER', 'CONVERSION', 'BANK_PAYOUT', 'BEYOND_MEANS'] as const),
  ...(['COLLECTION', 'PAYOUT', 'MANUAL', 'TRANSFER', 'CONVERSION', 'DEPOSIT'] as const),
  ...(['COLLECTION', 'PAYOUT', 'MANUAL', 'TRANSFER', 'MANUAL', 'TRANSFER', 'TRANSFER'] as const),
];

const refunds = ['NONE', 'WHOLE', 'PARTS', 'RIVALS'] as const;
const manualEnds = ['CAPTURE', 'CAPTURE_PART', 'CANCEL', 'RACE', 'LEAVE'] as const;
/** A number of each network, in Ghana. */
const phoneNumbers = ['+233241234567', '+233261234567', '+233201234567'] as const;

function errandOf(kind: Errand['kind'], customers: number, chance: Chances): Errand {
  const from = chance.of(customers);
  const to = (from + 1 + chance.of(customers - 1)) % customers;
  const common = { from, to, cents: 200 + chance.of(1_800) };
  const phoneNumber = chance.oneOf(phoneNumbers);
  const [refund, end] = [chance.oneOf(refunds), chance.oneOf(manualEnds)];
  const [across, cancel] = [chance.sometimes(0.4), chance.sometimes(0.2)];
  switch (kind) {
    case 'TRANSFER':
    case 'CONVERSION':
      return { ...common, kind, refund };
    case 'MANUAL':
      return { ...common, kind, across, end };
    case 'COLLECTION':
      return { ...common, kind, phoneNumber, cancel, refund };
    case 'PAYOUT':
      return { ...common, kind, phoneNumber, cancel };
    case 'BANK_PAYOUT':
      return { ...common, kind, across };
    case 'BEYOND_MEANS':
    case 'DEPOSIT':
      return { ...common, kind };
  }
}

/** Everybody once, in whatever order, then everybody once more. */
function everyVictimInTurn(count: number, chance: Chances): Victim[] {
  const order: Victim[] = [];
  while (order.length < count) order.push(...chance.shuffled(victims));
  return order;
}

function moodsOf(chance: Chances): Moods {
  const moods = railNames.map((rail) => [rail, moodOf(chance)] as const);
  return Object.fromEntries(moods) as Record<RailName, BehaviourPatch>;
}

/** Up to five misbehaviours at once. Each leaves some of the calls alone, so that payments get on in any mood. */
function moodOf(chance: Chances): BehaviourPatch {
  const faults = chance
    .shuffled(misbehaviours)
    .slice(0, 1 + chance.of(5))
    .map((fault) => fault(chance));
  const callbacks = Object.assign({}, wellBehaved.callbacks, ...faults.map((fault) => fault.callbacks));
  return Object.assign({}, wellBehaved, { settleMs: 50 + chance.of(400) }, ...faults, { callbacks });
}

const misbehaviours: readonly ((chance: Chances) => BehaviourPatch)[] = [
  ({ of }) => ({ latencyMs: 100 + of(400), settleMs: 500 + of(2_000) }),
  () => ({ hangAfterTaking: 0.2 }),
  () => ({ errorBeforeTaking: 0.4 }),
  () => ({ errorAfterTaking: 0.4 }),
  () => ({ malformedAnswer: 0.3 }),
  () => ({ unavailable: 0.5 }),
  () => ({ statusError: 0.5 }),
  ({ oneOf }) => ({
    refuse: 0.3,
    refusal: oneOf(['PARTY_UNKNOWN', 'PARTY_FUNDS', 'PARTY_DECLINED', 'LIMIT', 'NOT_ALLOWED']),
  }),
  () => ({ emptyFloat: true }),
  () => ({ callbacks: { lost: 0.5 } }),
  ({ of }) => ({ callbacks: { copies: 2 + of(2), delayMs: of(1_500) } }),
  () => ({ callbacks: { outOfOrder: 0.7 } }),
  () => ({ callbacks: { forged: 0.7 } }),
  () => ({ callbacks: { agedMs: 6 * 60_000 } }),
];
