import { once } from 'node:events';
import { createServer } from 'node:http';
import {
  createAuthenticator,
  createProofVerifier,
  createProver,
  createServiceTokenSigner,
  generateSigningKey,
  type Jwks,
  publicJwk,
  type ServiceName,
  signAccessToken,
  staticKeys,
} from '@paygraph/auth';
import { createGateway, type Gateway } from '@paygraph/gateway';
import { connect, post, until, watch } from '@paygraph/gateway/testing';
import { createLogger } from '@paygraph/service';
import { createSubgraph, type Subgraph } from '@paygraph/subgraph';
import { composeSubgraphs } from '@paygraph/supergraph';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const keys = { gateway: generateSigningKey(), ledger: generateSigningKey(), payment: generateSigningKey() };
const jwks: Jwks = { keys: Object.entries(keys).map(([name, key]) => publicJwk(key, name as ServiceName)) };
const profile = generateSigningKey();
const accessTokenKeys = staticKeys({ keys: [publicJwk(profile)] });
const logger = createLogger({ service: 'ledger', level: 'silent' });
const person = signAccessToken({ key: profile, customerId: 'cus_1', sessionId: 'ses_1', roles: ['CUSTOMER'] });
const authorization = `Bearer ${person.token}`;

const sdl = `
  extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@requiresScopes", "@inaccessible"])
  type Query {
    rate: Int
    balance: Int @requiresScopes(scopes: [["ledger:read"]])
    command: Int @inaccessible @requiresScopes(scopes: [["ledger:post"]])
  }
  type Subscription { balances: Int @requiresScopes(scopes: [["ledger:read"]]) }`;

let subgraph: Subgraph;
let address: string;
let gateway: Gateway;
let url: string;
/** Headers of what the gateway sent the subgraph last, with the body, as somebody on the line would see them. */
let overheard: { headers: Record<string, string>; body: string };

beforeAll(async () => {
  subgraph = createSubgraph({
    name: 'ledger',
    typeDefs: sdl,
    resolvers: {
      Query: { rate: () => 1, balance: () => 2, command: () => 3 },
      Subscription: {
        balances: {
          async *subscribe() {
            yield { balances: 4 };
          },
        },
      },
    },
    publicFields: { Query: ['rate'] },
    context: (scope) => scope,
    authenticate: createAuthenticator({
      ...{ accessTokenKeys, serviceTokenKeys: staticKeys(jwks), audience: 'ledger' },
      acceptedScopes: { payment: ['ledger:post'] },
    }),
    verifyProof: createProofVerifier({ service: 'ledger', key: keys.ledger, jwks }),
    logger,
  });
  address = await subgraph.listen({ host: '127.0.0.1', port: 0 });
  gateway = createGateway({
    supergraphSdl: composeSubgraphs([{ name: 'ledger', routingUrl: address, sdl }]).supergraphSdl,
    authenticate: createAuthenticator({ accessTokenKeys, audience: 'gateway', acceptedScopes: {} }),
    proverFor: () => createProver({ service: 'ledger', key: keys.gateway, jwks }),
    logger,
  });
  url = await gateway.listen({ host: '127.0.0.1', port: 0 });
});
afterAll(async () => {
  await gateway.stop();
  await subgraph.stop();
});

const forbidden = { status: 403, body: { errors: [{ extensions: { code: 'UNPROVEN_CALLER' } }] } };
const balance = JSON.stringify({ query: '{ balance }' });
const sendTo = async (to: string, headers: Record<string, string>, body = balance) => {
  const all = { 'content-type': 'application/json', ...headers };
  const response = await fetch(to, { method: 'POST', headers: all, body });
  return { status: response.status, body: await response.json() };
};
const send = (headers: Record<string, string>, body?: string) => sendTo(address, headers, body);
const proofs = (key = keys.gateway, service: ServiceName = 'ledger') => createProver({ key, jwks, service });
const proven = (requestId = 'req_00000001', body = balance, prove = proofs()) => ({
  ...{ authorization, 'x-request-id': requestId },
  'x-paygraph-proof': prove({ requestId, authorization, body }),
});

describe('a subgraph', () => {
  it('answers people through the gateway: over HTTP and in subscriptions', async () => {
    expect((await post(url, '{ rate balance }', { authorization })).body).toEqual({ data: { rate: 1, balance: 2 } });
    expect((await post(url, '{ rate }')).body).toEqual({ data: { rate: 1 } });
    const client = connect(url.replace('http', 'ws'), authorization);
    const { results, end } = watch(client, { query: 'subscription { balances }' });
    await until(() => expect(end()).toBe('completed'));
    expect(results).toEqual([{ data: { balances: 4 } }]);
    await client.dispose();
  });

  it('answers nobody who comes by its port, with the best of tokens or without one', async () => {
    expect(await send({ authorization })).toMatchObject(forbidden);
    expect(await send({}, JSON.stringify({ query: '{ rate }' }))).toMatchObject(forbidden);
    expect(await send({}, JSON.stringify({ query: '{ _service { sdl } }' }))).toMatchObject(forbidden);
  });

  it('opens no socket to who comes by its port', async () => {
    const client = connect(address.replace('http', 'ws'), authorization);
    const { end } = watch(client, { query: 'subscription { balances }' });
    await until(() => expect(end()).toMatchObject({ failed: { code: 4403 } }));
  });

  it('answers services by their own tokens, which prove who they are', async () => {
    const token = createServiceTokenSigner({ service: 'payment', key: keys.payment })('ledger', ['ledger:post']);
    const answer = await send({ authorization: `Bearer ${token}` }, JSON.stringify({ query: '{ command }' }));
    expect(answer.body).toEqual({ data: { command: 3 } });
  });

  it.each<[string, () => Record<string, string>]>([
    ['of another service', () => proven('req_00000002', balance, proofs(keys.payment))],
    ['of a stranger', () => proven('req_00000003', balance, proofs(generateSigningKey()))],
    ['made for another service', () => proven('req_00000004', balance, proofs(keys.gateway, 'payment'))],
    ['of another body', () => proven('req_00000005', JSON.stringify({ query: '{ rate }' }))],
    ['of another request', () => ({ ...proven('req_00000006'), 'x-request-id': 'req_00000007' })],
    [
      'for nobody',
      () => ({
        ...proven('req_00000008'),
        'x-paygraph-proof': proofs()({ requestId: 'req_00000008', authorization: undefined, body: balance }),
      }),
    ],
    ['that is none', () => ({ ...proven(), 'x-paygraph-proof': 'none' })],
  ])('takes no proof %s', async (_what, headers) => {
    expect(await send(headers())).toMatchObject(forbidden);
  });

  it('takes a good one once: who overhears the gateway cannot say it again, nor take its token elsewhere', async () => {
    const line = createServer(async (request, response) => {
      let body = '';
      for await (const chunk of request) body += chunk;
      const { 'x-request-id': id, 'x-paygraph-proof': proof } = request.headers;
      overheard = { headers: { authorization, 'x-request-id': String(id), 'x-paygraph-proof': String(proof) }, body };
      const answer = await sendTo(address, overheard.headers, body);
      response.writeHead(answer.status, { 'content-type': 'application/json' }).end(JSON.stringify(answer.body));
    }).listen(0, '127.0.0.1');
    await once(line, 'listening');
    const port = (line.address() as { port: number }).port;
    const tapped = createGateway({
      supergraphSdl: composeSubgraphs([{ name: 'ledger', routingUrl: `http://127.0.0.1:${port}/graphql`, sdl }])
        .supergraphSdl,
      authenticate: createAuthenticator({ accessTokenKeys, audience: 'gateway', acceptedScopes: {} }),
      proverFor: () => proofs(),
      logger,
    });
    const tappedUrl = await tapped.listen({ host: '127.0.0.1', port: 0 });
    try {
      expect((await post(tappedUrl, '{ balance }', { authorization })).body).toEqual({ data: { balance: 2 } });
      expect(await send(overheard.headers, overheard.body)).toMatchObject(forbidden);
      expect(await send(overheard.headers)).toMatchObject(forbidden);
    } finally {
      await tapped.stop();
      line.closeAllConnections();
      line.close();
    }
  });
});
