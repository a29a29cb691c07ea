import { ApolloClient, ApolloLink, HttpLink, InMemoryCache } from '@apollo/client';
import { parse } from 'graphql';
import { createClient as createSseClient } from 'graphql-sse';
import { connect, type Operation, type Result, type Watch, watch } from './watch.ts';

/** A way to subscribe, with the client library that people use for it. */
export interface Transport {
  readonly name: string;
  /** Subscribes at the gateway's HTTP address, and never again by itself. */
  subscribe(url: string, operation: Operation, authorization?: string): Watch;
}

const webSocket: Transport = {
  name: 'graphql-transport-ws',
  subscribe: (url, operation, authorization) => watch(connect(url.replace('http', 'ws'), authorization), operation),
};

const serverSentEvents: Transport = {
  name: 'Server-Sent Events',
  subscribe(url, operation, authorization) {
    const client = createSseClient({ url, retryAttempts: 0, headers: headersOf(authorization) });
    const watched = createWatch();
    const leave = client.subscribe<Record<string, unknown>>(operation, {
      next: (result) => watched.results.push(result as Result),
      error: watched.fail,
      complete: watched.complete,
    });
    return { ...watched, leave };
  },
};

const multipart: Transport = {
  name: 'multipart',
  subscribe(url, { query, variables, operationName }, authorization) {
    const link = new HttpLink({ uri: url, headers: headersOf(authorization) });
    const client = new ApolloClient({ link, cache: new InMemoryCache() });
    const watched = createWatch();
    const request = { query: parse(query), ...(variables && { variables }), ...(operationName && { operationName }) };
    const subscription = ApolloLink.execute(link, request, { client }).subscribe({
      next: (result) => watched.results.push(result as Result),
      error: watched.fail,
      complete: watched.complete,
    });
    return { ...watched, leave: () => subscription.unsubscribe() };
  },
};

/** All ways to subscribe. */
export const transports: readonly Transport[] = [webSocket, serverSentEvents, multipart];
/** Those over HTTP, where a subscription has the connection for itself. */
export const streamingTransports: readonly Transport[] = [serverSentEvents, multipart];

function createWatch() {
  const results: Result[] = [];
  let end: ReturnType<Watch['end']> = 'open';
  return {
    results,
    end: () => end,
    complete: () => {
      end = 'completed';
    },
    fail: (failed: unknown) => {
      end = { failed };
    },
  };
}

function headersOf(authorization: string | undefined): Record<string, string> {
  return authorization === undefined ? {} : { authorization };
}
