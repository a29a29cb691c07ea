import { ApolloClient, ApolloLink, gql, HttpLink, InMemoryCache, type TypedDocumentNode } from '@apollo/client';
import { GraphQLWsLink } from '@apollo/client/link/subscriptions';
import { until } from '@paygraph/gateway/testing';
import { type DocumentNode, Kind } from 'graphql';
import { createClient } from 'graphql-ws';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { startWallets, type Wallets } from './support/wallets.ts';

interface Wallet {
  readonly id: string;
  readonly label: string;
  readonly balance: string;
}

const all: TypedDocumentNode<{ wallets: Wallet[] }> = gql`{ wallets { id label balance } }`;
const rename: TypedDocumentNode<{ rename: Wallet }, { id: string; label: string }> = gql`
  mutation Rename($id: ID!, $label: String!) { rename(id: $id, label: $label) { id label } }
`;
const changed: TypedDocumentNode<{ labelChanged: Wallet }, { id: string }> = gql`
  subscription Changed($id: ID!) { labelChanged(id: $id) { id label balance } }
`;

let wallets: Wallets;
beforeAll(async () => {
  wallets = await startWallets();
});
afterAll(() => wallets.federation.stop());

const http = () => new HttpLink({ uri: wallets.federation.url });
const clientOf = (link: ApolloLink) => new ApolloClient({ link, cache: new InMemoryCache() });

describe('Apollo Client', () => {
  it('knows what it has seen by id: a mutation changes what a query shows', async () => {
    const client = clientOf(http());
    const shown: string[][] = [];
    const watching = client.watchQuery({ query: all }).subscribe(({ data }) => {
      if (data) shown.push((data as { wallets: Wallet[] }).wallets.map(({ label }) => label));
    });
    await until(() => expect(shown).toEqual([['Everyday', 'Savings']]));
    await client.mutate({ mutation: rename, variables: { id: 'wal_2', label: 'Holidays' } });
    await until(() => expect(shown.at(-1)).toEqual(['Everyday', 'Holidays']));
    expect(client.extract()).toMatchObject({
      'Wallet:wal_2': { __typename: 'Wallet', id: 'wal_2', label: 'Holidays', balance: 'balance of wal_2' },
    });
    watching.unsubscribe();
    client.stop();
  });

  const links = {
    'graphql-ws': () => {
      const socket = createClient({ url: wallets.federation.url.replace('http', 'ws'), webSocketImpl: WebSocket });
      return {
        link: ApolloLink.split(isSubscription, new GraphQLWsLink(socket), http()),
        close: () => socket.dispose(),
      };
    },
    multipart: () => ({ link: http(), close: () => undefined }),
  };

  it.each(Object.entries(links))('takes subscriptions over %s into the same cache', async (_, make) => {
    const { link, close } = make();
    const client = clientOf(link);
    await client.query({ query: all });
    const labels: (string | undefined)[] = [];
    const listening = wallets.changes.listeners;
    const subscription = client
      .subscribe({ query: changed, variables: { id: 'wal_1' } })
      .subscribe(({ data }) => labels.push(data?.labelChanged.label));
    await until(() => expect(wallets.changes.listeners).toBe(listening + 1));
    wallets.changes.publish({ id: 'wal_1', label: 'Rent' });
    wallets.changes.publish({ id: 'wal_1', label: 'Food' });
    await until(() => expect(labels).toEqual(['Rent', 'Food']));
    expect(client.extract()).toMatchObject({ 'Wallet:wal_1': { label: 'Food', balance: 'balance of wal_1' } });
    subscription.unsubscribe();
    await until(() => expect(wallets.changes.listeners).toBe(listening));
    client.stop();
    await close();
  });

  it('is told what is wrong with an operation', async () => {
    const client = clientOf(http());
    await expect(client.query({ query: gql`{ nothing }` })).rejects.toMatchObject({
      errors: [{ extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } }],
    });
    client.stop();
  });
});

function isSubscription({ query }: { readonly query: DocumentNode }): boolean {
  return query.definitions.some((one) => one.kind === Kind.OPERATION_DEFINITION && one.operation === 'subscription');
}
