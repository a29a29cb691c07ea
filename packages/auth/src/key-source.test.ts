import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { KeysUnavailableError, remoteKeys, staticKeys } from './key-source.ts';
import { generateSigningKey, publicJwk, type SigningKey } from './keys.ts';

const minute = 60_000;
let servers: Server[] = [];

afterEach(async () => {
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  servers = [];
});

/** A JWKS endpoint whose keys and health a test can change, and which counts its requests. */
async function endpoint(...keys: SigningKey[]) {
  const state = { keys, status: 200, requests: 0, url: '', pace: Promise.resolve() };
  const server = createServer(async (_request, response) => {
    state.requests += 1;
    await state.pace;
    response.writeHead(state.status, { 'content-type': 'application/json', connection: 'close' });
    response.end(JSON.stringify({ keys: state.keys.map((key) => publicJwk(key)) }));
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  state.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/.well-known/jwks.json`;
  return state;
}

function clock() {
  let time = Date.parse('2026-09-29T12:00:00Z');
  return { now: () => new Date(time), pass: (ms: number) => (time += ms) };
}

describe('static keys', () => {
  it('are found by kid, with the service that owns them', async () => {
    const key = generateSigningKey();
    const find = staticKeys({ keys: [publicJwk(key, 'payment')] });
    expect(await find(key.kid)).toMatchObject({ service: 'payment' });
    expect(await find('unknown')).toBeUndefined();
  });
});

describe('remote keys', () => {
  const [first, second] = [generateSigningKey(), generateSigningKey()];

  it('are fetched once, however many ask at once', async () => {
    const jwks = await endpoint(first, second);
    const find = remoteKeys(jwks.url);
    const found = await Promise.all([find(first.kid), find(second.kid), find(first.kid)]);
    expect(found.every((key) => key?.key.asymmetricKeyType === 'ec')).toBe(true);
    expect(jwks.requests).toBe(1);
  });

  it('are fetched again for an unknown kid, so that a new key works at once', async () => {
    const jwks = await endpoint(first);
    const time = clock();
    const find = remoteKeys(jwks.url, time);
    await find(first.kid);
    jwks.keys = [first, second];
    time.pass(minute);
    expect(await find(second.kid)).toBeDefined();
    expect(jwks.requests).toBe(2);
  });

  it('are not fetched again and again for invented kids, which keep no good key from being found', async () => {
    const jwks = await endpoint(first);
    const time = clock();
    const find = remoteKeys(jwks.url, { ...time, cooldownMs: 2_000 });
    for (let count = 0; count < 50; count++) expect(await find(`invented-${count}`)).toBeUndefined();
    expect(jwks.requests).toBe(1);
    expect(await find(first.kid)).toBeDefined();
    expect(jwks.requests).toBe(1);
  });

  it('are ready once they were fetched, and as long as they are good without a look at the address', async () => {
    const [state, time] = [await endpoint(generateSigningKey()), clock()];
    state.status = 500;
    const { ready } = remoteKeys(state.url, { now: time.now });
    await expect(ready?.()).rejects.toThrow(KeysUnavailableError);
    state.status = 200;
    time.pass(minute);
    await ready?.();
    state.status = 500;
    time.pass(60 * minute);
    await ready?.();
    time.pass(24 * 60 * minute);
    await expect(ready?.()).rejects.toThrow(KeysUnavailableError);
  });

  it('are renewed in the background once they are old, and a withdrawn key is then gone', async () => {
    const jwks = await endpoint(first);
    const time = clock();
    const find = remoteKeys(jwks.url, { ...time, refreshAfterMs: 10 * minute });
    await find(first.kid);
    jwks.keys = [second];
    time.pass(11 * minute);
    expect(await find(first.kid)).toBeDefined();
    await expect.poll(() => find(first.kid)).toBeUndefined();
    expect(await find(second.kid)).toBeDefined();
  });

  it('go on working while the address is down, for a day', async () => {
    const jwks = await endpoint(first);
    const time = clock();
    const find = remoteKeys(jwks.url, time);
    await find(first.kid);
    jwks.status = 500;
    time.pass(23 * 60 * minute);
    expect(await find(first.kid)).toBeDefined();
    time.pass(2 * 60 * minute);
    await expect(find(first.kid)).rejects.toBeInstanceOf(KeysUnavailableError);
  });

  it('cannot be had when the address never answered, and can as soon as it does', async () => {
    const jwks = await endpoint(first);
    const find = remoteKeys(jwks.url, clock());
    jwks.status = 503;
    await expect(find(first.kid)).rejects.toBeInstanceOf(KeysUnavailableError);
    jwks.status = 200;
    expect(await find(first.kid)).toBeDefined();
  });
});
