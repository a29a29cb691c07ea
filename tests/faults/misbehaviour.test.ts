import { randomUUID } from 'node:crypto';
import { type DatabaseName, databaseNames } from '@paygraph/database';
import { until } from '@paygraph/standalone';
import { pay } from '@paygraph/standalone/client';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { answerTo, codesOf } from '../support/answers.ts';
import { outcomeOf, payNow, transfer } from '../support/payments.ts';
import type { Customer } from '../support/platform.ts';
import { askEverywhere, inside, partOf, recovered, wholeFor } from './support/everywhere.ts';
import type { Front, Manner } from './support/front.ts';
import { useFronts } from './support/fronts.ts';
import { answersTwice, delayedBy, endlessly, garbage, harmless, lying, silently, unheard } from './support/garbage.ts';

vi.setConfig({ testTimeout: 120_000 });

/** `npm run test:security` has every service misbehave in every way; `npm test` deals the ways out among them. */
const isFull = process.env.SECURITY === 'full';
/** Time in ms that a subgraph has for its answer; far more than a good one needs, whatever else the machine does. */
const deadline = 4_000;

const { platform, front: frontBefore } = useFronts({ SUBGRAPH_TIMEOUT_MS: String(deadline) });

let payer: Customer;
let payee: Customer;
beforeAll(async () => {
  payer = await platform().customer({ USD: '1000.00' });
  payee = await platform().customer({ USD: '0.00' });
  await outcomeOf(payer, await payNow(payer, aDollar()));
  await recovered(platform(), payer);
}, 60_000);

const aDollar = () => transfer(payer, payee, '1.00 USD', 'USD');
const ask = () => askEverywhere(platform(), payer);
const whole = () => wholeFor(payer);

/** What is done while a subgraph speaks to all who ask it in some manner. It has been asked, and recovers afterwards. */
async function during(service: DatabaseName, manner: Manner, act: (front: Front) => Promise<void>): Promise<void> {
  const front = frontBefore(service);
  front.behave(manner);
  try {
    await act(front);
    expect(front.met, `requests that ${service} had`).toBeGreaterThan(0);
  } finally {
    front.recover();
  }
  await recovered(platform(), payer);
}

async function expectWithout(service: DatabaseName): Promise<void> {
  const { path, lost } = partOf[service];
  const { data, errors, text } = await ask();
  expect({ data, errors }).toEqual({ data: { ...whole(), ...lost }, errors: [`SUBGRAPH_UNAVAILABLE ${path}`] });
  expect(text).not.toMatch(inside);
}

const pairs = (manners: Readonly<Record<string, Manner>>) => {
  const names = Object.keys(manners);
  return databaseNames.flatMap((service, at) =>
    names
      .filter((_, index) => isFull || index % databaseNames.length === at)
      .map((name): [DatabaseName, string, Manner] => [service, name, manners[name] ?? silently]),
  );
};

describe('when a subgraph answers garbage, all others are heard', () => {
  it.each(pairs(garbage))('%s: %s', (service, _what, manner) => during(service, manner, () => expectWithout(service)));
});

describe('when a subgraph answers something else than its schema says, no more than that is lost', () => {
  it.each(pairs(lying))('%s: %s', (service, _what, manner) =>
    during(service, manner, async () => {
      const { data, errors, text } = await ask();
      const { path, lost } = partOf[service];
      const [root = ''] = path.split('.');
      const others = Object.keys(whole()).filter((key) => key !== root);
      expect(data, 'what others say').toMatchObject(
        Object.fromEntries(others.map((key) => [key, Reflect.get(whole(), key)])),
      );
      expect(Object.keys(lost)).toEqual([root]);
      for (const error of errors) expect(error).toMatch(new RegExp(`^[A-Z_]+ ${root}`));
      expect(new Set(errors).size, 'errors, each for another place').toBe(errors.length);
      expect(text).not.toMatch(inside);
    }),
  );
});

describe('how a subgraph says it does not matter', () => {
  it.each(pairs(harmless))('%s: %s', (service, _what, manner) =>
    during(service, manner, async () => expect(await ask()).toMatchObject({ data: whole(), errors: [] })),
  );

  it('and what it says unasked is no answer to the next question', async () => {
    await during('profile', answersTwice, async () => {
      for (let time = 0; time < 5; time += 1) expect((await ask()).text).not.toContain('Mallory');
    });
  });
});

describe('a subgraph that takes its time', () => {
  const services = isFull ? databaseNames : (['ledger'] as const);

  it.each(services)('is waited for until the deadline: %s', (service) =>
    during(service, delayedBy(500), async () => expect(await ask()).toMatchObject({ data: whole(), errors: [] })),
  );

  const late = { 'never answers': silently, 'answers too late': delayedBy(3 * deadline), 'never ends': endlessly };
  it.each(pairs(late).filter(([service]) => isFull || service === 'ledger'))(
    'is answered without, in time, and nobody else waits: %s %s',
    (service, _what, manner) =>
      during(service, manner, async () => {
        const begun = Date.now();
        let isOver = false;
        const waiting = expectWithout(service).then(() => {
          isOver = true;
        });
        const other = service === 'profile' ? '{ wallets { nodes { currency } } }' : '{ viewer { displayName } }';
        expect((await answerTo(platform().url, payer.accessToken, other)).errors).toEqual([]);
        expect(isOver).toBe(false);
        await waiting;
        expect(Date.now() - begun).toBeLessThan(2 * deadline);
      }),
  );
});

describe('a payment', () => {
  const input = () => ({ ...aDollar(), idempotencyKey: randomUUID() });
  const createPayment = `mutation ($input: CreatePaymentInput!) {
    createPayment(input: $input) { payment { id } userErrors { code } }
  }`;

  it('whose answer is lost is asked for once, and made once however often it is asked for', async () => {
    const asked = input();
    await during('payment', unheard, async (front) => {
      expect(await codesOf(payer.graph(createPayment, { input: asked }))).toEqual(['SUBGRAPH_UNAVAILABLE']);
      expect(front.met, 'a mutation is never repeated by the gateway').toBe(1);
    });
    const { id, replayed } = await pay(payer, asked);
    expect(replayed).toBe(true);
    expect(await outcomeOf(payer, id)).toEqual({ state: 'CONFIRMED', failure: null });
  });

  it.each(['ledger', 'risk'] as const)('waits while %s answers its workers garbage', async (service) => {
    const { id } = await pay(payer, input());
    await during(service, garbage['a page with 200'] ?? silently, async (front) => {
      const more = await pay(payer, input());
      await until('its workers have asked', 30_000, async () => front.met > 0);
      expect(more.replayed).toBe(false);
    });
    expect(await outcomeOf(payer, id)).toEqual({ state: 'CONFIRMED', failure: null });
  });
});
