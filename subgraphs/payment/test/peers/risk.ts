import { newId } from '@paygraph/ids';
import type { RiskAssessmentInput, RiskDecision } from '../../src/generated/peers/risk.ts';
import { type PeerServer, startPeerServer } from './server.ts';

/** Risk in memory: says of every new payment what it was told to say, and of an old one what it said before. */
export interface SimulatedRisk extends PeerServer {
  /** What new payments get from now on. */
  decideNext(decision: RiskDecision): void;
  /** An analyst's decision on a payment assessed before. */
  review(paymentId: string, decision: RiskDecision): void;
  /** What it was asked about a payment. */
  requestFor(paymentId: string): RiskAssessmentInput | undefined;
}

export async function startRisk(): Promise<SimulatedRisk> {
  const assessments = new Map<string, { assessmentId: string; decision: RiskDecision; request: RiskAssessmentInput }>();
  let next: RiskDecision = 'APPROVE';

  const assess = (request: RiskAssessmentInput) => {
    const { paymentId } = request;
    const assessment = assessments.get(paymentId) ?? { assessmentId: newId('ast'), decision: next, request };
    assessments.set(paymentId, assessment);
    return { paymentId, ...assessment };
  };
  const server = await startPeerServer('risk', {
    assessPayments: (args: { requests: RiskAssessmentInput[] }) => args.requests.map(assess),
  });
  return {
    ...server,
    decideNext(decision) {
      next = decision;
    },
    review(paymentId, decision) {
      const assessment = assessments.get(paymentId);
      if (!assessment) throw new Error(`${paymentId} was not assessed`);
      assessment.decision = decision;
    },
    requestFor: (paymentId) => assessments.get(paymentId)?.request,
  };
}
