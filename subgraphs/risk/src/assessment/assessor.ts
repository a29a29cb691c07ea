import type { Currency, Money } from '@paygraph/money';
import type { DollarRates } from '../rules/dollar-rates.ts';
import { amountBand, type Facts, type Thresholds, velocityOf } from '../rules/facts.ts';
import type { RuleSet } from '../rules/rule-set.ts';
import type { StoredAssessment } from './assessment.ts';
import type { AssessmentStore, History } from './store.ts';

/** A payment to assess. */
export interface AssessmentRequest {
  readonly paymentId: string;
  readonly kind: Facts['kind'];
  readonly payerId: string | null;
  readonly payeeId: string | null;
  readonly amount: Money;
  readonly targetCurrency: Currency;
}

/** One assessment per request, in the order given; a payment assessed before gets the assessment it has. */
export type Assessor = (requests: readonly AssessmentRequest[]) => Promise<StoredAssessment[]>;

export function createAssessor(dependencies: {
  readonly store: AssessmentStore;
  readonly ruleSet: RuleSet;
  readonly dollarRates: () => Promise<DollarRates>;
  readonly thresholds: Thresholds;
}): Assessor {
  const { store, ruleSet, dollarRates, thresholds } = dependencies;

  const assessNew = async (requests: readonly (AssessmentRequest & { readonly history: History | undefined })[]) => {
    if (requests.length === 0) return [];
    const rates = await dollarRates();
    const assessments = requests.map(async (request) => {
      const facts = factsOf(request, request.history, rates, thresholds);
      const { paymentId, payerId, payeeId } = request;
      const verdict = await ruleSet.evaluate(facts);
      return { paymentId, payerId, payeeId, facts, verdict, ruleSetVersion: ruleSet.version };
    });
    return store.add(await Promise.all(assessments));
  };

  return async (requests) => {
    const ids = requests.map(({ paymentId }) => paymentId);
    const histories = await store.histories(requests);
    const unknown = requests
      .map((request, index) => ({ ...request, history: histories[index] }))
      .filter(({ history }) => !history?.assessed);
    const added = byPayment(await assessNew(unknown));
    // Of two processes that assess one payment at once, the first one's stands.
    const kept = ids.filter((id) => !added.has(id));
    const before = byPayment(kept.length > 0 ? await store.byPaymentIds(kept) : []);
    return ids.map((id) => {
      const assessment = added.get(id) ?? before.get(id);
      if (!assessment) throw new Error(`The assessment of ${id} was not kept`);
      return assessment;
    });
  };
}

function factsOf(
  request: AssessmentRequest,
  history: History | undefined,
  dollarRate: DollarRates,
  thresholds: Thresholds,
): Facts {
  const { kind, payerId, payeeId, amount, targetCurrency } = request;
  const ownWallets = payerId !== null && payerId === payeeId;
  return {
    kind,
    amountBand: amountBand(amount, dollarRate(amount.currency), thresholds),
    velocity: velocityOf(history?.withinHour ?? 0, thresholds),
    crossCurrency: amount.currency !== targetCurrency,
    firstToPayee: payerId !== null && payeeId !== null && !(history?.known ?? false),
    ownWallets,
  };
}

function byPayment(assessments: readonly StoredAssessment[]): ReadonlyMap<string, StoredAssessment> {
  return new Map(assessments.map((assessment) => [assessment.paymentId, assessment]));
}
