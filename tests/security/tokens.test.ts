import { createHmac, createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { createServiceTokenSigner, generateSigningKey } from '@paygraph/auth';
import { databaseNames } from '@paygraph/database';
import { connect, post, until, watch } from '@paygraph/gateway/testing';
import { describe, expect, it } from 'vitest';
import { usePlatform } from '../support/journey.ts';

const platform = usePlatform('one process');

type Claims = Readonly<Record<string, unknown>>;
type Sign = (text: string) => Buffer;

const encoded = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const now = () => Math.floor(Date.now() / 1000);
const signingKey = () => platform().keys.accessTokenKey;
const header = (): Claims => ({ alg: 'ES256', typ: 'JWT', kid: signingKey().kid });

/** What a good token of the operator claims. */
function claims(): Claims {
  const [, payload = ''] = platform().operator.accessToken.split('.');
  return JSON.parse(Buffer.from(payload, 'base64url').toString());
}

function token(head: Claims, body: Claims, signature: Sign): string {
  const text = `${encoded(head)}.${encoded(body)}`;
  return `${text}.${signature(text).toString('base64url')}`;
}

const es256 =
  (key: KeyObject): Sign =>
  (text) =>
    sign('sha256', Buffer.from(text), { key, dsaEncoding: 'ieee-p1363' });
const rs256 =
  (key: KeyObject): Sign =>
  (text) =>
    sign('sha256', Buffer.from(text), key);
const hs256 =
  (secret: string | Buffer): Sign =>
  (text) =>
    createHmac('sha256', secret).update(text).digest();
const profiles: Sign = (text) => es256(signingKey().privateKey)(text);
const signed = (changes: Claims): string => token(header(), { ...claims(), ...changes }, profiles);

const publicKey = () => createPublicKey(signingKey().privateKey);
const servicesKey = () => platform().keys.serviceKeys.get('payment')?.key ?? generateSigningKey();
const ofAnother = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;

const forgeries: readonly [sentence: string, forge: () => string][] = [
  ['that says it needs no signature', () => `${encoded({ ...header(), alg: 'none' })}.${encoded(claims())}.`],
  ['that says so and has one', () => token({ ...header(), alg: 'none' }, claims(), profiles)],
  ['that says so in another case', () => token({ ...header(), alg: 'nOnE' }, claims(), () => Buffer.from('x'))],
  [
    'signed with the public key as a secret',
    () => token({ ...header(), alg: 'HS256' }, claims(), hs256(publicKey().export({ type: 'spki', format: 'pem' }))),
  ],
  [
    'signed with the published key as a secret',
    () => token({ ...header(), alg: 'HS256' }, claims(), hs256(JSON.stringify(publicKey().export({ format: 'jwk' })))),
  ],
  [
    'signed with an RSA key under the right name',
    () => token({ ...header(), alg: 'RS256' }, claims(), rs256(ofAnother)),
  ],
  ['signed by an RSA key that says it is none', () => token(header(), claims(), rs256(ofAnother))],
  [
    'signed by a stranger under the right name',
    () => token(header(), claims(), es256(generateSigningKey().privateKey)),
  ],
  [
    'signed by a stranger who sends the key along',
    () => {
      const { privateKey } = generateSigningKey();
      const jwk = createPublicKey(privateKey).export({ format: 'jwk' });
      return token(
        { ...header(), jwk, jku: 'http://127.0.0.1:9/keys', x5u: 'http://127.0.0.1:9/' },
        claims(),
        es256(privateKey),
      );
    },
  ],
  ['whose key nobody knows', () => token({ ...header(), kid: 'unknown' }, claims(), profiles)],
  ['whose key is a path', () => token({ ...header(), kid: '../../../../dev/null' }, claims(), hs256(''))],
  ['whose key is a list', () => token({ ...header(), kid: [signingKey().kid] }, claims(), profiles)],
  ['that names no key', () => token({ alg: 'ES256', typ: 'JWT' }, claims(), profiles)],
  [
    "signed with a service's key",
    () => token({ ...header(), kid: servicesKey().kid }, claims(), es256(servicesKey().privateKey)),
  ],
  ['for another audience', () => signed({ aud: 'somebody-else' })],
  ['for a service', () => signed({ aud: 'wallet' })],
  ['for nobody', () => signed({ aud: undefined })],
  ['of another issuer', () => signed({ iss: 'https://evil.example' })],
  ['of a service, signed by profile', () => signed({ iss: 'payment', aud: 'wallet' })],
  ['of no issuer', () => signed({ iss: undefined })],
  ['that has expired', () => signed({ iat: now() - 3600, exp: now() - 60 })],
  ['that never expires', () => signed({ exp: undefined })],
  ['that expires on a day in words', () => signed({ exp: 'never' })],
  ['that is not valid yet', () => signed({ nbf: now() + 3600 })],
  ['of nobody', () => signed({ sub: '' })],
  ['of no session', () => signed({ sid: undefined })],
  ['with a role that there is not', () => signed({ roles: ['ROOT'] })],
  ['whose roles are a word', () => signed({ roles: 'OPERATOR' })],
  ['whose scopes are a list', () => signed({ scope: ['ledger:read:any'] })],
  [
    'in which the roles have been raised',
    () => {
      const [head, , signature] = signed({ roles: ['CUSTOMER'], scope: 'wallet:read' }).split('.');
      return `${head}.${encoded(claims())}.${signature}`;
    },
  ],
  ['whose signature has been cut', () => signed({}).slice(0, -4)],
  ['whose signature has zeros in it', () => token(header(), claims(), () => Buffer.alloc(64))],
  [
    "that is a service's",
    () => createServiceTokenSigner({ service: 'payment', key: servicesKey() })('gateway', ['profile:resolve']),
  ],
  ['that is no token', () => 'a.b.c'],
  ['of ten thousand characters', () => `${'a'.repeat(10_000)}.b.c`],
];

describe('a token', () => {
  it('with the claims of the operator, signed as it should be, is the operator’s', async () => {
    const { status, body } = await post(platform().url, '{ trialBalance { currency } }', {
      authorization: `Bearer ${signed({})}`,
    });
    expect({ status, errors: body.errors }).toEqual({ status: 200, errors: undefined });
  });

  it.each(forgeries)(
    '%s opens nothing, at the gateway however it comes, or at any subgraph',
    async (_sentence, forge) => {
      const authorization = `Bearer ${forge()}`;
      const refusal = { errors: [{ extensions: { code: 'UNAUTHENTICATED', reason: expect.any(String) } }] };
      for (const query of ['{ trialBalance { currency } }', '{ currencies { code } }'])
        expect(await post(platform().url, query, { authorization })).toMatchObject({ status: 401, body: refusal });
      const accept = 'text/event-stream';
      const stream = await fetch(platform().url, {
        method: 'POST',
        headers: { accept, authorization, 'content-type': 'application/json' },
        body: JSON.stringify({ query: 'subscription { paymentsActivity { cursor } }' }),
      });
      expect(await stream.text()).toContain('UNAUTHENTICATED');
      const socket = connect(platform().url.replace('http', 'ws'), authorization);
      const watched = watch(socket, { query: '{ currencies { code } }' });
      await until(() => expect(watched.end()).toMatchObject({ failed: { code: 4403 } }));
      await socket.dispose();
      for (const name of databaseNames) {
        const { status, body } = await post(platform().addressOf(name), '{ __typename }', { authorization });
        expect({ name, status, data: body.data ?? null }).toEqual({ name, status: 401, data: null });
        expect(body).toMatchObject({ errors: [{ extensions: { code: 'UNAUTHENTICATED' } }] });
      }
    },
  );

  it.each(databaseNames)('that a service has for %s opens no other service', async (audience) => {
    const authorization = `Bearer ${createServiceTokenSigner({ service: 'payment', key: servicesKey() })(audience, [])}`;
    for (const name of databaseNames.filter((other) => other !== audience)) {
      const { status } = await post(platform().addressOf(name), '{ __typename }', { authorization });
      expect({ name, status }).toEqual({ name, status: 401 });
    }
  });
});

it.each([
  ['Basic b3BlcmF0b3I6', 'of another scheme'],
  ['Bearer', 'without a token'],
  ['Bearer a.b.c, Bearer d.e.f', 'of two tokens'],
  ['', 'of nothing'],
])('the header %j, %s, is not taken for no header', async (authorization) => {
  const { status } = await post(platform().url, '{ currencies { code } }', { headers: { authorization } });
  expect(status).toBe(401);
});
