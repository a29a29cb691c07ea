import { columnsAsFields } from '@paygraph/database';
import { isId, newId } from '@paygraph/ids';
import { z } from 'zod';
import {
  type Assessment as AssessmentRow,
  Prisma,
  type PrismaClient,
  type Review,
} from '../generated/prisma/client.ts';
import type { Facts, Thresholds } from '../rules/facts.ts';
import { decisions, reasonShape, type Verdict } from '../rules/rule-set.ts';
import type { StoredAssessment } from './assessment.ts';

/** What the past says of a payment and its payer. */
export interface History {
  /** Whether the payment has its assessment. */
  readonly assessed: boolean;
  /** Assessments of the payer's payments within the last hour, counted no further than the highest threshold. */
  readonly withinHour: number;
  /** Whether a payment of this payer to this payee was assessed before. */
  readonly known: boolean;
}

export interface NewAssessment {
  readonly paymentId: string;
  readonly payerId: string | null;
  readonly payeeId: string | null;
  readonly facts: Facts;
  readonly verdict: Verdict;
  readonly ruleSetVersion: string;
}

export interface AssessmentStore {
  /** One per payment, in the order given. */
  histories(
    payments: readonly { paymentId: string; payerId: string | null; payeeId: string | null }[],
  ): Promise<History[]>;
  /** Keeps what is new, and answers that, in any order; a payment that has an assessment keeps the one it has. */
  add(assessments: readonly NewAssessment[]): Promise<StoredAssessment[]>;
  byPaymentIds(paymentIds: readonly string[]): Promise<StoredAssessment[]>;
  byIds(ids: readonly string[]): Promise<StoredAssessment[]>;
  /** Those the rules sent to an analyst and that none has decided, by id, oldest first unless `backward`. */
  awaitingReview(page: { limit: number; cursor: string | undefined; backward: boolean }): Promise<StoredAssessment[]>;
}

const historyRow = z.object({ assessed: z.boolean(), withinHour: z.number().int(), known: z.boolean() });
const factsShape = z.record(z.string(), z.unknown());
const reasonsShape = z.array(reasonShape);
const decisionShape = z.enum(decisions);

type Row = Prisma.AssessmentGetPayload<{ include: { review: true } }>;

interface ReviewColumns extends Omit<Review, 'assessmentId' | 'decision'> {
  /** The analyst's decision; with it, what else there is of the review. */
  readonly reviewed: string | null;
}

const assessmentColumns = Prisma.raw(columnsAsFields('a', Prisma.AssessmentScalarFieldEnum));

export function createAssessmentStore(database: PrismaClient, { velocity }: Thresholds): AssessmentStore {
  const find = async (where: Prisma.AssessmentWhereInput) =>
    (await database.assessment.findMany({ where, include: { review: true } })).map(assessmentOf);

  return {
    async histories(payments) {
      // assessment_payer_id_assessed_at_idx counts, and stops at the threshold; assessment_payer_id_payee_id_idx knows. EXISTS
      // would be answered from a hash of the whole table, as long as that was small when the statement was planned.
      const rows = await database.$queryRaw`
        SELECT (SELECT true FROM assessment WHERE payment_id = party.payment_id) IS NOT NULL AS assessed,
               (
                 SELECT count(*)::int
                 FROM (
                   SELECT FROM assessment
                   WHERE payer_id = party.payer_id AND assessed_at > now() - interval '1 hour'
                   LIMIT ${velocity.extreme}
                 ) AS recent
               ) AS "withinHour",
               (
                 SELECT true FROM assessment WHERE payer_id = party.payer_id AND payee_id = party.payee_id LIMIT 1
               ) IS NOT NULL AS known
        FROM unnest(
          ${payments.map(({ paymentId }) => paymentId)}::text[],
          ${payments.map(({ payerId }) => payerId)}::text[],
          ${payments.map(({ payeeId }) => payeeId)}::text[]
        ) WITH ORDINALITY AS party (payment_id, payer_id, payee_id, position)
        ORDER BY position`;
      return z.array(historyRow).parse(rows);
    },

    async add(assessments) {
      const rows = new Map(
        assessments.map((assessment) => [assessment.paymentId, { id: newId('ast'), ...assessment }]),
      );
      const all = [...rows.values()];
      const added = await database.$queryRaw<{ paymentId: string; assessedAt: Date }[]>`
        INSERT INTO assessment
          (id, payment_id, kind, payer_id, payee_id, rule_set_version, facts, rule_decision, score, reasons)
        SELECT * FROM unnest(
          ${all.map(({ id }) => id)}::text[],
          ${all.map(({ paymentId }) => paymentId)}::text[],
          ${all.map(({ facts }) => facts.kind)}::text[],
          ${all.map(({ payerId }) => payerId)}::text[],
          ${all.map(({ payeeId }) => payeeId)}::text[],
          ${all.map(({ ruleSetVersion }) => ruleSetVersion)}::text[],
          ${all.map(({ facts }) => JSON.stringify(facts))}::text[]::jsonb[],
          ${all.map(({ verdict }) => verdict.decision)}::text[],
          ${all.map(({ verdict }) => verdict.score)}::int[],
          ${all.map(({ verdict }) => JSON.stringify(verdict.reasons))}::text[]::jsonb[]
        )
        ON CONFLICT (payment_id) DO NOTHING
        RETURNING payment_id AS "paymentId", assessed_at AS "assessedAt"`;
      return added.flatMap(({ paymentId, assessedAt }) => {
        const row = rows.get(paymentId);
        return row ? [addedOf(row, assessedAt)] : [];
      });
    },

    /** One statement however many they are, so that it is prepared. */
    async byPaymentIds(paymentIds) {
      // Other text is nothing's id, and some of it is no text to PostgreSQL.
      const ids = paymentIds.filter((id) => isId('pay', id));
      const rows = await database.$queryRaw<(AssessmentRow & ReviewColumns)[]>`
        SELECT ${assessmentColumns}, r.decision AS "reviewed", r.note, r.analyst_id AS "analystId", r.decided_at AS "decidedAt"
        FROM assessment a LEFT JOIN review r ON r.assessment_id = a.id
        WHERE a.payment_id = ANY (${ids}::text[])`;
      return rows.map(({ reviewed, note, analystId, decidedAt, ...row }) => {
        const review =
          reviewed === null ? null : { assessmentId: row.id, decision: reviewed, note, analystId, decidedAt };
        return assessmentOf({ ...row, review });
      });
    },

    byIds: (ids) => find({ id: { in: ids.filter((id) => isId('ast', id)) } }),

    async awaitingReview({ limit, cursor, backward }) {
      const rows = await database.assessment.findMany({
        where: {
          ruleDecision: 'REVIEW',
          review: null,
          ...(cursor === undefined ? {} : { id: backward ? { lt: cursor } : { gt: cursor } }),
        },
        include: { review: true },
        orderBy: { id: backward ? 'desc' : 'asc' },
        take: limit,
      });
      return rows.map(assessmentOf);
    },
  };
}

function addedOf(added: NewAssessment & { readonly id: string }, assessedAt: Date): StoredAssessment {
  const { id, paymentId, payerId, payeeId, facts, verdict, ruleSetVersion } = added;
  return {
    ...{ id, paymentId, payerId, payeeId, ruleSetVersion, facts: { ...facts } },
    ...{ ruleDecision: verdict.decision, score: verdict.score, reasons: verdict.reasons, assessedAt, review: null },
  };
}

function assessmentOf({ review, ...row }: Row): StoredAssessment {
  return {
    ...row,
    facts: factsShape.parse(row.facts),
    ruleDecision: decisionShape.parse(row.ruleDecision),
    reasons: reasonsShape.parse(row.reasons),
    review: review && {
      decision: decisionShape.parse(review.decision),
      note: review.note,
      analystId: review.analystId,
      at: review.decidedAt,
    },
  };
}
