import { randomUUID } from 'node:crypto';
import { ApolloClient, ApolloLink, gql, HttpLink, InMemoryCache, type TypedDocumentNode } from '@apollo/client';
import { GraphQLWsLink } from '@apollo/client/link/subscriptions';
import type { operations } from '@paygraph/standalone/client';
import { type DocumentNode, Kind } from 'graphql';
import { createClient } from 'graphql-ws';
import { expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { usePlatform } from '../support/journey.ts';
import { deposit } from '../support/payments.ts';
import type { TestPlatform } from '../support/platform.ts';

const platform = usePlatform('one process');

const register: TypedDocumentNode<operations.Register> = gql`
  mutation Register($input: RegisterInput!) {
    register(input: $input) { session { accessToken customer { id displayName } } userErrors { code message } }
  }
`;
const logIn: TypedDocumentNode<operations.LogIn> = gql`
  mutation LogIn($input: LogInInput!) {
    logIn(input: $input) { session { accessToken } userErrors { code message } }
  }
`;
const openWallet: TypedDocumentNode<operations.OpenWallet> = gql`
  mutation OpenWallet($input: OpenWalletInput!) { openWallet(input: $input) { wallet { id } userErrors { code message } } }
`;
const wallets: TypedDocumentNode<{
  wallets: { nodes: { id: string; currency: string; balance: { available: { amount: string } } }[] };
}> = gql`
  query Wallets { wallets { nodes { id currency balance { available { amount } } } } }
`;
const createPayment: TypedDocumentNode<operations.CreatePayment> = gql`
  mutation CreatePayment($input: CreatePaymentInput!) {
    createPayment(input: $input) { payment { id state } replayed userErrors { code message } }
  }
`;
const watchPayment: TypedDocumentNode<{
  paymentStateChanged: { sequence: number; settled: boolean; payment: { id: string; state: string } };
}> = gql`
  subscription Watch($id: ID!) {
    paymentStateChanged(paymentId: $id) { sequence settled payment { id state payer { wallet { id balance { available { amount } } } } } }
  }
`;

it('Apollo Client logs in, opens wallets, pays and watches', async () => {
  const anonymous = apolloClient(platform());
  const credentials = { email: `${randomUUID()}@example.org`, password: randomUUID() };
  const input = { ...credentials, displayName: 'Apollo' };
  const { data: registered } = await anonymous.mutate({ mutation: register, variables: { input } });
  expect(registered?.register.session?.customer.displayName).toBe('Apollo');
  const { data: session } = await anonymous.mutate({ mutation: logIn, variables: { input: credentials } });

  const client = apolloClient(platform(), session?.logIn.session?.accessToken);
  const open = async (currency: string) => {
    const { data } = await client.mutate({ mutation: openWallet, variables: { input: { currency } } });
    return data?.openWallet.wallet?.id ?? '';
  };
  const [from, to] = [await open('USD'), await open('USD')];
  await deposit(platform().operator, from, { amount: '10.00', currency: 'USD' });

  const payment = {
    ...{ idempotencyKey: randomUUID(), payerWalletId: from, payeeWalletId: to },
    amount: { amount: '4.00', currency: 'USD' },
  };
  const { data: made } = await client.mutate({ mutation: createPayment, variables: { input: payment } });
  const id = made?.createPayment.payment?.id ?? '';
  expect(await watched(client, id)).toEqual([1, 2, 3, 4, 5]);

  // What the subscription brought stands in the cache already, and the network says the same.
  expect(client.extract()).toMatchObject({
    [`Payment:${id}`]: { state: 'CONFIRMED' },
    [`Wallet:${from}`]: { balance: { available: { amount: '6.00' } } },
  });
  const { data } = await client.query({ query: wallets, fetchPolicy: 'network-only' });
  expect(data?.wallets.nodes.map(({ balance }) => balance.available.amount)).toEqual(['6.00', '4.00']);

  anonymous.stop();
  client.stop();
});

/** As an app sets it up: operations over HTTP, subscriptions over a WebSocket. */
function apolloClient({ url }: TestPlatform, accessToken?: string): ApolloClient {
  const headers = accessToken ? { authorization: `Bearer ${accessToken}` } : {};
  const socket = createClient({ url: url.replace(/^http/, 'ws'), webSocketImpl: WebSocket, connectionParams: headers });
  const link = ApolloLink.split(
    ({ query }) => isSubscription(query),
    new GraphQLWsLink(socket),
    new HttpLink({ uri: url, headers }),
  );
  return new ApolloClient({ link, cache: new InMemoryCache() });
}

function isSubscription({ definitions }: DocumentNode): boolean {
  return definitions.some((one) => one.kind === Kind.OPERATION_DEFINITION && one.operation === 'subscription');
}

/** The steps of a payment until it is settled. */
function watched(client: ApolloClient, id: string): Promise<number[]> {
  const sequences: number[] = [];
  return new Promise((resolve, reject) => {
    const subscription = client.subscribe({ query: watchPayment, variables: { id } }).subscribe({
      next: ({ data, error }) => {
        if (!data) return reject(error ?? new Error('There is no data'));
        sequences.push(data.paymentStateChanged.sequence);
        if (!data.paymentStateChanged.settled) return;
        subscription.unsubscribe();
        resolve(sequences);
      },
      error: reject,
    });
  });
}
