import { setTimeout as pause } from 'node:timers/promises';
import { query, type TestCluster } from '@paygraph/database/testing';
import { railNames, wellBehaved } from '@paygraph/rails-sandbox';
import type { TestPlatform } from '../support/platform.ts';
import { railsOutside } from '../support/rails.ts';
import type { Blow, Moods, Plan, Victim } from './plan.ts';

/** What goes on beside the payments. */
export interface Storm {
  /** Told of every step of a payment that somebody sees. */
  readonly step: () => void;
  /** How often each was killed. */
  readonly killed: ReadonlyMap<Victim, number>;
  /** Resolves when no further blow falls, all is up again and rails behave. */
  readonly over: Promise<void>;
  /** No further blow is to fall. */
  readonly calm: () => void;
}

/** A blow falls all the same when nothing has got on for so long: what is down then may be what all wait for. */
const standstillMs = 5_000;

/**
 * Lets the blows of a plan fall, one after the other, each after so many steps.
 * @param told of each blow when what it killed is up again: its victims, after how many ms and how many steps
 */
export async function startStorm(
  platform: TestPlatform,
  cluster: TestCluster,
  plan: Plan,
  told: (victims: readonly Victim[], tookMs: number, steps: number) => void,
): Promise<Storm> {
  const { processes } = platform;
  if (!processes) throw new Error('There are no processes to kill');
  const killed = new Map<Victim, number>();
  let steps = 0;
  let lastStep = Date.now();
  let isCalm = false;

  const strike = async ({ victims, downMs, moods }: Blow) => {
    const services = victims.filter((victim) => victim !== 'postgres');
    const isServerDown = victims.includes('postgres');
    const struck = Date.now();
    await setMoods(platform, moods);
    await Promise.all([...services.map((name) => processes.kill(name)), ...(isServerDown ? [cluster.crash()] : [])]);
    for (const victim of victims) killed.set(victim, (killed.get(victim) ?? 0) + 1);
    await pause(downMs);
    // The server first: a service that begins its life without it ends it at once.
    if (isServerDown) await cluster.restart();
    await Promise.all(services.map((name) => processes.restart(name)));
    if (victims.includes('rails-sandbox')) await setMoods(platform, moods);
    lastStep = Date.now();
    told(victims, lastStep - struck, steps);
  };
  const rage = async () => {
    for (const blow of plan.blows) {
      while (!isCalm && steps < blow.afterSteps && Date.now() - lastStep < standstillMs) await pause(20);
      if (isCalm) break;
      await strike(blow);
    }
    await setMoods(platform, behaved);
  };

  await setMoods(platform, plan.moods);
  return {
    over: rage(),
    killed,
    step() {
      steps += 1;
      lastStep = Date.now();
    },
    calm() {
      isCalm = true;
    },
  };
}

const behaved: Moods = {
  'mtn-momo': wellBehaved,
  'airteltigo-money': wellBehaved,
  'telecel-cash': wellBehaved,
  bank: wellBehaved,
};

async function setMoods(platform: TestPlatform, moods: Moods): Promise<void> {
  const outside = railsOutside(platform);
  await Promise.all(railNames.map((rail) => outside.behave(rail, moods[rail])));
}

/** Time passes for collections that nobody wants any more and of which their rails may never have heard. */
export async function letUnwantedAge({ databases }: Pick<TestPlatform, 'databases'>): Promise<void> {
  const aged = `
    UPDATE payment_attempt a SET submitted_at = a.submitted_at - interval '1 hour', created_at = a.created_at - interval '1 hour'
    FROM payment p
    WHERE p.id = a.payment_id AND p.state IN ('CANCELLED', 'EXPIRED') AND a.state IN ('CREATED', 'SUBMITTED')`;
  await query(databases.payment.migrationUrl, aged);
}
