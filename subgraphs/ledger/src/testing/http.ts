import {
  createAuthenticator,
  createServiceTokenSigner,
  generateSigningKey,
  publicJwk,
  type Role,
  signAccessToken,
  staticKeys,
} from '@paygraph/auth';
import { type EventBus, memoryBus } from '@paygraph/events';
import { newId } from '@paygraph/ids';
import { createLogger } from '@paygraph/service';
import { expect } from 'vitest';
import { createLedgerSubgraph } from '../subgraph.ts';

/** What the graph answers; tests say what shape they expect of the data. */
export interface Answer<Data> {
  readonly data?: Data | null;
  readonly errors?: readonly { readonly message: string; readonly extensions: { readonly code: string } }[];
}

/** The codes of an answer's errors. */
export const errorCodes = ({ errors = [] }: Answer<unknown>): string[] =>
  errors.map(({ extensions }) => extensions.code);

/** The data of an answer without errors. */
export function dataOf<Data>({ data, errors }: Answer<Data>): Data {
  expect(errors).toBeUndefined();
  if (!data) throw new Error('There is no data');
  return data;
}

export type TestServer = Awaited<ReturnType<typeof serveLedger>>;

/** The ledger subgraph over HTTP, with keys of its own for everybody who may call it. */
export async function serveLedger(databaseUrl: string, { bus = memoryBus() }: { readonly bus?: EventBus } = {}) {
  const accessKey = generateSigningKey();
  const payment = generateSigningKey();
  const wallet = generateSigningKey();
  const subgraph = createLedgerSubgraph({
    databaseUrl,
    bus,
    key: generateSigningKey(),
    logger: createLogger({ service: 'ledger', level: 'silent' }),
    authenticate: createAuthenticator({
      accessTokenKeys: staticKeys({ keys: [publicJwk(accessKey)] }),
      serviceTokenKeys: staticKeys({ keys: [publicJwk(payment, 'payment'), publicJwk(wallet, 'wallet')] }),
      audience: 'ledger',
      acceptedScopes: { payment: ['ledger:post'], wallet: ['ledger:account'] },
    }),
  });
  const url = await subgraph.listen({ host: '127.0.0.1', port: 0 });
  const paymentToken = createServiceTokenSigner({ service: 'payment', key: payment });
  const walletToken = createServiceTokenSigner({ service: 'wallet', key: wallet });

  const ask = async <Data = Record<string, unknown>>(query: string, variables: object, token?: string) => {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) },
      body: JSON.stringify({ query, variables }),
    });
    return (await response.json()) as Answer<Data>;
  };

  return {
    tokens: {
      payment: (...scopes: string[]) => paymentToken('ledger', scopes.length > 0 ? scopes : ['ledger:post']),
      wallet: () => walletToken('ledger', ['ledger:account']),
      person: (customerId: string, ...roles: Role[]) =>
        signAccessToken({ key: accessKey, customerId, sessionId: newId('ses'), roles }).token,
    },
    url,
    ask,
    /** As the gateway asks for what the ledger adds to entities of others, or owns. */
    askEntities: <Entity>(type: string, ids: readonly string[], selection: string, token?: string) => {
      const query = `query ($representations: [_Any!]!) {
        _entities(representations: $representations) { ... on ${type} { ${selection} } }
      }`;
      const representations = ids.map((id) => ({ __typename: type, id }));
      return ask<{ _entities: Entity[] }>(query, { representations }, token);
    },
    stop: () => subgraph.stop(),
  };
}
