import { until } from '@paygraph/standalone';
import type { Person } from '@paygraph/standalone/client';
import type { TestPlatform } from './platform.ts';

/** The codes of the refusals in a payload; none when it was done. */
interface Refusals {
  readonly userErrors: readonly { readonly code: string }[];
}

const codesIn = ({ userErrors }: Refusals): string[] => userErrors.map(({ code }) => code);

interface Queue {
  readonly riskReviewQueue: {
    readonly nodes: readonly { readonly id: string; readonly payment: { readonly id: string } }[];
  };
}

/** Waits until a payment is in review. Answers the id of the assessment that an analyst finds in the queue. */
export async function reviewed({ analyst }: Pick<TestPlatform, 'analyst'>, paymentId: string): Promise<string> {
  let found: string | undefined;
  await until(`${paymentId} is in review`, 20_000, async () => {
    const { payment } = await analyst.graph<{ payment: { state: string } }>(
      'query ($id: ID!) { payment(id: $id) { state } }',
      { id: paymentId },
    );
    if (payment.state !== 'IN_REVIEW') return false;
    const queue = '{ riskReviewQueue(last: 100) { nodes { id payment { id } } } }';
    const { riskReviewQueue } = await analyst.graph<Queue>(queue);
    found = riskReviewQueue.nodes.find((assessment) => assessment.payment.id === paymentId)?.id;
    return true;
  });
  if (found === undefined) throw new Error(`${paymentId} is in review and not in the queue`);
  return found;
}

export async function decideReview(
  { graph }: Person,
  assessmentId: string,
  decision: 'APPROVE' | 'DECLINE',
): Promise<string[]> {
  const { decideRiskReview } = await graph<{ decideRiskReview: Refusals }>(
    'mutation ($input: DecideRiskReviewInput!) { decideRiskReview(input: $input) { userErrors { code } } }',
    { input: { assessmentId, decision, note: 'Looked at.' } },
  );
  return codesIn(decideRiskReview);
}

export async function freeze({ graph }: Person, walletId: string, direction: 'IN' | 'OUT' | 'BOTH'): Promise<string[]> {
  const { freezeWallet } = await graph<{ freezeWallet: Refusals }>(
    'mutation ($input: FreezeWalletInput!) { freezeWallet(input: $input) { userErrors { code } } }',
    { input: { walletId, direction } },
  );
  return codesIn(freezeWallet);
}

export async function unfreeze({ graph }: Person, walletId: string): Promise<string[]> {
  const { unfreezeWallet } = await graph<{ unfreezeWallet: Refusals }>(
    'mutation ($input: UnfreezeWalletInput!) { unfreezeWallet(input: $input) { userErrors { code } } }',
    { input: { walletId } },
  );
  return codesIn(unfreezeWallet);
}
