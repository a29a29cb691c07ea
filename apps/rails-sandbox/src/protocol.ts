import type { FastifyInstance } from 'fastify';
import type { Order } from './books.ts';
import type { Delivery } from './callbacks.ts';

/** How a callback is to be told. */
export interface Telling {
  /** By somebody who does not know the secret. */
  readonly forged: boolean;
  /** Signed so long ago, for protocols that sign with a time. */
  readonly agedMs: number;
}

/** A rail's wire protocol. */
export interface Protocol {
  /** Its routes, below `/<rail>`. */
  routes(app: FastifyInstance): void;
  /** The message that tells how an order stands; undefined where there is nowhere to send it. */
  tell(order: Order, telling: Telling): Delivery | undefined;
  /** How often a message that is not taken is sent again. */
  readonly retries: number;
}

/** Where callbacks go that are not told by the caller: `http://…/webhooks/rails`, without a slash at the end. */
export type CallbackAddress = () => string | undefined;
