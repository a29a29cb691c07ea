import { currencyOf } from '@paygraph/money';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { eventually, testRails } from '../../test/platform.ts';
import { confirmed, type ScriptedRail, type ScriptedRailOptions, scriptRail } from '../../test/rail.ts';
import { idOf, type Scene, setScene } from '../../test/scene.ts';
import { createLiveRail } from './live-rail.ts';
import { type Ask, createRouter, never, type Qualities, rank } from './router.ts';
import { defaultRailTuning, type RoutingWeights, routingWeights } from './tuning.ts';

// Many steps each, on a machine that may be busy.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const dollars = (amount: bigint) => ({ amount, currency: currencyOf('USD') });
const forty = dollars(4_000n);
const nothing: RoutingWeights = { cost: 0, success: 0, latency: 0, health: 0, float: 0 };

/** A rail that nothing is wrong with. */
function good(rail: string, changes: Partial<Qualities> = {}): Qualities {
  return { rail, cost: 10n, successRate: 1, latencyMs: 100, health: 'closed', float: 1_000_000n, ...changes };
}

describe('the score of a rail', () => {
  it.each<[keyof RoutingWeights, Partial<Qualities>, string]>([
    ['cost', { cost: 40n }, '0.250000'],
    ['success', { successRate: 0.25 }, '0.250000'],
    ['latency', { latencyMs: 400 }, '0.250000'],
    ['health', { health: 'half-open' }, '0.500000'],
    ['float', { float: null }, '0.500000'],
  ])('counts %s by its weight', (quality, worse, score) => {
    const ranked = rank([good('worse', worse), good('better')], forty, { ...nothing, [quality]: 2 });
    expect(ranked).toMatchObject([
      { rail: 'better', score: '1.000000' },
      { rail: 'worse', score },
    ]);
  });

  it('is the sum of what each quality counts, in words too', () => {
    const dear = good('dear', { cost: 20n, successRate: 0.9, latencyMs: 400, health: 'half-open', float: null });
    const [, second] = rank([dear, good('cheap')], forty, { cost: 3, success: 4, latency: 1, health: 1, float: 1 });
    // (3 × 0.5 + 4 × 0.9 + 0.25 + 0.5 + 0.5) / 10
    const why = 'cost 0.50, success 0.90, latency 0.25, health 0.50, float 0.50';
    expect(second).toEqual({ rail: 'dear', score: '0.635000', why });
  });

  it('weighs what one rail costs more against how often another fails', () => {
    const cheap = good('cheap', { cost: 10n, successRate: 0.5 });
    const dear = good('dear', { cost: 20n, successRate: 1 });
    const best = (weights: Partial<RoutingWeights>) => rank([cheap, dear], forty, { ...nothing, ...weights })[0]?.rail;
    expect(best({ cost: 3, success: 1 })).toBe('cheap');
    expect(best({ cost: 1, success: 3 })).toBe('dear');
  });

  it('is as good for a rail that costs nothing as for the cheapest, and decides by name between equals', () => {
    const free = [good('b', { cost: 0n }), good('a', { cost: 0n })];
    expect(rank(free, forty, defaultRailTuning.weights)).toMatchObject([
      { rail: 'a', score: '1.000000' },
      { rail: 'b', score: '1.000000' },
    ]);
  });

  it('is not reckoned for a rail that is out of order or short of float, which are no measure for others either', () => {
    const ranked = rank(
      [
        good('open', { health: 'open', cost: 1n, latencyMs: 1 }),
        good('short', { float: 3_999n, cost: 1n, latencyMs: 1 }),
        good('enough', { float: 4_000n }),
      ],
      forty,
      defaultRailTuning.weights,
    );
    expect(ranked).toMatchObject([
      { rail: 'enough', score: '1.000000' },
      { rail: 'open', score: null, why: 'its circuit is open' },
      { rail: 'short', score: null, why: 'its float is too small' },
    ]);
  });
});

describe('the weights as a variable', () => {
  it('are as usual where they are left out', () => {
    expect(routingWeights.parse(undefined)).toEqual(defaultRailTuning.weights);
    expect(routingWeights.parse('cost=0,latency=2.5')).toEqual({ ...defaultRailTuning.weights, cost: 0, latency: 2.5 });
  });

  it.each(['price=1', 'cost', 'cost=', 'cost=-1', 'cost=much', 'cost=0,success=0,latency=0,health=0,float=0'])(
    'are refused as %s',
    (text) => {
      expect(routingWeights.safeParse(text).error?.issues[0]?.message).toContain('must be like cost=3');
    },
  );
});

describe('the choice among rails', () => {
  let scene: Scene;

  beforeAll(async () => {
    scene = await setScene();
  });

  beforeEach(() => scene.client.railRecord.updateMany({ data: { successRate: 1, latencyMs: 1_000 } }));

  afterAll(() => scene.stop());

  const ask: Ask = {
    direction: 'PAYOUT',
    amount: forty,
    counterparty: { type: 'MOBILE_MONEY', phoneNumber: '+233241234567', network: 'MTN', name: null },
  };
  const routerOver = (rails: Record<string, ScriptedRailOptions>, weights = defaultRailTuning.weights) =>
    createRouter(
      scene.client,
      Object.entries(rails).map(([name, options]) => createLiveRail(scriptRail(name, options), testRails)),
      { weights },
    );

  it('takes the best of those that can carry it, and says of every rail why', async () => {
    const router = routerOver({ cheap: { fee: 10n, float: 10_000n }, dear: { fee: 20n, float: 10_000n } });
    expect(await router.choose(ask, [])).toMatchObject({
      rail: 'cheap',
      candidates: [
        { rail: 'cheap', score: '1.000000' },
        { rail: 'dear', score: '0.850000', why: expect.stringContaining('cost 0.50') },
      ],
    });
    const cedis = { ...ask, amount: { amount: 4_000n, currency: currencyOf('GHS') } };
    expect(await router.choose(cedis, [])).toEqual({
      rail: null,
      candidates: ['cheap', 'dear'].map((rail) => ({ rail, score: null, why: never })),
    });
  });

  it('leaves out those that have refused, and those without the float', async () => {
    const router = routerOver({ cheap: { fee: 1n }, short: { fee: 2n, float: 3_999n }, dear: { fee: 20n } });
    const choice = await router.choose(ask, ['cheap']);
    expect(choice).toMatchObject({
      rail: 'dear',
      candidates: [
        { rail: 'dear' },
        { rail: 'short', score: null, why: 'its float is too small' },
        { rail: 'cheap', score: null, why: 'has refused it already' },
      ],
    });
  });

  it('asks no rail for its float that only collects', async () => {
    const router = routerOver({ short: { float: 0n } });
    expect(await router.choose({ ...ask, direction: 'COLLECTION' }, [])).toMatchObject({ rail: 'short' });
  });

  it('prices a payment for the rail that is best in the long run, even if it is short of float just now', async () => {
    const router = routerOver({ cheap: { fee: 1n, float: 0n }, dear: { fee: 20n } });
    expect(await router.best(ask)).toBe('cheap');
    expect((await router.choose(ask, [])).rail).toBe('dear');
  });

  it('is remembered on the attempt for staff, and not told to customers', async () => {
    const rails = [scriptRail('cheap', { fee: 10n, float: 10_000n }), scriptRail('dear', { fee: 20n, float: 10_000n })];
    for (const rail of rails) rail.decideAll(confirmed);
    const service = await scene.start({ rails: testRails }, scene.bus, rails);
    const [ama, operator] = [scene.asAma(service), scene.asOperator(service)];
    const id = idOf(await ama.pay(payout()));
    await ama.paymentIn(id, 'CONFIRMED');
    const query = `query ($id: ID!) { payment(id: $id) { attempts { rail number candidates { rail score why } } } }`;
    const seen = async (person: typeof ama) => (await person.send<{ payment: object }>(query, { id })).data?.payment;
    expect(await seen(ama)).toEqual({ attempts: null });
    expect(await seen(operator)).toMatchObject({
      attempts: [
        {
          rail: 'cheap',
          number: 1,
          candidates: [
            { rail: 'cheap', score: '1.000000', why: expect.stringContaining('success 1.00') },
            { rail: 'dear', score: '0.850000' },
          ],
        },
      ],
    });
    await service.stop();
  });

  it('follows the weights that a deployment sets, and how the rails have done', async () => {
    const [cheap, sound] = [scriptRail('cheap', { fee: 10n }), scriptRail('sound', { fee: 20n })];
    for (const rail of [cheap, sound]) rail.decideAll(confirmed);
    const doneBadly = { successRate: 0.4, latencyMs: 100 };
    await scene.client.railRecord.upsert({
      where: { rail: 'cheap' },
      create: { rail: 'cheap', ...doneBadly },
      update: doneBadly,
    });
    const taken = async (weights: RoutingWeights) => {
      const service = await scene.start({ rails: { ...testRails, weights } }, scene.bus, [cheap, sound]);
      const ama = scene.asAma(service);
      const id = idOf(await ama.pay(payout()));
      await ama.paymentIn(id, 'CONFIRMED');
      await service.stop();
      return (await scene.client.paymentAttempt.findFirstOrThrow({ where: { paymentId: id } })).rail;
    };
    expect(await taken({ ...nothing, cost: 1 })).toBe('cheap');
    expect(await taken({ ...nothing, success: 1 })).toBe('sound');
  });

  it('learns: what a rail refuses for reasons of its own lowers its rate, what it carries raises it again', async () => {
    const rail = scriptRail('only');
    const service = await scene.start({ rails: testRails }, scene.bus, [rail]);
    const ama = scene.asAma(service);
    const rate = async () => (await scene.client.railRecord.findUnique({ where: { rail: 'only' } }))?.successRate ?? 1;
    const ride = async (arranged: (rail: ScriptedRail) => void, end: 'CONFIRMED' | 'FAILED') => {
      arranged(rail);
      await ama.paymentIn(idOf(await ama.pay(payout())), end);
    };
    await ride((one) => one.answers.push({ kind: 'REFUSED', code: 'NOT_ALLOWED', railCode: 'X' }), 'FAILED');
    await eventually(async () => (await rate()) < 1, 25_000);
    const before = await rate();
    // Whoever is outside being at fault says nothing of the rail.
    await ride((one) => one.answers.push({ kind: 'REFUSED', code: 'COUNTERPARTY_NOT_FOUND', railCode: 'Y' }), 'FAILED');
    await ride((one) => one.decideAll(confirmed), 'CONFIRMED');
    await eventually(async () => (await rate()) > before, 25_000);
    await service.stop();
  });

  const payout = () => ({
    payerWalletId: scene.amaUsd,
    payee: { mobileMoney: { phoneNumber: '+233241234567', network: 'MTN' } },
    amount: { amount: '40.00', currency: 'USD' },
  });
});
