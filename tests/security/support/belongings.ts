import type { IdPrefix } from '@paygraph/ids';
import { quotePayment } from '@paygraph/standalone/client';
import { outcomeOf, payNow, transfer } from '../../support/payments.ts';
import type { Customer, TestPlatform } from '../../support/platform.ts';

export interface Belonging {
  /** Its type in the graph, and what its id begins with. */
  readonly type: string;
  readonly prefix: IdPrefix;
  readonly id: string;
}

/** Has a customer with dollars pay: one thing of each kind that customers have, all of that payment but a quote for another. */
export async function belongingsOf(customer: Customer, platform: TestPlatform): Promise<Belonging[]> {
  const payee = await platform.customer({ USD: '0.00' });
  const route = transfer(customer, payee, '1.00 USD', 'USD');
  const payment = await payNow(customer, route);
  await outcomeOf(customer, payment);
  const { payment: found } = await platform.operator.graph<Found>(
    `query ($id: ID!) {
      payment(id: $id) {
        payer { wallet { id owner { id } } } riskAssessment { id } ledgerTransactions { id entries { account { id } } }
      }
    }`,
    { id: payment },
  );
  const { wallet } = found.payer;
  const [transaction] = found.ledgerTransactions;
  const [entry] = transaction?.entries ?? [];
  if (!transaction || !entry) throw new Error('The payment is not in the ledger');
  return [
    { type: 'Payment', prefix: 'pay', id: payment },
    { type: 'Wallet', prefix: 'wal', id: wallet.id },
    { type: 'Customer', prefix: 'cus', id: wallet.owner.id },
    { type: 'RiskAssessment', prefix: 'ast', id: found.riskAssessment.id },
    { type: 'LedgerTransaction', prefix: 'txn', id: transaction.id },
    { type: 'LedgerAccount', prefix: 'acc', id: entry.account.id },
    { type: 'PaymentQuote', prefix: 'quo', id: (await quotePayment(customer, route)).id },
  ];
}

interface Found {
  readonly payment: {
    readonly payer: { readonly wallet: { readonly id: string; readonly owner: { readonly id: string } } };
    readonly riskAssessment: { readonly id: string };
    readonly ledgerTransactions: readonly {
      readonly id: string;
      readonly entries: readonly { readonly account: { readonly id: string } }[];
    }[];
  };
}
