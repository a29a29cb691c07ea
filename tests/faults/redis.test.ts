import { startGateway } from '@paygraph/gateway';
import { post } from '@paygraph/gateway/testing';
import type { RunningService } from '@paygraph/service';
import { freePorts, type Service, until } from '@paygraph/standalone';
import { startPayment } from '@paygraph/subgraph-payment';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { usePlatform } from '../support/journey.ts';
import { outcomeOf, payNow, transfer } from '../support/payments.ts';
import type { Customer } from '../support/platform.ts';
import { decideReview, reviewed } from '../support/staff.ts';
import { recovered } from './support/everywhere.ts';
import { healthOf } from './support/health.ts';
import { hasRedis, startRedis, type TestRedis } from './support/redis.ts';
import { type Steps, watchSteps } from './support/steps.ts';

vi.setConfig({ testTimeout: 180_000 });

const isFull = process.env.SECURITY === 'full';

describe.runIf(process.env.CI)('on the build machine', () => {
  it('there is a Redis to start', () => expect(hasRedis, 'redis-server').toBe(true));
});

describe.skipIf(!hasRedis)('two gateways and two payment processes with one Redis', () => {
  let redis: TestRedis;
  beforeAll(async () => {
    redis = await startRedis();
  }, 60_000);
  afterAll(() => redis?.stop());
  const platform = usePlatform('one process', () => ({ redisUrl: redis.url }));

  const running: RunningService[] = [];
  /** A second payment process and a gateway that asks no other. */
  let elsewhere: { readonly url: string };
  let payer: Customer;
  let payee: Customer;
  beforeAll(async () => {
    const [gatewayPort = 0, paymentPort = 0] = await freePorts(2);
    const payment = await startPayment(platform().environmentOf('payment', paymentPort));
    running.push(payment);
    const environment = platform().environmentOf('gateway', gatewayPort);
    const gateway = await startGateway({ ...environment, PAYMENT_URL: payment.url });
    running.unshift(gateway);
    elsewhere = { url: gateway.url };
    payer = await platform().customer({ USD: '1000.00' });
    payee = await platform().customer({ USD: '0.00' });
    await outcomeOf(payer, await payNow(payer, aDollar()));
    await recovered(platform(), payer);
  }, 120_000);
  afterAll(async () => {
    for (const service of running) await service.stop();
  });

  const aDollar = () => transfer(payer, payee, '1.00 USD', 'USD');
  const users: readonly Service[] = ['gateway', 'ledger', 'payment'];

  /** All that use it say so, and go on. */
  const expectHealth = (status: 'ready' | 'degraded') =>
    vi.waitFor(
      async () => {
        for (const service of users) {
          const redisIs =
            status === 'ready' ? { status: 'up' } : { status: 'down', why: expect.stringMatching(/^[A-Z_]+$/) };
          const body = { status, dependencies: { redis: redisIs } };
          expect(await healthOf(platform().addressOf(service)), service).toMatchObject({ status: 200, body });
        }
      },
      { timeout: 60_000, interval: 200 },
    );

  /** What is left to somebody who has nothing spent, at one gateway and then at the other. */
  const left = async () => {
    const stranger = await platform().customer({});
    const authorization = `Bearer ${stranger.accessToken}`;
    const spent: number[] = [];
    for (const { url } of [platform(), elsewhere]) {
      const { status, headers } = await post(url, '{ viewer { displayName } }', { authorization });
      expect(status).toBe(200);
      spent.push(Number(headers.get('ratelimit-remaining')));
    }
    return spent;
  };
  const expectCounting = (how: 'together' | 'apart') =>
    vi.waitFor(
      async () => {
        const [here = 0, there = 0] = await left();
        expect(there < here ? 'together' : 'apart').toBe(how);
      },
      { timeout: 60_000, interval: 200 },
    );

  /** A payment that waits for an analyst, watched by its payer at both gateways. */
  const watched = async () => {
    const rich = await platform().customer({ USD: '10000.00' });
    const id = await payNow(rich, transfer(rich, payee, '10000.00 USD', 'USD'));
    const assessment = await reviewed(platform(), id);
    const watches = [platform(), elsewhere].map((at) => watchSteps(at, rich, id));
    await seen(watches, 3);
    return { watches, approve: () => decideReview(platform().analyst, assessment, 'APPROVE') };
  };
  const seen = (watches: readonly Steps[], count: number) =>
    until(`${count} steps are seen`, 60_000, async () => watches.every((each) => each.seen().length >= count));
  const expectWhole = async (watches: readonly Steps[]) => {
    await seen(watches, 6);
    const steps = [1, 2, 3, 4, 5, 6];
    expect(watches.map((each) => each.seen())).toEqual([steps, steps]);
    expect(watches.flatMap((each) => each.codes())).toEqual([]);
  };

  const faults = {
    'is stopped, and started empty': { begin: () => redis.crash(), end: () => redis.restart() },
    hangs: { begin: async () => redis.hang(), end: async () => redis.goOn() },
  };

  it.each(Object.entries(faults).slice(0, isFull ? undefined : 1))('when it %s', async (_what, { begin, end }) => {
    await expectHealth('ready');
    await expectCounting('together');
    const [before, between] = [await watched(), await watched()];

    await begin();
    try {
      await expectHealth('degraded');
      await expectCounting('apart');
      await recovered(platform(), payer);
      await recovered(elsewhere, payer);
      expect(await outcomeOf(payer, await payNow(payer, aDollar()))).toEqual({ state: 'CONFIRMED', failure: null });
      await between.approve();
      await expectWhole(between.watches);
    } finally {
      await end();
    }
    await expectHealth('ready');
    await expectCounting('together');
    await before.approve();
    await expectWhole(before.watches);
    const after = await watched();
    await after.approve();
    await expectWhole(after.watches);
  });
});
