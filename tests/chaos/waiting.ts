import { query } from '@paygraph/database/testing';
import type { TestPlatform } from '../support/platform.ts';

/** What is waited for, and by whom: so that a run that does not get on ends, and says why. */
export interface Waiting {
  /** Something has got on. */
  progress(): void;
  /** Waits for something, on the list meanwhile. */
  until<Value>(who: string, what: string, it: Promise<Value>): Promise<Value>;
  /** Everything that is waited for, the longest first. */
  list(): readonly Wait[];
  /** Waits for all of it, until nothing has got on for so long. @throws with the list of what was still waited for */
  whileGettingOn<Value>(all: Promise<Value>, patienceMs: number): Promise<Value>;
}

interface Wait {
  readonly who: string;
  readonly what: string;
  readonly since: number;
}

export function createWaiting(platform: Pick<TestPlatform, 'databases'>): Waiting {
  const waits = new Set<Wait>();
  let last = Date.now();
  const list = () => [...waits];

  return {
    progress() {
      last = Date.now();
    },
    async until(who, what, it) {
      const wait = { who, what, since: Date.now() };
      waits.add(wait);
      try {
        return await it;
      } finally {
        waits.delete(wait);
      }
    },
    list,
    async whileGettingOn(all, patienceMs) {
      let timer: NodeJS.Timeout | undefined;
      const standstill = new Promise<never>((_resolve, reject) => {
        timer = setInterval(() => {
          if (Date.now() - last < patienceMs) return;
          clearInterval(timer);
          described(platform, list()).then((lines) => {
            reject(new Error(`Nothing has got on for ${patienceMs / 1_000} s. Still waited for:\n${lines.join('\n')}`));
          }, reject);
        }, 1_000);
      });
      return Promise.race([all, standstill]).finally(() => clearInterval(timer));
    },
  };
}

/** With how things stand in the database, which shows who is deaf: those who work, or those who wait to be told. */
async function described({ databases }: Pick<TestPlatform, 'databases'>, waits: readonly Wait[]): Promise<string[]> {
  const ids = waits.map(({ who }) => who);
  const rows = (await query(databases.payment.migrationUrl, standingSql, [ids])) as { id: string; standing: unknown }[];
  const standings = new Map(rows.map(({ id, standing }) => [id, JSON.stringify(standing)]));
  return waits.map(({ who, what, since }) => {
    const seconds = Math.round((Date.now() - since) / 1_000);
    return `${who} for ${what}, for ${seconds} s: ${standings.get(who) ?? 'no such payment'}`;
  });
}

const standingSql = `
  SELECT p.id, jsonb_build_object(
    'state', p.state, 'kind', p.kind, 'captureMethod', p.capture_method, 'dueIn', p.next_attempt_at - now(), 'leasedFor', p.lease_until - now(),
    'steps', (SELECT jsonb_agg(to_state ORDER BY sequence) FROM payment_timeline WHERE payment_id = p.id),
    'attempts', (SELECT jsonb_agg(to_jsonb(a) - 'candidates') FROM payment_attempt a WHERE a.payment_id = p.id),
    'refunds', (SELECT jsonb_agg(to_jsonb(r)) FROM payment_refund r WHERE r.payment_id = p.id)
  ) AS standing
  FROM payment p WHERE p.id = ANY($1)`;
