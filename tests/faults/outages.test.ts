import { randomUUID } from 'node:crypto';
import type { DatabaseName } from '@paygraph/database';
import { query } from '@paygraph/database/testing';
import { until } from '@paygraph/standalone';
import { pay, quotePayment } from '@paygraph/standalone/client';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { answerTo, codesOf } from '../support/answers.ts';
import { contentsOf } from '../support/contents.ts';
import { usePlatform } from '../support/journey.ts';
import { outcomeOf, payNow, standingOf, type Transfer, transfer } from '../support/payments.ts';
import type { Customer } from '../support/platform.ts';

vi.setConfig({ testTimeout: 90_000 });

const platform = usePlatform('many processes');
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
  expect(await ask()).toMatchObject({ data: whole(), errors: [] });
}, 60_000);

const withinDollars = () => transfer(payer, payee, '1.00 USD', 'USD');
const toEuros = () => transfer(payer, payee, '10.00 USD', 'USD', 'EUR');

/** Something of every subgraph, all of which the answer can do without. */
const everywhere = `{
  viewer { displayName }
  exchangeRate(base: "USD", quote: "EUR") { base }
  wallets { nodes { currency balance { available { currency } } } }
  payments(first: 1) { nodes { kind riskAssessment { decision } } }
}`;
const ask = () => answerTo(platform().url, payer.accessToken, everywhere);

const whole = () => ({
  viewer: { displayName: payer.name },
  exchangeRate: { base: 'USD' },
  wallets: { nodes: [{ currency: 'USD', balance: { available: { currency: 'USD' } } }] },
  payments: { nodes: [{ kind: 'TRANSFER', riskAssessment: { decision: 'APPROVE' } }] },
});

const createPayment = `mutation ($input: CreatePaymentInput!) {
  createPayment(input: $input) { payment { id } userErrors { code } }
}`;

describe('while one service is down', () => {
  /** Its field in an answer, what is lost with it, and what is said to those who ask for a payment meanwhile. */
  it.each<[DatabaseName, path: string, lost: object, code: string]>([
    ['profile', 'viewer', { viewer: null }, 'SERVICE_UNAVAILABLE'],
    ['wallet', 'wallets', { wallets: null }, 'SERVICE_UNAVAILABLE'],
    ['payment', 'payments', { payments: null }, 'SUBGRAPH_UNAVAILABLE'],
  ])(
    'all others answer; a payment cannot be made, and is made once it is back: %s',
    async (service, path, lost, code) => {
      const input = { ...withinDollars(), idempotencyKey: randomUUID() };
      await processes().kill(service);
      await expectOthersToAnswer(path, lost);
      const before = await contentsOf(platform().databases);
      expect(await codesOf(payer.graph(createPayment, { input }))).toEqual([code]);
      expect(await contentsOf(platform().databases)).toEqual(before);
      await processes().restart(service);
      expect(await ask()).toMatchObject({ data: whole(), errors: [] });
      const { id, replayed } = await pay(payer, input);
      expect(replayed).toBe(false);
      expect(await outcomeOf(payer, id)).toEqual(confirmed);
    },
  );

  it.each<[DatabaseName, path: string, lost: object]>([
    ['forex', 'exchangeRate', { exchangeRate: null }],
    ['ledger', 'wallets.nodes.0.balance', { wallets: { nodes: [{ currency: 'USD', balance: null }] } }],
    ['risk', 'payments.nodes.0.riskAssessment', { payments: { nodes: [{ kind: 'TRANSFER', riskAssessment: null }] } }],
  ])('all others answer; a payment waits, and is carried out once it is back: %s', async (service, path, lost) => {
    const quoteId = await lastingQuote(payer, toEuros());
    await processes().kill(service);
    await expectOthersToAnswer(path, lost);
    const { id } = await pay(payer, { ...toEuros(), quoteId, idempotencyKey: randomUUID() });
    await triedInVain([id]);
    expect(await standingOf(payer, id)).toEqual({ state: 'VALIDATING', failure: null });
    await processes().restart(service);
    await expectConfirmed([id]);
    expect(await ask()).toMatchObject({ data: whole(), errors: [] });
  });

  it('forex, payments within one currency go on', async () => {
    await processes().kill('forex');
    expect(await outcomeOf(payer, await payNow(payer, withinDollars()))).toEqual(confirmed);
    await processes().restart('forex');
  });

  it('the gateway, nobody is answered until it is back', async () => {
    await processes().kill('gateway');
    await expect(payer.graph(everywhere)).rejects.toThrow('fetch failed');
    await processes().restart('gateway');
    expect(await ask()).toMatchObject({ data: whole(), errors: [] });
  });
});

it('payments under way are carried out although all that they need was down for a while', async () => {
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

/** A quote that outlasts the outages of a test, whatever the machine needs to restart what was killed. */
async function lastingQuote(person: Customer, route: Transfer): Promise<string> {
  const { id } = await quotePayment(person, route);
  const { forex, payment } = platform().databases;
  const later = "SET expires_at = clock_timestamp() + interval '10 minutes'";
  await query(payment.migrationUrl, `UPDATE payment_quote ${later} WHERE id = $1`, [id]);
  await query(forex.migrationUrl, `UPDATE forex_quote ${later} WHERE payment_id IS NULL`);
  return id;
}

async function expectOthersToAnswer(path: string, lost: object): Promise<void> {
  const { data, errors, text } = await ask();
  expect(data).toEqual({ ...whole(), ...lost });
  expect(errors).toEqual([`SUBGRAPH_UNAVAILABLE ${path}`]);
  expect(text).not.toMatch(/127\.0\.0\.1|localhost|ECONNREFUSED|:\d{4,5}/);
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
