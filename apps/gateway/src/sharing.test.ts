import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { until } from './testing/until.ts';
import { connect, type Watch, watch } from './testing/watch.ts';
import { startWorld, type World } from './testing/world.ts';

let world: World;
let token: string;
beforeEach(async () => {
  world = await startWorld({ reopen: { attempts: 3, firstDelayMs: 10, longestDelayMs: 20 } });
  token = world.tokenOf('cus_1');
});
afterEach(() => world.stop());

const steps = `subscription ($id: ID!, $after: Int! = 0) {
  paymentStateChanged(paymentId: $id, afterSequence: $after) { sequence payment { riskAssessment { decision } } }
}`;
const subscribe = (variables: object, authorization = token, query = steps): Watch =>
  watch(connect(world.webSocketUrl, authorization), { query, variables: { id: 'pay_1', ...variables } });
const begun = (...cursors: number[]) => until(() => expect(world.begun).toEqual(cursors));
const sequencesOf = ({ results }: Watch) =>
  results.map(({ data }) => (data as { paymentStateChanged: { sequence: number } }).paymentStateChanged.sequence);
const received = (subscriber: Watch, ...sequences: number[]) =>
  until(() => expect(sequencesOf(subscriber)).toEqual(sequences));
const publish = (...sequences: number[]) => {
  for (const sequence of sequences) world.steps.publish({ sequence, state: 'PENDING' });
};

describe('subscribers of one principal', () => {
  it('who ask the same at the same cursor share one upstream, and one answer to each event', async () => {
    const first = subscribe({});
    await begun(0);
    publish(1);
    await received(first, 1);
    const second = subscribe({ after: 1 });
    const third = subscribe({ after: 1 });
    publish(2);
    await received(first, 1, 2);
    await received(second, 2);
    await received(third, 2);
    await until(() => expect(world.steps.listeners).toBe(1));
    const before = world.risk.requests.length;
    publish(3);
    await received(first, 1, 2, 3);
    await received(second, 2, 3);
    await received(third, 2, 3);
    expect(world.risk.requests.length - before).toBe(1);
  });

  it('who begin elsewhere catch up alone, on the same socket, and join when they have', async () => {
    const first = subscribe({});
    await begun(0);
    publish(1, 2, 3);
    await received(first, 1, 2, 3);
    const late = subscribe({});
    await received(late, 1, 2, 3);
    expect(world.begun).toEqual([0, 0]);
    expect(world.payment.sockets.size).toBe(1);
    await until(() => expect(world.steps.listeners).toBe(1));
    publish(4);
    await received(first, 1, 2, 3, 4);
    await received(late, 1, 2, 3, 4);
  });

  it('who ask something else have an upstream of their own on the same socket', async () => {
    const one = subscribe({});
    const other = subscribe({ id: 'pay_2' });
    await until(() => expect(world.steps.listeners).toBe(2));
    expect(world.payment.sockets.size).toBe(1);
    one.leave();
    await until(() => expect(world.steps.listeners).toBe(1));
    expect(world.payment.sockets.size).toBe(1);
    other.leave();
    await until(() => expect(world.payment.sockets.size).toBe(0));
  });

  it('who come right after the last one has left find the socket still open', async () => {
    const one = subscribe({});
    await until(() => expect(world.steps.listeners).toBe(1));
    const [socket] = world.payment.sockets;
    one.leave();
    await until(() => expect(world.steps.listeners).toBe(0));
    const next = subscribe({});
    await until(() => expect(world.steps.listeners).toBe(1));
    expect([...world.payment.sockets]).toEqual([socket]);
    next.leave();
    await until(() => expect(world.payment.sockets.size).toBe(0));
  });

  it('who come with a token that lasts longer have a socket that lasts as long', async () => {
    const one = subscribe({});
    await until(() => expect(world.steps.listeners).toBe(1));
    one.leave();
    await until(() => expect(world.steps.listeners).toBe(0));
    const fresh = world.tokenOf('cus_1', new Date(Date.now() + 2_000));
    const next = subscribe({}, fresh);
    await until(() => expect(world.steps.listeners).toBe(1));
    expect([...world.payment.sockets].map(({ authorization }) => authorization)).toContain(fresh);
    next.leave();
    await until(() => expect(world.payment.sockets.size).toBe(0));
  });

  it('keep their upstream until the last of them has left', async () => {
    const watchers = [1, 2, 3].map(() => subscribe({}));
    await until(() => expect(world.steps.listeners).toBe(1));
    publish(1);
    for (const watcher of watchers) await received(watcher, 1);
    for (const watcher of watchers.slice(1)) watcher.leave();
    publish(2);
    for (const watcher of watchers.slice(0, 1)) await received(watcher, 1, 2);
    watchers[0]?.leave();
    await until(() => expect(world.payment.sockets.size).toBe(0));
  });

  it('more than a hundred need a second socket', async () => {
    const client = connect(world.webSocketUrl, token);
    const second = connect(world.webSocketUrl, token);
    for (let payment = 0; payment < 101; payment++)
      watch(payment < 60 ? client : second, { query: steps, variables: { id: `pay_${payment}` } });
    await until(() => expect(world.steps.listeners).toBe(101));
    expect(world.payment.sockets.size).toBe(2);
  });
});

describe('subscribers of different principals or rights', () => {
  it('share nothing', async () => {
    subscribe({});
    subscribe({}, world.tokenOf('cus_2'));
    await until(() => expect(world.steps.listeners).toBe(2));
    expect(world.payment.sockets.size).toBe(2);
  });
});

describe('an upstream whose token the subgraph no longer takes', () => {
  it('goes on under the token of another who follows it, with nothing missed', async () => {
    const first = subscribe({});
    await begun(0);
    const fresh = world.tokenOf('cus_1', new Date(Date.now() + 1_000));
    const second = subscribe({}, fresh);
    publish(1);
    await received(first, 1);
    await received(second, 1);
    await until(() => expect(world.payment.sockets.size).toBe(1));
    const [shared] = world.payment.sockets;
    shared?.socket.close(4403);
    publish(2);
    for (const follower of [first, second]) await received(follower, 1, 2);
    const other = shared?.authorization === fresh ? token : fresh;
    expect([...world.payment.sockets].map(({ authorization }) => authorization)).toEqual([other]);
  });
});
