import type { Currency, Money } from '@paygraph/money';
import { type Clock, connectorTo, createHttpServer, type Logger, type Tls } from '@paygraph/service';
import type { FastifyInstance } from 'fastify';
import { Agent } from 'undici';
import { type Behaviour, type BehaviourPatch, chanceOf, changed, type Refusal, wellBehaved } from './behaviour.ts';
import { type Books, createBooks, type Order, type RailName, railNames } from './books.ts';
import { createCourier } from './callbacks.ts';
import { controlRoutes } from './control.ts';
import { createDesk, type Desk } from './desk.ts';
import { openJournal } from './journal.ts';
import type { Protocol } from './protocol.ts';
import { airtelTigoMoney } from './rails/airteltigo-money.ts';
import { bank } from './rails/bank.ts';
import type { IncomingCredit } from './rails/bank-messages.ts';
import { mtnMomo } from './rails/mtn-momo.ts';
import { telecelCash } from './rails/telecel-cash.ts';
import { createTokens } from './tokens.ts';

export interface SandboxOptions {
  readonly logger: Logger;
  readonly clock: Clock;
  /** Everything that is left to chance follows from it. */
  readonly seed: number;
  /** Where callbacks go: `http://…/webhooks/rails`. It can also be told later. */
  readonly callbackUrl?: string | undefined;
  /** Has it call back over TLS, with a certificate of its own. */
  readonly tls?: Tls | undefined;
  /** What each rail holds of us when the books are new. */
  readonly floats: readonly Money[];
  /** Keeps the books over restarts. */
  readonly journalFile?: string | undefined;
}

/** The operators and the bank. What it says of orders is the truth that everything else must agree with. */
export interface RailsSandbox {
  readonly app: FastifyInstance;
  readonly books: Pick<Books, 'find' | 'orders' | 'float'>;
  /** Changes how a rail behaves from now on; what is not named stays. */
  behave(rail: RailName, patch: BehaviourPatch): void;
  behaviourOf(rail: RailName): Behaviour;
  /** Where callbacks go from now on. */
  callBack(url: string): void;
  /** Decides an order now, if it is still pending: as `refusal` says, or for success. */
  settle(rail: RailName, reference: string, refusal?: Refusal): Order;
  /** Sends a transfer of the bank back that had succeeded. */
  returnTransfer(reference: string, refusal: Refusal): Order;
  /** Money comes in over the bank that nobody asked for. */
  credit(credit: IncomingCredit): void;
  /** Adds to a rail's float, or takes from it. */
  fund(rail: RailName, amount: Money): void;
  /** Makes every token worthless that was given out. */
  revokeTokens(): void;
  stop(): Promise<void>;
}

export function createRailsSandbox(options: SandboxOptions): RailsSandbox {
  const { logger, clock } = options;
  const journal = openJournal(options.journalFile);
  const books = createBooks(journal.write, journal.history);
  if (journal.history.length === 0) {
    for (const rail of railNames)
      for (const amount of options.floats) if (holds(rail, amount.currency)) books.fund(rail, amount);
  }
  const chance = chanceOf(options.seed);
  const behaviours = new Map<RailName, Behaviour>(railNames.map((rail) => [rail, wellBehaved]));
  const behaviourOf = (rail: RailName) => behaviours.get(rail) ?? wellBehaved;
  let callbackUrl = options.callbackUrl?.replace(/\/+$/, '');
  const callbackAddress = () => callbackUrl;

  const dispatcher = new Agent({
    connect: connectorTo('payment', { url: callbackUrl ?? 'https://payment', tls: options.tls }),
  });
  const courier = createCourier(dispatcher, logger);
  const timers = new Set<NodeJS.Timeout>();
  const schedule = ({ rail, reference }: Order, delayMs: number) => {
    const timer = setTimeout(() => {
      timers.delete(timer);
      decide(rail, reference);
    }, delayMs);
    timers.add(timer);
  };
  const deskOf = (rail: RailName): Desk =>
    createDesk({ rail, books, behaviour: () => behaviourOf(rail), chance, clock, schedule });
  const tokens = createTokens(clock, 3_600_000);
  const theBank = bank({ desk: deskOf('bank'), books, clock, callbackAddress });
  const protocols: Record<RailName, Protocol> = {
    'mtn-momo': mtnMomo({ desk: deskOf('mtn-momo'), books, tokens }),
    'airteltigo-money': airtelTigoMoney({ desk: deskOf('airteltigo-money'), books, tokens, callbackAddress }),
    'telecel-cash': telecelCash({ desk: deskOf('telecel-cash'), tokens, callbackAddress }),
    bank: theBank,
  };

  const tell = (order: Order) => {
    const { rail, reference } = order;
    const { lost, copies, outOfOrder, forged, agedMs, delayMs } = behaviourOf(rail).callbacks;
    const { retries } = protocols[rail];
    const send = (told: Order, telling: { forged: boolean; agedMs: number }, after: number) => {
      const delivery = protocols[rail].tell(told, telling);
      if (delivery) courier.send(delivery, { delayMs: delayMs + after, retries: telling.forged ? 0 : retries });
    };
    if (chance(forged, rail, 'forged', reference)) send(order, { forged: true, agedMs: 0 }, 0);
    if (chance(lost, rail, 'lost', reference)) return;
    for (let copy = 0; copy < copies; copy += 1) send(order, { forged: false, agedMs }, copy * 20);
    const stale = chance(outOfOrder, rail, 'out of order', reference);
    if (stale) send({ ...order, state: 'PENDING' }, { forged: false, agedMs }, copies * 20 + 50);
  };
  const decide = (rail: RailName, reference: string, refusal?: Refusal): Order => {
    const order = books.find(rail, reference);
    if (!order) throw new RangeError(`${rail} has taken no order ${reference}`);
    if (order.state !== 'PENDING') return order;
    const why = refusal ?? order.refusal;
    const decided: Order = {
      ...order,
      refusal: why,
      state: why === null ? 'SUCCEEDED' : 'FAILED',
      decidedAt: clock().toISOString(),
    };
    books.decide(decided);
    tell(decided);
    return decided;
  };

  const app = createHttpServer({ logger, closeGraceMs: 100 });
  for (const rail of railNames) app.register(async (scope) => protocols[rail].routes(scope), { prefix: `/${rail}` });

  const sandbox: RailsSandbox = {
    app,
    books,
    behaviourOf,
    behave: (rail, patch) => {
      behaviours.set(rail, changed(behaviourOf(rail), patch));
    },
    callBack: (url) => {
      callbackUrl = url.replace(/\/+$/, '');
    },
    settle: decide,
    returnTransfer: (reference, refusal) => {
      const order = books.find('bank', reference);
      if (order?.state !== 'SUCCEEDED') throw new RangeError(`the bank has carried out no transfer ${reference}`);
      const returned: Order = { ...order, state: 'RETURNED', refusal, decidedAt: clock().toISOString() };
      books.decide(returned);
      tell(returned);
      return returned;
    },
    credit: (credit) => {
      books.credit(credit, clock().toISOString());
      const delivery = theBank.tellOfCredit(credit);
      if (!delivery || chance(behaviourOf('bank').callbacks.lost, 'bank', 'lost', credit.bankReference)) return;
      courier.send(delivery, { delayMs: 0, retries: theBank.retries });
    },
    fund: books.fund,
    revokeTokens: tokens.revoke,
    stop: async () => {
      for (const timer of timers) clearTimeout(timer);
      courier.stop();
      await app.close();
      await dispatcher.destroy();
    },
  };
  app.register(async (scope) => controlRoutes(scope, sandbox, books), { prefix: '/sandbox' });
  // What was under way when the last process ended goes on.
  for (const rail of railNames)
    for (const order of books.orders(rail))
      if (order.state === 'PENDING') schedule(order, behaviourOf(rail).settleMs ?? 0);
  return sandbox;
}

/** Mobile money is kept in cedis, the bank's account in everything. */
function holds(rail: RailName, currency: Currency): boolean {
  return rail === 'bank' || currency === 'GHS';
}
