import { randomUUID } from 'node:crypto';
import { type DatabaseName, databaseNames } from '@paygraph/database';
import { query, startTestCluster, type TestCluster } from '@paygraph/database/testing';
import { until } from '@paygraph/standalone';
import { pay, signIn } from '@paygraph/standalone/client';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { codesOf } from '../support/answers.ts';
import { hurry } from '../support/hurry.ts';
import { usePlatform } from '../support/journey.ts';
import { type Line, lineTo } from '../support/line.ts';
import { availableTo, outcomeOf, payNow, standingOf, transfer } from '../support/payments.ts';
import type { Customer } from '../support/platform.ts';
import { decideReview, reviewed } from '../support/staff.ts';
import { askEverywhere, inside, partOf, recovered, wholeFor } from './support/everywhere.ts';
import { healthOf } from './support/health.ts';
import { watchSteps } from './support/steps.ts';

vi.setConfig({ testTimeout: 180_000 });

const isFull = process.env.SECURITY === 'full';
/** Time in ms that a subgraph has for its answer. */
const deadline = 4_000;

let cluster: TestCluster;
/** What services reach their databases over. */
const lines = new Map<DatabaseName, Line>();
beforeAll(async () => {
  cluster = await startTestCluster();
}, 120_000);
afterAll(async () => {
  for (const line of lines.values()) await line.close();
  await cluster?.stop();
}, 60_000);
const platform = usePlatform('one process', () => ({
  settings: { SUBGRAPH_TIMEOUT_MS: String(deadline) },
  async createDatabase(name) {
    const database = await cluster.createDatabase(name);
    const url = new URL(database.databaseUrl);
    const line = await lineTo(new URL(url));
    lines.set(name, line);
    url.port = String(line.port);
    return { ...database, databaseUrl: url.href };
  },
}));

let payer: Customer;
let payee: Customer;
beforeAll(async () => {
  payer = await platform().customer({ USD: '1000.00' });
  payee = await platform().customer({ USD: '0.00' });
  await outcomeOf(payer, await payNow(payer, dollars('1.00')));
  await recovered(platform(), payer);
}, 60_000);

const dollars = (amount: string) => transfer(payer, payee, `${amount} USD`, 'USD');
const ask = () => askEverywhere(platform(), payer);
const health = (service: DatabaseName) => healthOf(platform().addressOf(service));
const confirmed = { state: 'CONFIRMED', failure: null };
const createPayment = `mutation ($input: CreatePaymentInput!) {
  createPayment(input: $input) { payment { id } userErrors { code } }
}`;

const ready = (services: readonly DatabaseName[]) =>
  until('all are ready', 60_000, async () => {
    const found = await Promise.all(services.map(health));
    return found.every(({ status }) => status === 200);
  });

const unready = { status: 503, body: { status: 'unavailable', dependencies: { postgresql: { status: 'down' } } } };

/** Waits until payments are settled, without their pauses, which grow with every try in vain. */
async function expectConfirmed(ids: readonly string[]): Promise<void> {
  const hurrying = hurry(platform(), 500);
  for (const id of ids) expect(await outcomeOf(payer, id)).toEqual(confirmed);
  await hurrying.stop();
}

describe('PostgreSQL', () => {
  it('stops and starts: nobody is served meanwhile, everybody is told why, and all goes on by itself', async () => {
    const rich = await platform().customer({ USD: '10000.00' });
    const large = await payNow(rich, transfer(rich, payee, '10000.00 USD', 'USD'));
    const assessment = await reviewed(platform(), large);
    const watched = watchSteps(platform(), rich, large);
    await until('three steps are seen', 20_000, async () => watched.seen().length === 3);
    const underWay = await Promise.all([1, 2, 3].map(() => payNow(payer, dollars('2.00'))));

    await cluster.crash();
    for (const service of databaseNames) {
      const found = await health(service);
      expect(found, service).toMatchObject(unready);
      expect(found.why).toEqual([expect.stringMatching(/^[A-Z0-9_]+$/)]);
    }
    const { data, errors, text } = await ask();
    expect(data).toEqual({ viewer: null, exchangeRate: null, wallets: null, payments: null });
    expect(errors.toSorted()).toEqual(
      ['exchangeRate', 'payments', 'viewer', 'wallets'].map((path) => `SERVICE_UNAVAILABLE ${path}`),
    );
    expect(text).not.toMatch(inside);
    expect(await codesOf(signIn(platform().url, 'ada@example.org', 'not her password'))).toEqual([
      'SERVICE_UNAVAILABLE',
    ]);
    const input = { ...dollars('3.00'), idempotencyKey: randomUUID() };
    expect(await codesOf(payer.graph(createPayment, { input }))).toEqual(['SERVICE_UNAVAILABLE']);

    await cluster.restart();
    await ready(databaseNames);
    await recovered(platform(), payer);
    const { id, replayed } = await pay(payer, input);
    expect(replayed).toBe(false);
    await expectConfirmed([...underWay, id]);
    await decideReview(platform().analyst, assessment, 'APPROVE');
    await until('the rest is seen', 60_000, async () => watched.seen().length >= 6);
    expect(watched.seen()).toEqual([1, 2, 3, 4, 5, 6]);
    expect(await standingOf(rich, large)).toEqual(confirmed);
  });
});

describe('one service’s database', () => {
  const services = isFull ? databaseNames : (['wallet'] as const);

  it.each(services)('is out of reach: it alone is unready, and what others know is answered: %s', async (service) => {
    const line = lineOf(service);
    const others = databaseNames.filter((name) => name !== service);
    line.cut();
    try {
      expect(await health(service)).toMatchObject(unready);
      await ready(others);
      await expectWithout(service, ['SERVICE_UNAVAILABLE']);
    } finally {
      line.restore();
    }
    await recovered(platform(), payer);
    await ready([service]);
  });

  it.each(isFull ? databaseNames : (['ledger'] as const))(
    'hangs: all else is answered in time, and nothing stays behind: %s',
    async (service) => {
      const line = lineOf(service);
      line.hang();
      try {
        const begun = Date.now();
        await expectWithout(service, ['SERVICE_UNAVAILABLE', 'SUBGRAPH_UNAVAILABLE']);
        expect(Date.now() - begun).toBeLessThan(2 * deadline);
        expect(await health(service)).toMatchObject(unready);
      } finally {
        line.restore();
      }
      await recovered(platform(), payer);
      await ready([service]);
    },
  );
});

it('payments are made once each while PostgreSQL ends connections under them', async () => {
  const before = await availableTo(payee, 'USD');
  const inputs = Array.from({ length: 20 }, () => ({ ...dollars('1.00'), idempotencyKey: randomUUID() }));
  const ids: string[] = [];
  while (ids.length < inputs.length) {
    const asking = Promise.all(inputs.slice(ids.length, ids.length + 4).map(steadily));
    for (const name of ['wallet', 'ledger', 'payment', 'risk'] as const) await endConnections(name);
    ids.push(...(await asking));
  }
  expect(new Set(ids).size).toBe(inputs.length);
  await expectConfirmed(ids);
  expect(Number(await availableTo(payee, 'USD')) - Number(before)).toBe(inputs.length);
});

/** Asks for a payment until it is told that it is there, as clients should. */
async function steadily(input: Parameters<typeof pay>[1]): Promise<string> {
  let id: string | undefined;
  await until('the payment is made', 60_000, async () => {
    try {
      id = (await pay(payer, input)).id;
    } catch (error) {
      expect(await codesOf(Promise.reject(error))).toEqual(['SERVICE_UNAVAILABLE']);
    }
    return id !== undefined;
  });
  return id ?? '';
}

/** Those of a service, which may end its own. */
async function endConnections(name: DatabaseName): Promise<void> {
  const others = 'pid <> pg_backend_pid() AND usename = current_user';
  const end = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE ${others}`;
  await query(platform().databases[name].databaseUrl, end);
}

function lineOf(service: DatabaseName): Line {
  const line = lines.get(service);
  if (!line) throw new Error(`${service} has no line`);
  return line;
}

async function expectWithout(service: DatabaseName, codes: readonly string[]): Promise<void> {
  const { path, lost } = partOf[service];
  const { data, errors, text } = await ask();
  expect(data).toEqual({ ...wholeFor(payer), ...lost });
  expect(codes.map((code) => [`${code} ${path}`])).toContainEqual(errors);
  expect(text).not.toMatch(inside);
}
