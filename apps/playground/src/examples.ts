import { demoAccounts, demoPassword } from './demo-accounts.ts';
import logIn from './examples/log-in.graphql?raw';
import openWallet from './examples/open-wallet.graphql?raw';
import pay from './examples/pay.graphql?raw';
import quote from './examples/quote.graphql?raw';
import wallets from './examples/wallets.graphql?raw';
import watch from './examples/watch.graphql?raw';

/** An operation to start from. Variables that are empty strings are filled in from earlier answers. */
export interface Example {
  readonly document: string;
  readonly variables: Readonly<Record<string, unknown>>;
}

const amount = { amount: '25.00', currency: 'USD' };

/** The tabs that a new Playground opens with, in the order in which they are meant to be run. */
export const examples: readonly Example[] = [
  { document: logIn, variables: { email: demoAccounts[0].email, password: demoPassword } },
  { document: wallets, variables: {} },
  { document: openWallet, variables: { currency: 'EUR', label: 'Savings' } },
  { document: quote, variables: { payerWalletId: '', payeeWalletId: '', amount } },
  { document: pay, variables: { idempotencyKey: '', payerWalletId: '', payeeWalletId: '', amount, quoteId: '' } },
  { document: watch, variables: { paymentId: '', afterSequence: 0 } },
];
