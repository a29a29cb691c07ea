import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { Clock } from '@paygraph/service';
import type { FastifyReply } from 'fastify';
import type { Behaviour, Chance, Refusal } from './behaviour.ts';
import type { Books, Order, RailName } from './books.ts';

/** What a rail's protocol hands to its desk: an order without what the desk decides. */
export type NewOrder = Pick<Order, 'reference' | 'direction' | 'amount' | 'party' | 'charge' | 'details'>;

/** How a call is received before it is looked at. */
export type Door = 'OPEN' | 'UNAVAILABLE' | 'ERROR';

/**
 * What all rails have in common behind their protocols: they take orders, decide them after a while, tell of it, and
 * misbehave.
 */
export interface Desk {
  readonly rail: RailName;
  find(reference: string): Order | undefined;
  /** Waits as long as the rail is slow, and says how a call for an order is received. */
  door(reference: string): Promise<Door>;
  /** The same for a question. */
  question(reference: string): Promise<Door>;
  /** Takes an order on, for good. A refusal that is `atOnce` is decided here and now, without a callback. */
  take(order: NewOrder, atOnce: (refusal: Refusal) => boolean): Order;
  /** Answers for an order that was taken, unless the rail misbehaves. */
  answer(reply: FastifyReply, reference: string, send: () => FastifyReply): FastifyReply;
}

export interface DeskDependencies {
  readonly rail: RailName;
  readonly books: Books;
  readonly behaviour: () => Behaviour;
  readonly chance: Chance;
  readonly clock: Clock;
  /** Called with an order that is to be decided in so many ms. */
  readonly schedule: (order: Order, delayMs: number) => void;
}

export function createDesk({ rail, books, behaviour, chance, clock, schedule }: DeskDependencies): Desk {
  const calls = new Map<string, number>();
  /** Every call of a kind about a reference has luck of its own, or one that is unlucky would be so for ever. */
  const happens = (likely: number, what: string, reference: string): boolean => {
    const key = `${what} ${reference}`;
    const count = (calls.get(key) ?? 0) + 1;
    calls.set(key, count);
    return chance(likely, rail, what, reference, count);
  };
  const slow = async () => {
    const { latencyMs } = behaviour();
    if (latencyMs > 0) await pause(latencyMs);
  };
  const refusalFor = ({ reference, direction, amount }: NewOrder): Refusal | null => {
    const { refuse, refusal, emptyFloat } = behaviour();
    if (chance(refuse, rail, 'refuse', reference)) return refusal;
    const short = emptyFloat || books.available(rail, amount.currency) < amount.amount;
    return direction === 'PAYOUT' && short ? 'FLOAT' : null;
  };

  return {
    rail,
    find: (reference) => books.find(rail, reference),
    door: async (reference) => {
      await slow();
      const { unavailable, errorBeforeTaking } = behaviour();
      if (happens(unavailable, 'unavailable', reference)) return 'UNAVAILABLE';
      return happens(errorBeforeTaking, 'error before', reference) ? 'ERROR' : 'OPEN';
    },
    question: async (reference) => {
      await slow();
      return happens(behaviour().statusError, 'status', reference) ? 'ERROR' : 'OPEN';
    },
    take: (given, atOnce) => {
      const refusal = refusalFor(given);
      const order: Order = {
        ...{ ...given, rail, refusal },
        railReference: railReferenceFor(rail, given.reference),
        state: 'PENDING',
        takenAt: clock().toISOString(),
        decidedAt: null,
      };
      books.take(order);
      if (refusal !== null && atOnce(refusal)) {
        const refused: Order = { ...order, state: 'FAILED', decidedAt: clock().toISOString() };
        books.decide(refused);
        return refused;
      }
      const { settleMs } = behaviour();
      if (settleMs !== null) schedule(order, settleMs);
      return order;
    },
    answer: (reply, reference, send) => {
      const { hangAfterTaking, errorAfterTaking, malformedAnswer } = behaviour();
      // Nobody answers: the connection stays until one side gives up.
      if (happens(hangAfterTaking, 'hang', reference)) return reply.hijack();
      if (happens(errorAfterTaking, 'error after', reference)) return reply.code(500).type('text/plain').send('');
      if (!happens(malformedAnswer, 'malformed', reference)) return send();
      return reply.code(200).type('text/html').send('<html><body>Welcome to nginx!</body');
    },
  };
}

function railReferenceFor(rail: RailName, reference: string): string {
  const tail = randomUUID().replaceAll('-', '').slice(0, 12).toUpperCase();
  switch (rail) {
    case 'mtn-momo':
      return String(Number.parseInt(tail.slice(0, 9), 16));
    case 'airteltigo-money':
      return `MP${tail.slice(0, 6)}.${tail.slice(6, 10)}.${reference.slice(0, 6).toUpperCase()}`;
    case 'telecel-cash':
      return tail.slice(0, 10);
    case 'bank':
      return `BK${tail}`;
  }
}
