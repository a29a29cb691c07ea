import type { Clock } from '@paygraph/service';
import { type Peer, PeerError } from '@paygraph/subgraph';
import DataLoader from 'dataloader';
import { CustomerTiersDocument } from '../generated/peers/profile.ts';
import type { KycTier } from './limit-table.ts';

/** How well people are known, as profile says. */
export interface Tiers {
  /**
   * The tier of each person, BASIC for whomever profile does not know.
   * @throws PeerError when profile does not answer and has not within the last hour
   */
  of(customerIds: readonly string[]): Promise<ReadonlyMap<string, KycTier>>;
}

/** How long in ms an answer counts as news, and how long it will do when profile does not answer. */
const freshMs = 30_000;
const usableMs = 60 * 60_000;

/** The most people that are remembered, and that one call asks about. */
const mostRemembered = 50_000;
const mostIds = 1_000;

interface Known {
  readonly tier: KycTier;
  /** In ms. */
  readonly at: number;
}

/** Asks profile about everybody that it has not been asked about within half a minute, in few calls. */
export function createTiers(profile: Peer, clock: Clock): Tiers {
  const known = new Map<string, Known>();

  const learn = async (ids: readonly string[], at: number) => {
    const { customerNames } = await profile.request(CustomerTiersDocument, { ids: [...ids] });
    for (const [index, id] of ids.entries()) {
      // Deleted first, so that the map's order is that of news, and the oldest goes when there are too many.
      known.delete(id);
      known.set(id, { tier: customerNames[index]?.tier ?? 'BASIC', at });
    }
    for (const id of known.keys()) {
      if (known.size <= mostRemembered) break;
      known.delete(id);
    }
  };

  return {
    async of(customerIds) {
      const now = clock().getTime();
      const ids = [...new Set(customerIds)];
      const age = (id: string) => now - (known.get(id)?.at ?? Number.NEGATIVE_INFINITY);
      const asked = ids.filter((id) => age(id) >= freshMs);
      try {
        for (let from = 0; from < asked.length; from += mostIds) await learn(asked.slice(from, from + mostIds), now);
      } catch (error) {
        if (!(error instanceof PeerError) || asked.some((id) => age(id) >= usableMs)) throw error;
      }
      return new Map(ids.map((id) => [id, known.get(id)?.tier ?? 'BASIC']));
    },
  };
}

/** The tiers that one request asks for, with one call. */
export function createTierLoader(tiers: Tiers): DataLoader<string, KycTier> {
  return new DataLoader(async (ids) => {
    const found = await tiers.of(ids);
    return ids.map((id) => found.get(id) ?? 'BASIC');
  });
}
