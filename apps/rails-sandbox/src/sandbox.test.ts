import { appendFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { currencyOf } from '@paygraph/money';
import { createLogger, systemClock } from '@paygraph/service';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { chanceOf } from './behaviour.ts';
import { credentials } from './credentials.ts';
import { createRailsSandbox, type RailsSandbox } from './sandbox.ts';

const ghs = currencyOf('GHS');
let directory: string;
const running: RailsSandbox[] = [];
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'rails-sandbox-'));
});
afterEach(async () => {
  await Promise.all(running.splice(0).map((sandbox) => sandbox.stop()));
  await rm(directory, { recursive: true });
});

function start(): RailsSandbox {
  const sandbox = createRailsSandbox({
    ...{ logger: createLogger({ service: 'rails-sandbox', level: 'silent' }), clock: systemClock, seed: 3 },
    ...{ floats: [{ amount: 50_000n, currency: ghs }], journalFile: join(directory, 'journal.jsonl') },
  });
  running.push(sandbox);
  return sandbox;
}

async function transfer({ app }: RailsSandbox, reference: string, amount: string): Promise<number> {
  const { apiUser, apiKey, subscriptionKey } = credentials.mtn.disbursement;
  const authorization = `Basic ${Buffer.from(`${apiUser}:${apiKey}`).toString('base64')}`;
  const key = { 'ocp-apim-subscription-key': subscriptionKey };
  const token = await app.inject({
    method: 'POST',
    url: '/mtn-momo/disbursement/token/',
    headers: { ...key, authorization },
  });
  const headers = {
    ...{ ...key, authorization: `Bearer ${token.json().access_token}`, 'x-reference-id': reference },
    'x-target-environment': credentials.mtn.environment,
  };
  const payee = { partyIdType: 'MSISDN', partyId: '233241234567' };
  const payload = { amount, currency: 'GHS', externalId: '1', payee, payerMessage: '', payeeNote: '' };
  return (await app.inject({ method: 'POST', url: '/mtn-momo/disbursement/v1_0/transfer', headers, payload }))
    .statusCode;
}

const one = '6f9e4c1a-0b1d-4b6e-9a53-2c7d1e8f0a31';
const two = '6f9e4c1a-0b1d-4b6e-9a53-2c7d1e8f0a32';

describe('the books of the sandbox', () => {
  it('outlive the process, even one that was cut off while it wrote', async () => {
    const first = start();
    first.behave('mtn-momo', { settleMs: null });
    expect(await transfer(first, one, '100.00')).toBe(202);
    first.settle('mtn-momo', one);
    expect(await transfer(first, two, '50.00')).toBe(202);
    appendFileSync(join(directory, 'journal.jsonl'), '{"kind":"TAK');
    const second = start();
    expect(second.books.float('mtn-momo', ghs)).toBe(40_000n);
    expect(second.books.orders('mtn-momo')).toMatchObject([
      { reference: one, state: 'SUCCEEDED', amount: { amount: 10_000n, currency: ghs } },
      { reference: two, amount: { amount: 5_000n, currency: ghs } },
    ]);
    expect(await transfer(second, one, '100.00')).toBe(409);
    second.settle('mtn-momo', two);
    expect(start().books.float('mtn-momo', ghs)).toBe(35_000n);
  });

  it('never pay out more than the float, with several payouts under way', async () => {
    const sandbox = start();
    sandbox.behave('mtn-momo', { settleMs: null });
    await transfer(sandbox, one, '300.00');
    await transfer(sandbox, two, '300.00');
    expect(sandbox.settle('mtn-momo', two)).toMatchObject({ state: 'FAILED', refusal: 'FLOAT' });
    expect(sandbox.settle('mtn-momo', one)).toMatchObject({ state: 'SUCCEEDED' });
    expect(sandbox.books.float('mtn-momo', ghs)).toBe(20_000n);
  });
});

describe('the control of the sandbox', () => {
  it('shows what each rail holds and has done, and how it behaves', async () => {
    const sandbox = start();
    const changed = await sandbox.app.inject({
      ...{ method: 'PATCH', url: '/sandbox/rails/mtn-momo/behaviour' },
      payload: { settleMs: null, callbacks: { lost: 1 } },
    });
    expect(changed.json()).toMatchObject({ settleMs: null, refuse: 0, callbacks: { lost: 1, copies: 1 } });
    await transfer(sandbox, one, '1.00');
    const url = `/sandbox/rails/mtn-momo/orders/${one}`;
    const settled = await sandbox.app.inject({ method: 'POST', url: `${url}/settle`, payload: { refusal: 'LIMIT' } });
    expect(settled.json()).toMatchObject({
      state: 'FAILED',
      refusal: 'LIMIT',
      amount: { amount: '1.00', currency: 'GHS' },
    });
    const shown = await sandbox.app.inject({ method: 'GET', url: '/sandbox/rails/mtn-momo' });
    expect(shown.json()).toMatchObject({
      floats: [{ amount: '500.00', currency: 'GHS' }],
      orders: { FAILED: 1, SUCCEEDED: 0 },
    });
  });

  it.each([
    ['a rail that there is not', 'PATCH', '/sandbox/rails/visa/behaviour', {}],
    ['a probability above one', 'PATCH', '/sandbox/rails/bank/behaviour', { refuse: 2 }],
    ['a misbehaviour that there is not', 'PATCH', '/sandbox/rails/bank/behaviour', { explode: 1 }],
    ['an order that there is not', 'POST', '/sandbox/rails/bank/orders/1/settle', {}],
    ['the return of what was not carried out', 'POST', '/sandbox/rails/bank/orders/1/return', {}],
    ['no amount', 'POST', '/sandbox/rails/bank/float', { amount: '1.234', currency: 'EUR' }],
  ] as const)('refuses %s', async (_what, method, url, payload) => {
    expect((await start().app.inject({ method, url, payload })).statusCode).toBe(400);
  });
});

describe('chance', () => {
  it('comes out the same for the same seed, whatever is asked in between, and as often as it is likely', () => {
    const chance = chanceOf(5);
    const all = Array.from({ length: 2_000 }, (_, index) => chance(0.25, 'lost', index));
    const again = chanceOf(5);
    expect(Array.from({ length: 2_000 }, (_, index) => again(0.25, 'lost', 1_999 - index)).reverse()).toEqual(all);
    expect(all.filter(Boolean).length).toBeGreaterThan(400);
    expect(all.filter(Boolean).length).toBeLessThan(600);
    expect(Array.from({ length: 2_000 }, (_, index) => chanceOf(6)(0.25, 'lost', index))).not.toEqual(all);
  });
});
