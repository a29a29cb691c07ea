import type { Money } from '@paygraph/money';
import { carries, type RailInstruction } from '@paygraph/rails';
import type { Database } from '../database.ts';
import type { Candidate } from './attempt.ts';
import type { Health, LiveRail } from './live-rail.ts';
import type { RoutingWeights } from './tuning.ts';

/** What is said of a rail that can never carry something. */
export const never = 'does not carry it';

/** What is to be carried. */
export type Ask = Pick<RailInstruction, 'direction' | 'amount' | 'counterparty'>;

/** What is known of a rail that could carry something. */
export interface Qualities {
  readonly rail: string;
  /** What it would cost us, in minor units of the amount's currency. */
  readonly cost: bigint;
  /** Exponentially weighted, 0 to 1. */
  readonly successRate: number;
  readonly latencyMs: number;
  readonly health: Health;
  /** In minor units; null when it is not known, or does not matter. */
  readonly float: bigint | null;
}

export interface Choice {
  /** The best first; none if nothing can carry it now. */
  readonly rail: string | null;
  /** Every rail looked at. */
  readonly candidates: readonly Candidate[];
}

export interface Router {
  /** The rail to take next, and why, leaving out those that have refused already. */
  choose(ask: Ask, without: readonly string[]): Promise<Choice>;
  /** The best rail at the moment, even one that is out of order just now; null if none ever carries it. */
  best(ask: Ask): Promise<string | null>;
}

export function createRouter(
  database: Database,
  rails: readonly LiveRail[],
  { weights }: { readonly weights: RoutingWeights },
): Router {
  const qualitiesOf = async (ask: Ask, able: readonly LiveRail[], asksFloat: boolean): Promise<Qualities[]> => {
    const records = await database.railRecord.findMany({
      where: { rail: { in: able.map(({ adapter }) => adapter.name) } },
    });
    return Promise.all(
      able.map(async (rail) => {
        const { name } = rail.adapter;
        const record = records.find((one) => one.rail === name);
        return {
          rail: name,
          cost: rail.adapter.fee(ask).amount,
          successRate: record?.successRate ?? 1,
          latencyMs: record?.latencyMs ?? 1_000,
          health: rail.health(),
          float: asksFloat ? ((await rail.float(ask.amount.currency))?.amount ?? null) : null,
        };
      }),
    );
  };

  return {
    async choose(ask, without) {
      const able = rails.filter(({ adapter }) => carries(adapter, ask));
      const untried = able.filter(({ adapter }) => !without.includes(adapter.name));
      const ranked = rank(await qualitiesOf(ask, untried, ask.direction === 'PAYOUT'), ask.amount, weights);
      const candidates = [
        ...ranked,
        ...able
          .filter((rail) => !untried.includes(rail))
          .map(({ adapter }) => out(adapter.name, 'has refused it already')),
        ...rails.filter((rail) => !able.includes(rail)).map(({ adapter }) => out(adapter.name, never)),
      ];
      return { rail: candidates.find(({ score }) => score !== null)?.rail ?? null, candidates };
    },

    async best(ask) {
      const able = rails.filter(({ adapter }) => carries(adapter, ask));
      const qualities = await qualitiesOf(ask, able, false);
      // A price lasts longer than a disturbance: what is out of order or short of float now may carry it in a minute.
      const [best] = rank(
        qualities.map((one) => ({ ...one, health: 'closed' as const })),
        ask.amount,
        weights,
      );
      return best?.rail ?? null;
    },
  };
}

/**
 * Rails by their scores, the best first; equal ones by name. Each quality counts 0 to 1 by its weight: cost as the
 * cheapest rail's part of it, latency as the quickest one's. A rail whose circuit is open, or with too little float, is
 * not taken. Scores are for choosing only: no amount is made of them.
 */
export function rank(all: readonly Qualities[], amount: Money, weights: RoutingWeights): Candidate[] {
  const usable = all.filter((one) => one.health !== 'open' && (one.float === null || one.float >= amount.amount));
  const cheapest = usable.reduce<bigint | null>(
    (least, { cost }) => (least === null || cost < least ? cost : least),
    null,
  );
  const quickest = Math.min(...usable.map(({ latencyMs }) => latencyMs));
  const total = weights.cost + weights.success + weights.latency + weights.health + weights.float;
  const scored = usable.map((one) => {
    const parts = {
      cost: partOf(cheapest ?? 0n, one.cost),
      success: one.successRate,
      latency: one.latencyMs > 0 ? quickest / one.latencyMs : 1,
      health: one.health === 'closed' ? 1 : 0.5,
      float: one.float === null ? 0.5 : 1,
    };
    const sum =
      weights.cost * parts.cost +
      weights.success * parts.success +
      weights.latency * parts.latency +
      weights.health * parts.health +
      weights.float * parts.float;
    const words = Object.entries(parts).map(([quality, part]) => `${quality} ${part.toFixed(2)}`);
    return { rail: one.rail, value: sum / total, why: words.join(', ') };
  });
  scored.sort((left, right) => right.value - left.value || (left.rail < right.rail ? -1 : 1));
  return [
    ...scored.map(({ rail, value, why }) => ({ rail, score: value.toFixed(6), why })),
    ...all
      .filter((one) => !usable.includes(one))
      .map(({ rail, health }) => out(rail, health === 'open' ? 'its circuit is open' : 'its float is too small')),
  ];
}

/** How large `least` is beside `amount`, in millionths exactly enough for a score. */
function partOf(least: bigint, amount: bigint): number {
  return amount === 0n ? 1 : Number((least * 1_000_000n) / amount) / 1_000_000;
}

function out(rail: string, why: string): Candidate {
  return { rail, score: null, why };
}
