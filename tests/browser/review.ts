import { randomUUID } from 'node:crypto';
import { demoAccounts, demoPassword } from '@paygraph/playground';
import { operations, recordDeposit, signIn } from '@paygraph/standalone/client';

const [ada, , analyst, operator] = demoAccounts;

/** Records a deposit for Ada that is so large that it waits for an analyst. Answers its id. */
export async function depositUnderReview(url: string): Promise<string> {
  const { graph } = await signIn(url, ada.email, demoPassword);
  const { wallets } = await graph<operations.Wallets>(operations.wallets);
  const wallet = wallets.nodes.find(({ currency }) => currency === 'USD');
  if (wallet === undefined) throw new Error('Ada has no wallet for dollars');
  return recordDeposit(await signIn(url, operator.email, demoPassword), {
    idempotencyKey: randomUUID(),
    walletId: wallet.id,
    amount: { amount: '60000.00', currency: 'USD' },
    reference: `A house sold ${randomUUID()}`,
  });
}

/** Declines a payment under review, as the analyst. */
export async function decline(url: string, paymentId: string): Promise<void> {
  const { graph } = await signIn(url, analyst.email, demoPassword);
  const { payment } = await graph<{ payment: { riskAssessment: { id: string } } }>(
    'query Assessment($id: ID!) { payment(id: $id) { riskAssessment { id } } }',
    { id: paymentId },
  );
  await graph(
    'mutation Decline($input: DecideRiskReviewInput!) { decideRiskReview(input: $input) { assessment { id } } }',
    {
      input: { assessmentId: payment.riskAssessment.id, decision: 'DECLINE', note: 'Where from?' },
    },
  );
}
