import { randomUUID } from 'node:crypto';
import { quantile } from '@paygraph/bench';
import { Pool } from 'undici';
import { operations } from '../../src/client/index.ts';
import type { Customer } from './people.ts';

export interface Load {
  readonly url: string;
  readonly customers: readonly Customer[];
  /** Clients that pay one payment after the other; each watches some of its payments over a socket of its own. */
  readonly clients: number;
  /** Every so many-th payment of a client is watched, and its client goes on when it is CONFIRMED. */
  readonly watchEvery: number;
  readonly seconds: number;
}

export interface Latencies {
  /** Milliseconds from the request to CONFIRMED pushed. */
  readonly p50: number;
  readonly p99: number;
}

const watch = `subscription Watch($id: ID!) {
  paymentStateChanged(paymentId: $id) { sequence state settled }
}`;
interface Watched {
  readonly paymentStateChanged: { readonly sequence: number; readonly state: string; readonly settled: boolean };
}

/** Has clients pay for a while. @throws Error when one payment is refused, fails or is pushed with a gap */
export async function payFor({ url, customers, clients, watchEvery, seconds }: Load): Promise<Latencies> {
  const { origin, pathname } = new URL(url);
  const pool = new Pool(origin, { connections: clients });
  const latencies: number[] = [];
  const end = performance.now() + seconds * 1_000;
  const any = () => customers[Math.floor(Math.random() * customers.length)] as Customer;
  const payeeOf = (payer: Customer): Customer => {
    const payee = any();
    return payee === payer ? payeeOf(payer) : payee;
  };
  const run = async (number: number) => {
    const watcher = customers[number] as Customer;
    for (let count = number + 1; performance.now() < end; count += 1) {
      const isWatched = count % watchEvery === 0;
      const payer = isWatched ? watcher : any();
      const from = performance.now();
      const id = await createPayment(pool, pathname, payer, payeeOf(payer));
      if (!isWatched) continue;
      await confirmed(watcher, id);
      latencies.push(performance.now() - from);
    }
  };
  try {
    await Promise.all(Array.from({ length: clients }, (_, number) => run(number)));
  } finally {
    await pool.close();
  }
  latencies.sort((a, b) => a - b);
  return { p50: quantile(latencies, 0.5), p99: quantile(latencies, 0.99) };
}

async function createPayment(pool: Pool, path: string, payer: Customer, payee: Customer): Promise<string> {
  const input = {
    idempotencyKey: randomUUID(),
    payerWalletId: payer.walletId,
    payeeWalletId: payee.walletId,
    amount: { amount: '0.01', currency: 'USD' },
  };
  const { body } = await pool.request({
    ...{ method: 'POST', path },
    headers: { 'content-type': 'application/json', authorization: payer.authorization() },
    body: JSON.stringify({ query: operations.createPayment, variables: { input } }),
  });
  const answer = (await body.json()) as { data?: operations.CreatePayment };
  const id = answer.data?.createPayment.payment?.id;
  if (id === undefined) throw new Error(`Not a payment: ${JSON.stringify(answer)}`);
  return id;
}

async function confirmed({ person }: Customer, id: string): Promise<void> {
  let last = 0;
  for await (const { data, errors } of person.live.iterate<Watched>({ query: watch, variables: { id } })) {
    if (!data) throw new Error(`${id} cannot be watched: ${JSON.stringify(errors)}`);
    const { sequence, state, settled } = data.paymentStateChanged;
    if (sequence !== last + 1) throw new Error(`${id}: step ${sequence} was pushed after ${last}`);
    last = sequence;
    if (settled && state !== 'CONFIRMED') throw new Error(`${id} ended as ${state}`);
    if (settled) return;
  }
  throw new Error(`${id} was not pushed to its end`);
}
