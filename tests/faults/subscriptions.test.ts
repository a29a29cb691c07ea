import { until } from '@paygraph/standalone';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { outcomeOf, payNow, transfer } from '../support/payments.ts';
import type { Customer } from '../support/platform.ts';
import { decideReview, reviewed } from '../support/staff.ts';
import { inside, recovered } from './support/everywhere.ts';
import { useFronts } from './support/fronts.ts';
import { garbage, silently } from './support/garbage.ts';
import { type Steps, watchSteps } from './support/steps.ts';

vi.setConfig({ testTimeout: 180_000 });

const isFull = process.env.SECURITY === 'full';
const { platform, front } = useFronts({ SUBGRAPH_TIMEOUT_MS: '4000' });
const hangsUp = garbage['nothing, and hangs up'] ?? silently;
const page = garbage['a page with 200'] ?? silently;

let payer: Customer;
let payee: Customer;
beforeAll(async () => {
  payer = await platform().customer({ USD: '1000.00' });
  payee = await platform().customer({ USD: '0.00' });
  await outcomeOf(payer, await payNow(payer, transfer(payer, payee, '1.00 USD', 'USD')));
}, 60_000);

/** A payment that waits for an analyst, and its payer, who has seen three steps of it. */
async function watched() {
  const rich = await platform().customer({ USD: '10000.00' });
  const id = await payNow(rich, transfer(rich, payee, '10000.00 USD', 'USD'));
  const assessment = await reviewed(platform(), id);
  const steps = watchSteps(platform(), rich, id);
  await seen(steps, 3);
  return {
    steps,
    again: (after: number) => watchSteps(platform(), rich, id, after),
    approve: () => decideReview(platform().analyst, assessment, 'APPROVE'),
  };
}

const seen = (steps: Steps, count: number) =>
  until(`${count} steps are seen`, 90_000, async () => steps.seen().length >= count);

describe('who watches a payment', () => {
  it('sees every step once, though payment hangs up on the gateway in between', async () => {
    const { steps, approve } = await watched();
    front('payment').behave(hangsUp);
    front('payment').recover();
    await recovered(platform(), payer);
    await approve();
    await seen(steps, 6);
    expect(steps.seen()).toEqual([1, 2, 3, 4, 5, 6]);
    expect(steps.codes()).toEqual([]);
  });

  it('sees every step, though another service answers garbage: without what that one knows', async () => {
    const { steps, approve } = await watched();
    front('risk').behave(page);
    const another = await payNow(payer, transfer(payer, payee, '1.00 USD', 'USD'));
    const others = watchSteps(platform(), payer, another);
    await seen(others, 1);
    expect(others.results()[0]).toMatchObject({
      data: { paymentStateChanged: { sequence: 1, payment: { id: another, riskAssessment: null } } },
      errors: [{ path: ['paymentStateChanged', 'payment', 'riskAssessment'] }],
    });
    expect(others.codes()[0]).toBe('SUBGRAPH_UNAVAILABLE');
    expect(JSON.stringify(others.results())).not.toMatch(inside);
    front('risk').recover();
    await recovered(platform(), payer);
    await approve();
    await seen(steps, 6);
    expect(steps.codes()).toEqual([]);
    expect(await outcomeOf(payer, another)).toEqual({ state: 'CONFIRMED', failure: null });
  });

  it('is told at once that payment is away when it is, and may begin a little later', async () => {
    const id = await payNow(payer, transfer(payer, payee, '1.00 USD', 'USD'));
    await outcomeOf(payer, id);
    front('payment').behave(page);
    const refused = watchSteps(platform(), payer, id);
    await until('the refusal has come', 30_000, async () => refused.isOver());
    expect(refused.codes()).toEqual(['SUBGRAPH_UNAVAILABLE']);
    expect(JSON.stringify(refused.results())).not.toMatch(inside);
    front('payment').recover();
    await recovered(platform(), payer);
    const steps = watchSteps(platform(), payer, id);
    await seen(steps, 5);
    expect(steps.seen()).toEqual([1, 2, 3, 4, 5]);
  });

  it.runIf(isFull)('sees every step once, though the line to payment goes dead without a word', async () => {
    const { steps, approve } = await watched();
    front('payment').behave(silently, 'dead');
    await until(
      'the gateway has given the socket up and asks for another',
      90_000,
      async () => front('payment').dialled > 0,
    );
    front('payment').recover();
    await recovered(platform(), payer);
    await approve();
    await seen(steps, 6);
    expect([steps.seen(), steps.codes()]).toEqual([[1, 2, 3, 4, 5, 6], []]);
  });

  it.runIf(isFull)('is told where to go on when payment does not come back', async () => {
    const { steps, again, approve } = await watched();
    front('payment').behave(hangsUp);
    await until('the subscription is over', 90_000, async () => steps.isOver());
    expect(steps.codes()).toEqual(['SUBSCRIPTION_INTERRUPTED']);
    expect(steps.results().at(-1)?.errors?.[0]?.extensions).toMatchObject({ afterSequence: 3 });
    front('payment').recover();
    await recovered(platform(), payer);
    const rest = again(3);
    await approve();
    await seen(rest, 3);
    expect(rest.seen()).toEqual([4, 5, 6]);
  });
});
