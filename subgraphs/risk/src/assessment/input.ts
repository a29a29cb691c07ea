import { isId } from '@paygraph/ids';
import { isCurrency, parseAmount } from '@paygraph/money';
import { badUserInput } from '@paygraph/subgraph';
import type { RiskAssessmentInput } from '../generated/graphql.ts';
import type { Facts } from '../rules/facts.ts';
import type { AssessmentRequest } from './assessor.ts';

const maxRequests = 1_000;
const kinds: readonly Facts['kind'][] = ['TRANSFER', 'COLLECTION', 'PAYOUT'];

/** @throws GraphQLError BAD_USER_INPUT naming the field: services are expected to send what the contract says. */
export function requestsFrom(inputs: readonly RiskAssessmentInput[]): AssessmentRequest[] {
  if (inputs.length > maxRequests) throw badUserInput(`At most ${maxRequests} requests`, ['requests']);
  const requests = inputs.map(requestFrom);
  const distinct = new Set(requests.map(({ paymentId }) => paymentId));
  if (distinct.size < requests.length) throw badUserInput('Each payment once', ['requests']);
  return requests;
}

function requestFrom(input: RiskAssessmentInput, index: number): AssessmentRequest {
  const at = (...field: string[]) => ['requests', String(index), ...field];
  const { paymentId, amount, targetCurrency } = input;
  if (!isId('pay', paymentId)) throw badUserInput('Not the id of a payment', at('paymentId'));
  const kind = kinds.find((known) => known === input.kind);
  if (!kind) throw badUserInput(`One of ${kinds.join(', ')}`, at('kind'));
  if (!isCurrency(amount.currency)) throw badUserInput('Not a currency', at('amount', 'currency'));
  if (!isCurrency(targetCurrency)) throw badUserInput('Not a currency', at('targetCurrency'));
  const parsed = parseAmount(amount.amount, amount.currency);
  if (parsed.kind === 'fault') throw badUserInput(`Not an amount: ${parsed.fault}`, at('amount', 'amount'));
  return {
    paymentId,
    kind,
    payerId: input.payerId ?? null,
    payeeId: input.payeeId ?? null,
    amount: parsed.money,
    targetCurrency,
  };
}
