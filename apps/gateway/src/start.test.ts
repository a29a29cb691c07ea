import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureKeys, serviceNames } from '@paygraph/auth';
import { loadConfig, PortInUseError } from '@paygraph/service';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { callsIn, gatewayEnvironment } from './environment.ts';
import { startGateway } from './start.ts';
import { post } from './testing/http.ts';

const directory = await mkdtemp(join(tmpdir(), 'paygraph-gateway-'));
const { serviceKeys, serviceJwksFile } = await ensureKeys({ directory, services: serviceNames });
afterAll(() => rm(directory, { recursive: true }));

const environment = {
  SERVICE_KEY_FILE: serviceKeys.get('gateway')?.file,
  SERVICE_JWKS_FILE: serviceJwksFile,
  PORT: '0',
  LOG_LEVEL: 'silent',
  ACCESS_TOKEN_JWKS_URL: 'http://127.0.0.1:1/.well-known/jwks.json',
};
const stops: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});
const start = async (env: NodeJS.ProcessEnv) => {
  const gateway = await startGateway(env);
  stops.push(gateway.stop);
  return gateway;
};

describe('the gateway started from its environment', () => {
  it('serves the committed supergraph with its subscriptions, and no service command', async () => {
    const { url } = await start(environment);
    expect(new URL(url).pathname).toBe('/graphql');
    const { body } = await post(
      url,
      '{ __schema { subscriptionType { fields { name } } mutationType { fields { name } } } }',
    );
    const schema = JSON.stringify(body.data);
    expect(schema).toContain('paymentStateChanged');
    expect(schema).toContain('createPayment');
    expect(schema).not.toContain('reserve');
  });

  it('looks for a subgraph where <NAME>_URL says', async () => {
    const asked: string[] = [];
    const forex = createServer((request, response) => {
      asked.push(String(request.url));
      response.end('{"data":{"__typename":"Query"}}');
    });
    await new Promise<void>((resolve) => forex.listen(0, '127.0.0.1', resolve));
    stops.push(() => new Promise((resolve) => forex.close(resolve)));
    const address = forex.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    const { url } = await start({
      ...environment,
      FOREX_URL: `http://127.0.0.1:${port}/elsewhere`,
      REDIS_URL: 'redis://127.0.0.1:1',
    });
    const ready = await (await fetch(new URL('/health/ready', url))).json();
    expect(ready).toMatchObject({
      status: 'degraded',
      dependencies: {
        forex: { status: 'up' },
        profile: { status: 'down', why: expect.any(String) },
        jwks: { status: 'down' },
        redis: { status: 'down' },
      },
    });
    expect(asked).toEqual(['/elsewhere']);
  });

  it('calls each subgraph as its settings say', () => {
    const settings = { SUBGRAPH_TIMEOUT_MS: '1000,ledger=200, risk=50', HEDGE_AFTER_MS: 'wallet=20' };
    const calls = callsIn(loadConfig(gatewayEnvironment, { ...environment, ...settings }));
    const others = { concurrency: 128, queue: 10_000 };
    expect(calls('wallet')).toEqual({ ...others, timeoutMs: 1_000, hedgeAfterMs: 20 });
    expect(calls('ledger')).toEqual({ ...others, timeoutMs: 200 });
    expect(calls('risk')).toEqual({ ...others, timeoutMs: 50 });
  });

  it('gives up a subgraph after SUBGRAPH_TIMEOUT_MS, whatever others are given', async () => {
    const hung = createServer(() => undefined);
    await new Promise<void>((resolve) => hung.listen(0, '127.0.0.1', resolve));
    stops.push(async () => {
      hung.closeAllConnections();
      await new Promise((resolve) => hung.close(resolve));
    });
    const address = hung.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    const settings = { SUBGRAPH_TIMEOUT_MS: '3600000,forex=50', FOREX_URL: `http://127.0.0.1:${port}/graphql` };
    const { url } = await start({ ...environment, ...settings });
    const { body } = await post(url, '{ exchangeRate(base: "USD", quote: "EUR") { base } }');
    expect(body.errors).toMatchObject([{ extensions: { code: 'SUBGRAPH_UNAVAILABLE' } }]);
  });

  it('cannot verify a token while the keys are out of reach, and says that it is not the caller’s fault', async () => {
    const { url } = await start(environment);
    const token = ['{"alg":"ES256","kid":"k"}', '{"iss":"paygraph-profile"}', 'x'].map((part) =>
      Buffer.from(part).toString('base64url'),
    );
    const { status, body } = await post(url, '{ __typename }', { authorization: `Bearer ${token.join('.')}` });
    expect(status).toBe(503);
    expect(body.errors).toMatchObject([{ extensions: { code: 'SERVICE_UNAVAILABLE' } }]);
  });

  it('names every variable that is missing or wrong', async () => {
    const wrong = { PORT: 'http', LOG_LEVEL: 'loud', CORS_ORIGINS: 'everybody', SUPERGRAPH_FILE: '/absent.graphql' };
    await expect(startGateway({ ...environment, MAX_SUBSCRIPTIONS: '0', MAX_SOCKETS: 'many' })).rejects.toThrow(
      /MAX_SUBSCRIPTIONS.*MAX_SOCKETS/s,
    );
    await expect(startGateway(wrong)).rejects.toThrow(
      /PORT.*LOG_LEVEL.*ACCESS_TOKEN_JWKS_URL.*SUPERGRAPH_FILE.*CORS_ORIGINS/s,
    );
    for (const wrong of ['0', 'soon', 'ledger', 'ledger=0', 'books=100', '100,200', '100,', 'ledger=1,ledger=2'])
      await expect(startGateway({ ...environment, SUBGRAPH_TIMEOUT_MS: wrong })).rejects.toThrow(/SUBGRAPH_TIMEOUT_MS/);
    await expect(startGateway({ ...environment, LEDGER_URL: 'ledger' })).rejects.toThrow(/LEDGER_URL/);
  });

  it('names the port that is taken, and leaves nothing running', async () => {
    const { url } = await start(environment);
    await expect(startGateway({ ...environment, PORT: new URL(url).port })).rejects.toThrow(PortInUseError);
  });
});
