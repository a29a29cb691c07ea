import { type Currency, currencyOf, type Money } from '@paygraph/money';
import type {
  RailAdapter,
  RailEvent,
  RailInstruction,
  RailNews,
  StatusOutcome,
  SubmitOutcome,
  VerifiedWebhook,
} from '@paygraph/rails';

/** A rail in memory that does as it is told, and keeps what it has carried. */
export interface ScriptedRail extends RailAdapter {
  /** What the next calls of `submit` are answered with; ACCEPTED when there is nothing left. */
  readonly answers: ScriptedAnswer[];
  /** Every instruction that was handed over, in order, again ones too. */
  readonly handedOver: RailInstruction[];
  /** How often the status of something was asked for. */
  asked(): number;
  /** Decides what has been accepted, as later status queries will tell. */
  decide(reference: string, news: RailNews): void;
  /** What its statements show; none unless it has statements. */
  readonly booked: RailEvent[];
  /** Decides everything accepted from here on at once. */
  decideAll(news: RailNews | null): void;
}

/** `lost`: the rail takes it, and nobody hears of it. */
export type ScriptedAnswer = SubmitOutcome | { readonly kind: 'lost' };

export const confirmed: RailNews = { kind: 'CONFIRMED', railReference: 'rail-1', amount: null, charge: null };

export function refusedBy(
  code: Extract<RailNews, { kind: 'REFUSED' }>['code'],
): Extract<RailNews, { kind: 'REFUSED' }> {
  return { kind: 'REFUSED', code, railCode: `RAIL_${code}` };
}

export interface ScriptedRailOptions {
  /** What it charges, in minor units: for choosing among rails. */
  readonly fee?: bigint;
  readonly float?: bigint;
  readonly unseenIsFinalAfterMs?: number;
  readonly hasStatements?: boolean;
}

/** Webhooks are JSON: `{"nudge": reference}`, or events as they are with a header `x-signature: good`. */
export function scriptRail(name: string, options: ScriptedRailOptions = {}): ScriptedRail {
  const { fee = 0n, float, unseenIsFinalAfterMs = null, hasStatements = false } = options;
  const booked: RailEvent[] = [];
  const answers: ScriptedAnswer[] = [];
  const handedOver: RailInstruction[] = [];
  const taken = new Map<string, StatusOutcome>();
  let asked = 0;
  let standing: RailNews | null = null;
  const accepted = { kind: 'ACCEPTED', railReference: null } as const;

  return {
    name,
    displayName: name,
    answers,
    handedOver,
    booked,
    asked: () => asked,
    decide: (reference, news) => taken.set(reference, news),
    decideAll(news) {
      standing = news;
      if (news) for (const [reference, known] of taken) if (known.kind === 'ACCEPTED') taken.set(reference, news);
    },
    capabilities: {
      directions: ['COLLECTION', 'PAYOUT'],
      counterparties: ['MOBILE_MONEY'],
      networks: ['MTN'],
      currencies: new Map<Currency, { min: bigint; max: bigint }>([
        [currencyOf('USD'), { min: 1n, max: 10_000_000n }],
        [currencyOf('EUR'), { min: 1n, max: 10_000_000n }],
      ]),
      cancels: false,
      callsPerSecond: 1_000,
      concurrentCalls: 100,
      unseenIsFinalAfterMs,
    },

    async submit(instruction) {
      handedOver.push(instruction);
      const known = taken.get(instruction.reference);
      if (known && known.kind !== 'UNSEEN' && known.kind !== 'RETURNED') return known;
      const answer = answers.shift() ?? accepted;
      if (answer.kind === 'lost') {
        taken.set(instruction.reference, standing ?? accepted);
        return { kind: 'UNKNOWN', why: 'no answer' };
      }
      if (answer.kind === 'ACCEPTED') taken.set(instruction.reference, standing ?? answer);
      else if (answer.kind !== 'UNKNOWN' && answer.kind !== 'NOT_SENT') taken.set(instruction.reference, answer);
      return answer;
    },
    async status({ reference }) {
      asked += 1;
      return taken.get(reference) ?? { kind: 'UNSEEN' };
    },
    cancel: async () => ({ kind: 'UNSUPPORTED' }),
    // An entry a page, the same on every day.
    ...(hasStatements && {
      statement: async ({ page }: { page: number }) =>
        ({
          kind: 'STATEMENT',
          events: booked.slice(page - 1, page),
          isLast: page >= booked.length,
          body: '<Document/>',
        }) as const,
    }),
    fee: ({ amount }): Money => ({ amount: fee, currency: amount.currency }),
    float: async (currency) => (float === undefined ? null : { amount: float, currency }),

    webhook({ headers, body }): VerifiedWebhook {
      const content = JSON.parse(Buffer.from(body).toString('utf8'), (key, value) =>
        key === 'amount' && typeof value === 'string' ? BigInt(value) : value,
      );
      if (typeof content.nudge === 'string') return { kind: 'NUDGE', references: [content.nudge] };
      if (headers['x-signature'] !== 'good') return { kind: 'REJECTED', status: 401, why: 'not signed' };
      return { kind: 'EVENTS', events: content };
    },
  };
}
