import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { cpuSeconds, residentMiB, start, stop } from '@paygraph/bench';
import type { RunningGateway } from '../gateways.ts';
import { walletId } from '../graph/data.ts';
import type { Measure } from '../report.ts';
import type { Subgraphs } from '../subgraphs/start.ts';
import type { Received, SubscribersLoad } from '../subscribers.ts';
import type { Tokens } from '../tokens.ts';
import { activityQuery, live } from '../workloads.ts';

export interface LiveToMeasure {
  readonly gateway: RunningGateway;
  readonly subgraphs: Subgraphs;
  readonly tokens: Tokens;
  readonly seconds: number;
}

/** Sockets with a live subscription each, while events come to all of them. */
export async function measureLive({ gateway, subgraphs, tokens, seconds }: LiveToMeasure): Promise<Measure> {
  const main = fileURLToPath(new URL('../subscribers.ts', import.meta.url));
  const env = { PATH: process.env.PATH, NODE_ENV: 'production' };
  const subscribers = start([process.execPath, '--import', import.meta.resolve('tsx'), main], env);
  const say = async <Answer>(message: SubscribersLoad | 'report'): Promise<Answer> => {
    const answer = once(subscribers, 'message');
    subscribers.send(message);
    return (await answer)[0] as Answer;
  };
  try {
    await say({ url: gateway.url, query: activityQuery, subscribers: everybody(tokens) });
    subgraphs.publish(live.eventsPerSecond);
    await delay(1_000);
    await say('report');
    const cpuBefore = cpuSeconds(gateway.pid);
    const from = performance.now();
    await delay(seconds * 1_000);
    const { events, failed, p50, p99 } = await say<Received>('report');
    const elapsed = (performance.now() - from) / 1_000;
    const cpu = cpuSeconds(gateway.pid) - cpuBefore;
    if (failed > 0 || events === 0) throw new Error(`${gateway.name} live: ${events} events, ${failed} failures`);
    return {
      ...{ rate: events / elapsed, cpuMicroseconds: (cpu / events) * 1_000_000, p50, p99 },
      ...{ residentMiB: residentMiB(gateway.pid), fetches: 0 },
    };
  } finally {
    subgraphs.publish(0);
    await stop(subscribers);
  }
}

function everybody(tokens: Tokens): SubscribersLoad['subscribers'] {
  return Array.from({ length: live.principals }, (_, number) => {
    const subscriber = { authorization: tokens.of(number), walletId: walletId(number) };
    return Array.from({ length: live.socketsEach }, () => subscriber);
  }).flat();
}
