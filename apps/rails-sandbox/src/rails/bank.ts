import { randomUUID } from 'node:crypto';
import type { Clock } from '@paygraph/service';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Webhook } from 'standardwebhooks';
import { z } from 'zod';
import type { Books, Order } from '../books.ts';
import type { Delivery } from '../callbacks.ts';
import { credentials } from '../credentials.ts';
import type { Desk } from '../desk.ts';
import type { CallbackAddress, Protocol } from '../protocol.ts';
import {
  type IncomingCredit,
  readTransfer,
  writeBooking,
  writeCredit,
  writeReport,
  writeStatement,
} from './bank-messages.ts';

export interface BankSandbox {
  readonly desk: Desk;
  readonly books: Pick<Books, 'bookings' | 'floats'>;
  readonly clock: Clock;
  readonly callbackAddress: CallbackAddress;
}

export interface BankProtocol extends Protocol {
  /** The notification of money that came in. */
  tellOfCredit(credit: IncomingCredit): Delivery | undefined;
}

const idParameter = z.object({ id: z.string() });
const dayParameter = z.object({ day: z.iso.date() });
const pageQuery = z.object({ page: z.coerce.number().int().min(1).default(1) });
/** Entries on a page of a statement. */
const pageSize = 200;

/** A bank's host-to-host endpoint for ISO 20022, and its signed notifications (Standard Webhooks). */
export function bank({ desk, books, clock, callbackAddress }: BankSandbox): BankProtocol {
  const stranger = ({ headers }: FastifyRequest) => headers.authorization !== `Bearer ${credentials.bank.token}`;
  const xml = (reply: FastifyReply, status: number, text: string) =>
    reply.code(status).type('application/xml').send(text);

  const deliver = (body: string, forged: boolean, agedMs: number): Delivery | undefined => {
    const address = callbackAddress();
    if (address === undefined) return undefined;
    const id = `msg_${randomUUID()}`;
    const at = new Date(clock().getTime() - agedMs);
    const guessed = `whsec_${Buffer.from('guessed-guessed-guessed-guessed!').toString('base64')}`;
    const signature = new Webhook(forged ? guessed : credentials.bank.webhookSecret).sign(id, at, body);
    const headers = {
      'content-type': 'application/xml',
      'webhook-id': id,
      'webhook-timestamp': String(Math.floor(at.getTime() / 1_000)),
      'webhook-signature': signature,
    };
    return { method: 'POST', url: `${address}/bank`, headers, body };
  };

  return {
    retries: 8,
    routes: (app) => {
      app.addContentTypeParser(['application/xml', 'text/xml'], { parseAs: 'string' }, (_request, body, done) =>
        done(null, body),
      );
      app.post('/credit-transfers', async (request, reply) => {
        const order = readTransfer(String(request.body));
        const door = await desk.door(order?.reference ?? '');
        if (door === 'UNAVAILABLE') return reply.code(429).header('retry-after', '1').send();
        if (door === 'ERROR') return reply.code(500).send();
        if (stranger(request)) return reply.code(401).send();
        if (!order) return reply.code(400).send();
        const known = desk.find(order.reference);
        if (known) return xml(reply, 200, writeReport(known, newMessageId(), clock(), 'DU01'));
        const taken = desk.take(order, (refusal) => refusal === 'FLOAT');
        return desk.answer(reply, order.reference, () => xml(reply, 200, writeReport(taken, newMessageId(), clock())));
      });
      app.get('/credit-transfers/:id', async (request, reply) => {
        const { id } = idParameter.parse(request.params);
        if ((await desk.question(id)) === 'ERROR') return reply.code(500).send();
        if (stranger(request)) return reply.code(401).send();
        const order = desk.find(id);
        return order ? xml(reply, 200, writeReport(order, newMessageId(), clock())) : reply.code(404).send();
      });
      app.get('/statements/:day', async (request, reply) => {
        const { data: asked } = dayParameter.safeParse(request.params);
        const { data: range } = pageQuery.safeParse(request.query);
        if ((await desk.question(`statement ${asked?.day}`)) === 'ERROR') return reply.code(500).send();
        if (stranger(request)) return reply.code(401).send();
        if (!asked || !range) return reply.code(400).send();
        const booked = books.bookings().filter(({ at }) => at.startsWith(asked.day));
        const page = {
          ...{ number: range.page, isLast: booked.length <= range.page * pageSize, balances: books.floats('bank') },
          bookings: booked.slice((range.page - 1) * pageSize, range.page * pageSize),
        };
        return xml(reply, 200, writeStatement(asked.day, page, newMessageId(), clock()));
      });
    },
    tell: (order, { forged, agedMs }) => {
      const told = forged ? opposite(order) : order;
      const booked = told.state === 'SUCCEEDED' || told.state === 'RETURNED';
      const body = (booked ? writeBooking : writeReport)(told, newMessageId(), clock());
      return deliver(body, forged, agedMs);
    },
    tellOfCredit: (credit) => deliver(writeCredit(credit, newMessageId(), clock()), false, 0),
  };
}

function opposite(order: Order): Order {
  return order.state === 'SUCCEEDED'
    ? { ...order, state: 'FAILED', refusal: 'NOT_ALLOWED' }
    : { ...order, state: 'SUCCEEDED' };
}

function newMessageId(): string {
  return `SBX${randomUUID().replaceAll('-', '').slice(0, 24).toUpperCase()}`;
}
