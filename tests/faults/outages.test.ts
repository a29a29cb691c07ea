import { randomUUID } from 'node:crypto';
import { type DatabaseName, databaseNames } from '@paygraph/database';
import { query } from '@paygraph/database/testing';
import { until } from '@paygraph/standalone';
import { pay, quotePayment } from '@paygraph/standalone/client';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { comeToRest } from '../support/agreement.ts';
import { codesOf } from '../support/answers.ts';
import { contentsOf } from '../support/contents.ts';
import { usePlatform } from '../support/journey.ts';
import { outcomeOf, payNow, standingOf, type Transfer, transfer } from '../support/payments.ts';
import type { Customer } from '../support/platform.ts';
import { decideReview, reviewed } from '../support/staff.ts';
import { askEverywhere, everywhere, inside, partOf, recovered, wholeFor } from './support/everywhere.ts';
import { watchSteps } from './support/steps.ts';

vi.setConfig({ testTimeout: 90_000 });

/** `npm run test:security` takes down each service in turn, `npm test` some of them. */
const isFull = process.env.SECURITY === 'full';
/** Time in ms that a subgraph has for its answer. */
const deadline = 6_000;

const platform = usePlatform('many processes', () => ({ settings: { SUBGRAPH_TIMEOUT_MS: String(deadline) } }));
const processes = () => {
  const { processes } = platform();
  if (!processes) throw new Error('There are no processes to kill');
  return processes;
};
const confirmed = { state: 'CONFIRMED', failure: null };
let payer: Customer;
let payee: Customer;

beforeAll(async () => {
  payer = await platform().customer({ USD: '1000.00' });
  payee = await platform().customer({ USD: '0.00', EUR: '0.00' });
  await outcomeOf(payer, await payNow(payer, withinDollars()));
  // Everybody has had a token to verify, and so has profile's keys.
  await recovered(platform(), payer);
  // What is still owed for that payment is tried again for as long as who is owed it is down.
  await comeToRest(platform());
}, 60_000);

const withinDollars = () => transfer(payer, payee, '1.00 USD', 'USD');
const toEuros = () => transfer(payer, payee, '10.00 USD', 'USD', 'EUR');

const createPayment = `mutation ($input: CreatePaymentInput!) {
  createPayment(input: $input) { payment { id } userErrors { code } }
}`;

describe('while one service is down', () => {
  /** And what is said to those who ask for a payment meanwhile. */
  it.each<[DatabaseName, code: string]>([
    ['wallet', 'SERVICE_UNAVAILABLE'],
    ...inFull<[DatabaseName, string]>(['profile', 'SERVICE_UNAVAILABLE'], ['payment', 'SUBGRAPH_UNAVAILABLE']),
  ])('all others answer; a payment cannot be made, and is made once it is back: %s', async (service, code) => {
    const input = { ...withinDollars(), idempotencyKey: randomUUID() };
    await processes().kill(service);
    await expectOthersToAnswer(service);
    const before = await contentsOf(platform().databases);
    expect(await codesOf(payer.graph(createPayment, { input }))).toEqual([code]);
    expect(await contentsOf(platform().databases)).toEqual(before);
    await processes().restart(service);
    await recovered(platform(), payer);
    const { id, replayed } = await pay(payer, input);
    expect(replayed).toBe(false);
    expect(await outcomeOf(payer, id)).toEqual(confirmed);
  });

  it.each<DatabaseName>(['ledger', ...inFull<DatabaseName>('forex', 'risk')])(
    'all others answer; a payment waits, and is carried out once it is back: %s',
    async (service) => {
      const quoteId = await lastingQuote(payer, toEuros());
      await processes().kill(service);
      await expectOthersToAnswer(service);
      const { id } = await pay(payer, { ...toEuros(), quoteId, idempotencyKey: randomUUID() });
      await triedInVain([id]);
      expect(await standingOf(payer, id)).toEqual({ state: 'VALIDATING', failure: null });
      await processes().restart(service);
      await expectConfirmed([id]);
      await recovered(platform(), payer);
    },
  );

  it.runIf(isFull)('forex, payments within one currency go on', async () => {
    await processes().kill('forex');
    expect(await outcomeOf(payer, await payNow(payer, withinDollars()))).toEqual(confirmed);
    await processes().restart('forex');
  });

  it('the gateway, nobody is answered until it is back', async () => {
    await processes().kill('gateway');
    await expect(payer.graph(everywhere)).rejects.toThrow('fetch failed');
    await processes().restart('gateway');
    await recovered(platform(), payer);
  });
});

it.runIf(isFull).each(databaseNames)(
  'a process that stands still is answered without, in time, until it goes on: %s',
  async (service) => {
    processes().freeze(service);
    try {
      const begun = Date.now();
      await expectOthersToAnswer(service);
      expect(Date.now() - begun).toBeLessThan(2 * deadline);
    } finally {
      processes().goOn(service);
    }
    await recovered(platform(), payer);
  },
);

it.runIf(isFull)('who watches a payment sees every step once, though payment is killed and started again', async () => {
  const rich = await platform().customer({ USD: '10000.00' });
  const id = await payNow(rich, transfer(rich, payee, '10000.00 USD', 'USD'));
  const assessment = await reviewed(platform(), id);
  const watched = watchSteps(platform(), rich, id);
  await until('three steps are seen', 30_000, async () => watched.seen().length === 3);
  await processes().kill('payment');
  await processes().restart('payment');
  await recovered(platform(), payer);
  await decideReview(platform().analyst, assessment, 'APPROVE');
  if (watched.codes().length === 0)
    await until('all steps are seen', 60_000, async () => watched.seen().length >= 6 || watched.isOver());
  const last = watched.results().at(-1)?.errors?.[0]?.extensions;
  const more = last && watchSteps(platform(), rich, id, Number(last.afterSequence));
  await until('the rest is seen', 60_000, async () => watched.seen().length + (more?.seen().length ?? 0) >= 6);
  expect([...watched.seen(), ...(more?.seen() ?? [])]).toEqual([1, 2, 3, 4, 5, 6]);
  expect(watched.codes()).toEqual(last ? ['SUBSCRIPTION_INTERRUPTED'] : []);
});

it.runIf(isFull)('payments under way are carried out although all that they need was down for a while', async () => {
  const quoteId = await lastingQuote(payer, toEuros());
  await processes().kill('risk');
  const ids = [
    await payNow(payer, withinDollars()),
    (await pay(payer, { ...toEuros(), quoteId, idempotencyKey: randomUUID() })).id,
  ];
  for (const service of ['wallet', 'ledger', 'forex'] as const) await processes().kill(service);
  await triedInVain(ids);
  // Without a rate risk cannot tell what a payment is worth, and has an analyst look at it: so forex comes first.
  await processes().restart('forex');
  await Promise.all((['risk', 'wallet', 'ledger'] as const).map((service) => processes().restart(service)));
  await expectConfirmed(ids);
});

/** What only the full form tries. */
function inFull<Case>(...cases: Case[]): Case[] {
  return isFull ? cases : [];
}

/** A quote that outlasts the outages of a test, whatever the machine needs to restart what was killed. */
async function lastingQuote(person: Customer, route: Transfer): Promise<string> {
  const { id } = await quotePayment(person, route);
  const { forex, payment } = platform().databases;
  const later = "SET expires_at = clock_timestamp() + interval '10 minutes'";
  await query(payment.migrationUrl, `UPDATE payment_quote ${later} WHERE id = $1`, [id]);
  await query(forex.migrationUrl, `UPDATE forex_quote ${later} WHERE payment_id IS NULL`);
  return id;
}

async function expectOthersToAnswer(service: DatabaseName): Promise<void> {
  const { path, lost } = partOf[service];
  const { data, errors, text } = await askEverywhere(platform(), payer);
  expect(data).toEqual({ ...wholeFor(payer), ...lost });
  expect(errors).toEqual([`SUBGRAPH_UNAVAILABLE ${path}`]);
  expect(text).not.toMatch(inside);
}

/** Waits until payments are settled, without the pause before their next try, which grows with every try in vain. */
async function expectConfirmed(ids: readonly string[]): Promise<void> {
  const due = 'UPDATE payment SET next_attempt_at = clock_timestamp() WHERE id = ANY($1)';
  await query(platform().databases.payment.migrationUrl, due, [ids]);
  for (const id of ids) expect(await outcomeOf(payer, id)).toEqual(confirmed);
}

/** Waits until each of some payments has been tried once more without getting on. */
async function triedInVain(ids: readonly string[]): Promise<void> {
  const { migrationUrl } = platform().databases.payment;
  const attempts = async () => {
    const rows = await query(migrationUrl, 'SELECT id, attempts FROM payment WHERE id = ANY($1)', [ids]);
    return new Map((rows as { id: string; attempts: number }[]).map((row) => [row.id, row.attempts]));
  };
  const before = await attempts();
  await until('every payment has been tried in vain', 30_000, async () => {
    const now = await attempts();
    return ids.every((id) => (now.get(id) ?? 0) > (before.get(id) ?? 0));
  });
}
