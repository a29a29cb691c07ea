import { createMetrics } from '@paygraph/service';
import { sumOf } from '@paygraph/service/testing';
import { Registry } from 'prom-client';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { eventually, testRails } from '../../test/platform.ts';
import { refusedBy, scriptRail } from '../../test/rail.ts';
import { idOf, type Person, type Scene, type Service, setScene } from '../../test/scene.ts';
import { measureRelay } from '../activity/metrics.ts';
import { createActivityStore } from '../activity/store.ts';
import { openDatabase } from '../database.ts';
import { measureWork } from './metrics.ts';

// Many steps each, on a machine that may be busy.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const metrics = createMetrics({ service: 'payment', host: '127.0.0.1' });
const rail = scriptRail('momo', { fee: 1n });
let scene: Scene;
let service: Service;
let ama: Person;

beforeAll(async () => {
  scene = await setScene();
  service = await scene.start({ rails: testRails }, scene.bus, [rail], metrics);
  ama = scene.asAma(service);
});

afterAll(async () => {
  await service.stop();
  await scene.stop();
});

const sum = (series: string, labels: Record<string, string> = {}) => sumOf(metrics.registry, series, labels);
const steps = (kind: string, state: string) => sum('paygraph_payment_steps_total', { kind, state });
const queue = (gauge: string, work: string) => sum(`paygraph_payment_queue_${gauge}`, { work });
const payOut = () =>
  ama.pay({
    payerWalletId: scene.amaUsd,
    payee: { mobileMoney: { phoneNumber: '+233241234567', network: 'MTN' } },
    amount: { amount: '40.00', currency: 'USD' },
  });

describe('the metrics of payment’s workers', () => {
  it('count the steps of payments, those taken up, and rounds of work', async () => {
    idOf(await ama.pay(scene.dollars('10.00')));
    await eventually(async () => (await steps('TRANSFER', 'CONFIRMED')) === 1, 25_000);
    expect(await steps('TRANSFER', 'PENDING')).toBe(1);
    expect(await sum('paygraph_payment_claimed_total', { state: 'INITIATED' })).toBe(1);
    const rounds = { worker: 'work', outcome: 'worked' };
    await eventually(async () => (await sum('paygraph_payment_round_duration_seconds_count', rounds)) > 0, 25_000);
  });

  it('count failures by why', async () => {
    idOf(await ama.pay(scene.dollars('900000.00')));
    await eventually(async () => (await steps('TRANSFER', 'FAILED')) === 1, 25_000);
    expect(await sum('paygraph_payment_failures_total', {})).toBe(1);
    expect(await sum('paygraph_payment_failures_total', { code: 'INSUFFICIENT_FUNDS' })).toBe(1);
  });

  it('show what waits: how much, how much of it is due, and how old it is', async () => {
    const manual = idOf(await ama.pay({ ...scene.dollars('5.00'), captureMethod: 'MANUAL' }));
    await eventually(async () => (await queue('depth', 'PENDING')) === 1, 25_000);
    expect(await queue('depth', 'VALIDATING')).toBe(0);
    await eventually(async () => (await queue('oldest_seconds', 'PENDING')) > 0, 25_000);
    await scene.client.$executeRaw`
      UPDATE payment SET next_attempt_at = now() - interval '1 hour', lease_until = now() + interval '1 hour' WHERE id = ${manual}`;
    expect([await queue('due', 'PENDING'), await queue('overdue_seconds', 'PENDING')]).toEqual([0, 0]);
    await service.stop();
    await scene.client.$executeRaw`UPDATE payment SET lease_until = NULL WHERE id = ${manual}`;
    const registry = new Registry();
    measureWork(registry, scene.client);
    const overdue = /paygraph_payment_queue_overdue_seconds\{work="PENDING"\} (\S+)/.exec(await registry.metrics());
    expect(Number(overdue?.[1])).toBeGreaterThanOrEqual(3_600);
    service = await scene.start({ rails: testRails }, scene.bus, [rail]);
  });

  it('say nothing of what waits while the database is away, and go on with the rest', async () => {
    const registry = new Registry();
    const away = openDatabase('postgresql://nobody@127.0.0.1:1/nothing');
    measureWork(registry, away).round('work', 'idle', 1);
    measureRelay(registry, createActivityStore(away));
    const text = await registry.metrics();
    expect(text).toMatch(/^paygraph_payment_round_duration_seconds_count\{[^}]*\} 1$/m);
    expect(text).not.toMatch(/^paygraph_payment_(queue|relay)\w*(\{.*\})? \d/m);
    await away.$disconnect();
  });
});

describe('the metrics of rails', () => {
  it('count calls by outcome, and attempts by what became of them', async () => {
    const rails = createMetrics({ service: 'payment', host: '127.0.0.1' });
    const refusing = scriptRail('bank', { fee: 1n });
    refusing.answers.push(refusedBy('COUNTERPARTY_NOT_FOUND'));
    await service.stop();
    service = await scene.start({ rails: testRails }, scene.bus, [refusing], rails);
    ama = scene.asAma(service);
    idOf(await payOut());
    const attempt = { rail: 'bank', direction: 'PAYOUT', state: 'REFUSED' };
    await eventually(async () => (await sumOf(rails.registry, 'paygraph_rail_attempts_total', attempt)) === 1, 25_000);
    const calls = { rail: 'bank', call: 'submit', outcome: 'REFUSED' };
    expect(await sumOf(rails.registry, 'paygraph_rail_call_duration_seconds_count', calls)).toBe(1);
    expect(await sumOf(rails.registry, 'paygraph_rail_circuit', { rail: 'bank', state: 'closed' })).toBe(1);
    expect(await sumOf(rails.registry, 'paygraph_rail_circuit', { rail: 'bank', state: 'open' })).toBe(0);
  });
});
