import { randomInt } from 'node:crypto';
import { startTestCluster, type TestCluster } from '@paygraph/database/testing';
import type { Person } from '@paygraph/standalone/client';
import { afterAll, beforeAll, expect, it, onTestFailed } from 'vitest';
import { comeToRest } from '../support/agreement.ts';
import { hurry } from '../support/hurry.ts';
import { type Customer, startTestPlatform, type TestPlatform } from '../support/platform.ts';
import { follow } from './activity.ts';
import { carryOut } from './errands.ts';
import { type PlanSize, planFrom } from './plan.ts';
import { steadfast } from './steadfast.ts';
import { letUnwantedAge, startStorm } from './storm.ts';
import { expectAllWell } from './verdict.ts';
import { createWaiting } from './waiting.ts';

/*
 * See docs/chaos.md. `npm test` has the short form, with the same seed every time; `npm run test:chaos` the full one, with
 * another seed each time. `CHAOS_SEED=…` plays one again, `CHAOS_PAYMENTS=…` with more or fewer payments.
 */
const isFull = process.env.CHAOS === 'full';
const payments = Number(process.env.CHAOS_PAYMENTS ?? (isFull ? 2_000 : 40));
const size: PlanSize & { readonly atATime: number } = isFull
  ? { customers: 40, payments, blows: Math.max(20, Math.round(payments / 33)), atATime: 64 }
  : { customers: 5, payments, blows: 4, atATime: 20 };
const seed = Number(process.env.CHAOS_SEED ?? (isFull ? randomInt(2 ** 31) : 140));

/** Whatever was killed is up again within this time, and pauses between tries are cut short: nothing waits for so long. */
const patienceMs = 5 * 60_000;

let cluster: TestCluster;
let platform: TestPlatform;
const endedByThemselves: string[] = [];
const over = new AbortController();
const people: Person[] = [];
let hurrying: ReturnType<typeof hurry> | undefined;

beforeAll(async () => {
  cluster = await startTestCluster();
  platform = await startTestPlatform('many processes', {
    createDatabase: cluster.createDatabase,
    // A rail that does not answer is given up for the moment after two seconds, not after ten.
    settings: { PAYMENT_RAIL_TIMEOUT_MS: '2000' },
    onUnexpectedEnd: (service, code) => endedByThemselves.push(`${service} ended with ${code}`),
  });
}, 300_000);

afterAll(async () => {
  over.abort();
  await hurrying?.stop();
  for (const { live } of people) await live.dispose();
  await platform?.stop();
  await cluster?.stop();
}, 120_000);

it(
  `${payments} payments of all kinds come out right, whatever is killed while rails misbehave`,
  async () => {
    onTestFailed(() => console.error(`The plan was that of CHAOS_SEED=${seed} CHAOS_PAYMENTS=${payments}`));
    const plan = planFrom(seed, size);
    note(`CHAOS_SEED=${seed}`, { ...size });
    const customers = await eachOf(Array.from({ length: size.customers }), 10, customer);
    const operator = await steadfast(platform, over.signal, platform.operator, 'OPERATOR');
    const analyst = await steadfast(platform, over.signal, platform.analyst, 'ANALYST');
    people.push(...customers, operator, analyst);
    const followers = follow(operator, customers);
    const begun = Date.now();
    const waiting = createWaiting(platform);
    const storm = await startStorm(platform, cluster, plan, (victims, tookMs, steps) => {
      waiting.progress();
      note(`${secondsSince(begun)} s, ${steps} steps: ${victims.join(' and ')} killed`, { upAgainInMs: tookMs });
    });
    const seen = () => {
      storm.step();
      waiting.progress();
    };
    const cast = { customers, operator, analyst, waiting, seen };
    const carrying = eachOf(plan.errands, size.atATime, (errand) => carryOut(errand, cast));
    hurrying = hurry(platform, 2_000);
    const [results] = await waiting.whileGettingOn(Promise.all([carrying.finally(storm.calm), storm.over]), patienceMs);
    note(`${secondsSince(begun)} s; killed`, Object.fromEntries(storm.killed));
    note('ended', countsOf(results.map(({ errand, end }) => `${errand.kind} ${end}`)));
    await letUnwantedAge(platform);
    await comeToRest(platform, 10 * 60_000);
    await hurrying.stop();
    await expectAllWell(platform, results);
    await followers.expectWhole(platform);
    expect(endedByThemselves, 'processes that ended without being killed').toEqual([]);
  },
  2 * 3_600_000,
);

async function customer(): Promise<Customer> {
  const person = await platform.customer({ USD: '3000.00', EUR: '3000.00', GHS: '30000.00' });
  return steadfast(platform, over.signal, person);
}

/** What becomes of each, so many at a time. */
async function eachOf<Item, Outcome>(
  items: readonly Item[],
  atATime: number,
  work: (item: Item) => Promise<Outcome>,
): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  const waiting = items.values();
  const worker = async () => {
    for (const item of waiting) outcomes.push(await work(item));
  };
  await Promise.all(Array.from({ length: atATime }, worker));
  return outcomes;
}

/** What was counted, told in the full form only: it goes into docs/chaos.md. */
function note(what: string, counts: object): void {
  if (isFull || process.env.CHAOS) console.log(what, counts);
}

function secondsSince(begun: number): number {
  return Math.round((Date.now() - begun) / 1_000);
}

function countsOf(words: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const word of [...words].sort()) counts[word] = (counts[word] ?? 0) + 1;
  return counts;
}
