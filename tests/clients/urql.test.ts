import { until } from '@paygraph/gateway/testing';
import { Client, cacheExchange, type ExecutionResult, fetchExchange, gql, subscriptionExchange } from '@urql/core';
import { createClient } from 'graphql-ws';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { startWallets, type Wallets } from './support/wallets.ts';

let wallets: Wallets;
beforeAll(async () => {
  wallets = await startWallets();
});
afterAll(() => wallets.federation.stop());

const all = gql`{ wallets { id label balance } }`;
const rename = gql`mutation ($id: ID!, $label: String!) { rename(id: $id, label: $label) { id label } }`;
const changed = gql`subscription ($id: ID!) { labelChanged(id: $id) { id label balance } }`;

/** As an app sets it up, but for the signal: Node tells of a fetch that urql aborts as of an error that nobody caught. */
const overFetch = () =>
  new Client({
    url: wallets.federation.url,
    exchanges: [cacheExchange, fetchExchange],
    fetchSubscriptions: true,
    preferGetMethod: false,
    fetch: (url, init) => fetch(url, { ...init, signal: null }),
  });

function overWebSocket() {
  const { url } = wallets.federation;
  const socket = createClient({ url: url.replace('http', 'ws'), webSocketImpl: WebSocket });
  const forward = subscriptionExchange({
    forwardSubscription: ({ query = '', variables }) => ({
      subscribe: (sink) => ({
        unsubscribe: socket.subscribe<Record<string, unknown>>(
          { query, variables: { ...variables } },
          { ...sink, next: (result) => sink.next(result as ExecutionResult) },
        ),
      }),
    }),
  });
  const exchanges = [cacheExchange, forward, fetchExchange];
  return { client: new Client({ url, exchanges, preferGetMethod: false }), close: () => socket.dispose() };
}

describe('urql', () => {
  it('queries, and queries again after a mutation of what it has seen', async () => {
    const client = overFetch();
    const shown: string[][] = [];
    const { unsubscribe } = client.query(all, {}).subscribe(({ data }) => {
      if (data) shown.push(data.wallets.map(({ label }: { label: string }) => label));
    });
    await until(() => expect(shown.at(-1)).toEqual(['Everyday', 'Savings']));
    const { data, error } = await client.mutation(rename, { id: 'wal_2', label: 'Holidays' }).toPromise();
    expect(error).toBeUndefined();
    expect(data).toMatchObject({ rename: { id: 'wal_2', label: 'Holidays' } });
    await until(() => expect(shown.at(-1)).toEqual(['Everyday', 'Holidays']));
    unsubscribe();
  });

  it('queries over GET where it likes to', async () => {
    const client = new Client({ url: wallets.federation.url, exchanges: [fetchExchange], preferGetMethod: true });
    const { data, error } = await client.query(all, {}).toPromise();
    expect(error).toBeUndefined();
    expect(data.wallets).toHaveLength(2);
  });

  const clients = {
    'graphql-ws': overWebSocket,
    fetch: () => ({ client: overFetch(), close: () => undefined }),
  };

  it.each(Object.entries(clients))('subscribes over %s', async (_, make) => {
    const { client, close } = make();
    const labels: string[] = [];
    const listening = wallets.changes.listeners;
    const { unsubscribe } = client
      .subscription(changed, { id: 'wal_1' })
      .subscribe(({ data }) => labels.push(`${data.labelChanged.label} ${data.labelChanged.balance}`));
    await until(() => expect(wallets.changes.listeners).toBe(listening + 1));
    wallets.changes.publish({ id: 'wal_1', label: 'Rent' });
    wallets.changes.publish({ id: 'wal_1', label: 'Food' });
    await until(() => expect(labels).toEqual(['Rent balance of wal_1', 'Food balance of wal_1']));
    wallets.changes.complete();
    await until(() => expect(wallets.changes.listeners).toBe(listening));
    unsubscribe();
    await close();
  });

  it('is told what is wrong with an operation', async () => {
    const { data, error } = await overFetch().query(gql`{ nothing }`, {}).toPromise();
    expect(data).toBeUndefined();
    expect(error?.graphQLErrors[0]?.extensions).toMatchObject({ code: 'GRAPHQL_VALIDATION_FAILED' });
  });
});
