import { demoAccounts, demoPassword } from '@paygraph/playground';
import type { Services } from './services/services.ts';

const watch =
  'subscription { paymentStateChanged(paymentId: "pay_…") { sequence state payment { payer { wallet { balance { available { amount } } } } } } }';

/** What somebody who has just started the platform wants to know. */
export function banner({ url: address, addresses }: Pick<Services, 'url' | 'addresses'>): string {
  const sandbox = addresses['rails-sandbox'];
  const rails =
    sandbox === undefined
      ? ''
      : `\n    Rails        ${new URL('/sandbox/rails', sandbox).href}   (simulated: docs/rails.md)`;
  const url = address.replace('127.0.0.1', 'localhost');
  const origin = new URL(url).origin;
  const [ada, , analyst, operator] = demoAccounts.map(({ email }) => email);
  return `
  Paygraph is ready.

    Playground   ${origin}/playground
    GraphQL      ${url}   (queries and mutations over HTTP, subscriptions over WebSocket)
    Health       ${origin}/health/ready${rails}

    Accounts     ${demoAccounts.map(({ email }) => email).join('\n                 ')}
    Password     ${demoPassword}

  Three operations to paste into the Playground:

    1  mutation { logIn(input: { email: "${ada}", password: "${demoPassword}" }) { session { accessToken } } }
    2  query { viewer { displayName wallets { nodes { id currency balance { available { amount } } } } } }
    3  ${watch}

  The tabs of the Playground quote, pay and watch. ${analyst} decides reviews, ${operator} records deposits.
  In another terminal, npm run demo shows a payment from beginning to end. Ctrl+C stops everything.
`;
}
