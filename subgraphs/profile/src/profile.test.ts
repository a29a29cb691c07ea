import { createAuthenticator, remoteKeys, signAccessToken } from '@paygraph/auth';
import { schemaDrift } from '@paygraph/database/testing';
import { newId } from '@paygraph/ids';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ProfileServer, type Session, startProfile } from './testing/server.ts';

const sessionFields = 'id accessToken accessTokenExpiresAt refreshToken refreshTokenExpiresAt';
const registerDocument = `mutation ($input: RegisterInput!) {
  register(input: $input) {
    session { ${sessionFields} customer { id displayName handle createdAt } }
    userErrors { code field message }
  }
}`;
const logInDocument = `mutation ($input: LogInInput!) {
  logIn(input: $input) { session { ${sessionFields} customer { id } } userErrors { code field } }
}`;
const refreshDocument = `mutation ($input: RefreshSessionInput!) {
  refreshSession(input: $input) { session { ${sessionFields} customer { id } } userErrors { code field } }
}`;
const viewerDocument = '{ viewer { id email displayName handle roles createdAt } }';
const entityDocument = `query ($representations: [_Any!]!) {
  _entities(representations: $representations) { ... on Customer { id displayName handle } }
}`;

const password = 'gecko tangerine';
const minute = 60_000;

function signedIn(session: Session | null): Session {
  if (session) return session;
  throw new Error('Nobody was signed in');
}

describe('profile over HTTP', () => {
  let profile: ProfileServer;
  let people = 0;

  beforeAll(async () => {
    profile = await startProfile();
  });
  afterAll(() => profile.stop());

  const person = () => {
    people += 1;
    return {
      email: `Person${people}@Example.com`,
      password,
      displayName: `Person ${people}`,
      handle: `person_${people}`,
    };
  };
  const register = async (input = person()) => {
    const { session } = (await profile.post(registerDocument, { input })).data.register;
    return { ...input, ...signedIn(session), customerId: session?.customer?.id ?? '' };
  };
  const logIn = async (email: string, given = password) =>
    (await profile.post(logInDocument, { input: { email, password: given } })).data.logIn;
  const refresh = async (refreshToken: string) =>
    (await profile.post(refreshDocument, { input: { refreshToken } })).data.refreshSession;
  const staffToken = (role: 'ANALYST' | 'OPERATOR') =>
    signAccessToken({
      key: profile.accessTokenKey,
      customerId: newId('cus'),
      sessionId: newId('ses'),
      roles: [role],
      now: profile.now(),
    }).token;

  describe('registering', () => {
    it('signs a new customer in', async () => {
      const input = person();
      const { data, errors } = await profile.post(registerDocument, { input });
      expect(errors).toBeUndefined();
      const { session, userErrors } = data.register;
      expect(userErrors).toEqual([]);
      expect(signedIn(session).customer).toMatchObject({ displayName: input.displayName, handle: input.handle });
      const viewer = await profile.post(viewerDocument, {}, signedIn(session).accessToken);
      expect(viewer.data.viewer).toMatchObject({ email: input.email.toLowerCase(), roles: ['CUSTOMER'] });
    });

    it('gives a token that anybody can verify with the published keys', async () => {
      const { accessToken, id, customerId } = await register();
      const authenticate = createAuthenticator({
        accessTokenKeys: remoteKeys(new URL('/.well-known/jwks.json', profile.url).href),
        audience: 'wallet',
        acceptedScopes: {},
        now: profile.now,
      });
      const principal = await authenticate(`Bearer ${accessToken}`);
      expect(principal).toMatchObject({ kind: 'customer', id: customerId, sessionId: id, roles: ['CUSTOMER'] });
    });

    it('keeps the session when fields are asked for that need its token', async () => {
      const document = registerDocument.replace('createdAt }', 'createdAt email }');
      const { data, errors } = await profile.post(document, { input: person() });
      expect(signedIn(data.register.session).accessToken).not.toBe('');
      expect(data.register.session?.customer).toBeNull();
      expect(errors?.[0]?.extensions.code).toBe('UNAUTHENTICATED');
    });

    it('refuses an address and a handle that somebody has, in any capitals', async () => {
      const first = person();
      await register(first);
      const again = { ...first, email: first.email.toUpperCase(), handle: first.handle.toUpperCase() };
      const { data } = await profile.post(registerDocument, { input: again });
      expect(data.register).toMatchObject({
        session: null,
        userErrors: [
          { code: 'EMAIL_TAKEN', field: ['input', 'email'] },
          { code: 'HANDLE_TAKEN', field: ['input', 'handle'] },
        ],
      });
    });

    it('lets exactly one of many have an address', async () => {
      const input = { ...person(), handle: undefined };
      const answers = await Promise.all(Array.from({ length: 8 }, () => profile.post(registerDocument, { input })));
      const outcomes = answers.map(({ data }) => data.register);
      expect(outcomes.filter(({ session }) => session)).toHaveLength(1);
      expect(outcomes.flatMap(({ userErrors }) => userErrors.map(({ code }) => code))).toEqual(
        Array(7).fill('EMAIL_TAKEN'),
      );
    });

    it.each([
      [{ password: '12345678' }, 'PASSWORD_UNSUITABLE', 'password'],
      [{ displayName: ' ' }, 'DISPLAY_NAME_INVALID', 'displayName'],
      [{ handle: 'no spaces' }, 'HANDLE_INVALID', 'handle'],
    ])('refuses %o', async (fault, code, field) => {
      const { data } = await profile.post(registerDocument, { input: { ...person(), ...fault } });
      expect(data.register.userErrors).toMatchObject([{ code, field: ['input', field] }]);
    });

    it.each(['nobody', `${'a'.repeat(250)}@example.com`])('refuses %s as an address', async (email) => {
      const { errors } = await profile.post(registerDocument, { input: { ...person(), email } });
      expect(errors?.[0]?.extensions.code).toBe('BAD_USER_INPUT');
    });
  });

  describe('logging in', () => {
    it('begins a session of its own each time', async () => {
      const { email, id } = await register();
      const session = signedIn((await logIn(email.toLowerCase())).session);
      expect(session.id).not.toBe(id);
      const issued = Date.parse(session.accessTokenExpiresAt) - profile.now().getTime();
      expect(issued).toBeGreaterThan(14.9 * minute);
      expect(issued).toBeLessThanOrEqual(15 * minute);
    });

    it('answers a wrong password and an unknown address alike', async () => {
      const { email } = await register();
      const wrong = await logIn(email, 'something else');
      expect(wrong).toEqual({ session: null, userErrors: [{ code: 'INVALID_CREDENTIALS', field: null }] });
      expect(await logIn('nobody@example.com')).toEqual(wrong);
    });

    it('is locked after ten failures, even with the right password, and free again fifteen minutes later', async () => {
      const { email } = await register();
      const failures = await Promise.all(Array.from({ length: 12 }, () => logIn(email, 'something else')));
      const codes = failures.map(({ userErrors }) => userErrors[0]?.code).sort();
      expect(codes).toEqual([...Array(10).fill('INVALID_CREDENTIALS'), ...Array(2).fill('TOO_MANY_ATTEMPTS')]);
      expect((await logIn(email)).userErrors).toEqual([{ code: 'TOO_MANY_ATTEMPTS', field: null }]);
      profile.advance(15 * minute);
      expect((await logIn(email)).session).not.toBeNull();
    });

    it('is locked for an address that nobody has just the same', async () => {
      for (let failure = 0; failure < 10; failure += 1) await logIn('stranger@example.com');
      expect((await logIn('stranger@example.com')).userErrors[0]?.code).toBe('TOO_MANY_ATTEMPTS');
    });
  });

  describe('a session', () => {
    it('is refreshed with each latest token, and ended by an earlier one', async () => {
      const { id, refreshToken, customerId } = await register();
      const session = signedIn((await refresh(refreshToken)).session);
      expect(session).toMatchObject({ id, customer: { id: customerId } });
      expect(session.refreshToken).not.toBe(refreshToken);
      expect(await refresh(refreshToken)).toEqual({
        session: null,
        userErrors: [{ code: 'REFRESH_TOKEN_REUSED', field: ['input', 'refreshToken'] }],
      });
      expect((await refresh(session.refreshToken)).userErrors[0]?.code).toBe('INVALID_REFRESH_TOKEN');
    });

    it('ends by logging out, other sessions of the person going on', async () => {
      const { email, accessToken, refreshToken } = await register();
      const other = signedIn((await logIn(email)).session);
      const logOut = () => profile.post('mutation { logOut { ended } }', {}, accessToken);
      expect((await logOut()).data.logOut.ended).toBe(true);
      expect((await logOut()).data.logOut.ended).toBe(false);
      expect((await refresh(refreshToken)).userErrors[0]?.code).toBe('INVALID_REFRESH_TOKEN');
      expect((await refresh(other.refreshToken)).session).not.toBeNull();
    });

    it('is nobody to log out of for an anonymous client', async () => {
      const { errors } = await profile.post('mutation { logOut { ended } }');
      expect(errors?.[0]?.extensions.code).toBe('UNAUTHENTICATED');
    });
  });

  describe('a person', () => {
    it('is null to an anonymous viewer', async () => {
      expect(await profile.post(viewerDocument)).toEqual({ data: { viewer: null } });
    });

    it('is found by id by staff, and by no customer', async () => {
      const { customerId, accessToken } = await register();
      const document = 'query ($id: ID!) { customer(id: $id) { id email roles } }';
      const found = await profile.post(document, { id: customerId }, staffToken('ANALYST'));
      expect(found.data.customer).toMatchObject({ id: customerId, roles: ['CUSTOMER'] });
      for (const id of [newId('cus'), 'nobody', '\0'])
        expect(await profile.post(document, { id }, staffToken('OPERATOR'))).toEqual({ data: { customer: null } });
      const refused = await profile.post(document, { id: customerId }, accessToken);
      expect(refused.errors?.[0]?.extensions.code).toBe('FORBIDDEN');
    });

    it('is an entity for themselves, for staff and for services, and null for everybody else', async () => {
      const [ada, bob] = [await register(), await register()];
      const ids = [ada.customerId, bob.customerId, newId('cus')];
      const representations = ids.map((id) => ({ __typename: 'Customer', id }));
      const seenBy = async (token?: string) => {
        const { data } = await profile.post(entityDocument, { representations }, token);
        return data._entities.map((customer) => customer?.displayName ?? null);
      };
      expect(await seenBy(ada.accessToken)).toEqual([ada.displayName, null, null]);
      expect(await seenBy(staffToken('OPERATOR'))).toEqual([ada.displayName, bob.displayName, null]);
      expect(await seenBy(profile.serviceToken('profile:resolve'))).toEqual([ada.displayName, bob.displayName, null]);
      expect(await seenBy()).toEqual([null, null, null]);
    });

    it('is known to services by name, in the order asked', async () => {
      const [ada, bob] = [await register(), await register()];
      const document = 'query ($ids: [ID!]!) { customerNames(ids: $ids) { id displayName handle } }';
      const variables = { ids: [bob.customerId, newId('cus'), ada.customerId, bob.customerId] };
      const { data } = await profile.post(document, variables, profile.serviceToken('profile:resolve'));
      const names = [bob, ada].map(({ customerId, displayName, handle }) => ({ id: customerId, displayName, handle }));
      expect(data.customerNames).toEqual([names[0], null, names[1], names[0]]);

      const refused = await profile.post(document, variables, ada.accessToken);
      expect(refused.errors?.[0]?.extensions.code).toBe('FORBIDDEN');
      const many = { ids: Array.from({ length: 1_001 }, () => newId('cus')) };
      const tooMany = await profile.post(document, many, profile.serviceToken('profile:resolve'));
      expect(tooMany.errors?.[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', field: ['ids'] });
    });
  });

  describe('being found and known', () => {
    const findDocument =
      'query ($lookups: [CustomerLookupInput!]!) { findCustomers(lookups: $lookups) { id handle tier } }';
    const handleDocument = `mutation ($handle: String!) {
      changeHandle(input: { handle: $handle }) { customer { handle handleChangeableAt } userErrors { code field } }
    }`;
    const phoneDocument = `mutation ($phone: PhoneNumber) {
      changePhone(input: { phone: $phone }) { customer { phone } userErrors { code field } }
    }`;
    const tierDocument = `mutation ($input: SetCustomerTierInput!) {
      setCustomerTier(input: $input) { customer { tier } userErrors { code field } }
    }`;

    it('services find people by handle, address and number, in the order asked', async () => {
      const ada = await register();
      const phone = '+233244123456';
      await profile.post(phoneDocument, { phone }, ada.accessToken);
      for (const contact of ['EMAIL', 'PHONE'] as const) await profile.verify(contact, ada.accessToken);
      const lookups = [
        { handle: `@${ada.handle.toUpperCase()}` },
        { email: 'nobody@example.com' },
        { email: ada.email.toUpperCase() },
        { phone },
        { handle: '\0' },
      ];
      const { data } = await profile.post(findDocument, { lookups }, profile.serviceToken('profile:resolve'));
      const found = { id: ada.customerId, handle: ada.handle, tier: 'BASIC' };
      expect(data.findCustomers).toEqual([found, null, found, found, null]);
      const refused = await profile.post(findDocument, { lookups }, ada.accessToken);
      expect(refused.errors?.[0]?.extensions.code).toBe('FORBIDDEN');
    });

    it('a lookup is by exactly one name', async () => {
      for (const lookup of [{}, { handle: 'ada', email: 'ada@example.com' }]) {
        const { errors } = await profile.post(
          findDocument,
          { lookups: [{ handle: 'ada' }, lookup] },
          profile.serviceToken('profile:resolve'),
        );
        expect(errors?.[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', field: ['lookups', '1'] });
      }
    });

    it('a handle may be changed, and says when it may be again', async () => {
      const ada = await register();
      const change = (handle: string) => profile.post(handleDocument, { handle }, ada.accessToken);
      const handle = `${ada.handle}_new`;
      expect((await change(handle)).data.changeHandle).toEqual({
        customer: {
          handle,
          handleChangeableAt: new Date(profile.now().getTime() + 30 * 24 * 60 * minute).toISOString(),
        },
        userErrors: [],
      });
      expect((await change('admin')).data.changeHandle).toEqual({
        customer: null,
        userErrors: [{ code: 'HANDLE_RESERVED', field: ['input', 'handle'] }],
      });
    });

    it('operators say how well a person is known, and nobody else does', async () => {
      const ada = await register();
      const input = { customerId: ada.customerId, tier: 'VERIFIED', reason: 'Passport seen' };
      const { data } = await profile.post(tierDocument, { input }, staffToken('OPERATOR'));
      expect(data.setCustomerTier).toEqual({ customer: { tier: 'VERIFIED' }, userErrors: [] });
      for (const token of [ada.accessToken, staffToken('ANALYST')]) {
        const refused = await profile.post(tierDocument, { input }, token);
        expect(refused.errors?.[0]?.extensions.code).toBe('FORBIDDEN');
      }
    });
  });

  it('publishes its keys to be kept for a while, without the private part', async () => {
    const answer = await fetch(new URL('/.well-known/jwks.json', profile.url));
    expect(answer.headers.get('cache-control')).toBe('public, max-age=300');
    const { keys } = JSON.parse(await answer.text());
    expect(keys).toMatchObject([{ kid: profile.accessTokenKey.kid, alg: 'ES256', use: 'sig' }]);
    expect(keys[0]).not.toHaveProperty('d');
  });

  it('refuses a token that is no token', async () => {
    const { errors } = await profile.post(viewerDocument, {}, 'a.b.c');
    expect(errors?.[0]?.extensions.code).toBe('UNAUTHENTICATED');
  });

  it('writes no personal data and no secrets to the log', async () => {
    const ada = await register();
    await profile.post(registerDocument, { input: { ...ada, handle: 'no spaces' } });
    await logIn(ada.email, 'something else');
    await refresh(ada.refreshToken);
    await profile.post(viewerDocument, {}, ada.accessToken);
    const log = profile.log().toLowerCase();
    expect(log).toContain('answered');
    for (const secret of ['@example.com', password, ada.displayName, ada.handle, ada.accessToken, ada.refreshToken])
      expect(log).not.toContain(secret.toLowerCase());
  });

  it('has the tables that its Prisma schema says', async () => {
    expect(await schemaDrift('profile')).toBe('');
  });
});
