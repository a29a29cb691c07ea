import { newId } from '@paygraph/ids';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { registerWithRoles } from './provision.ts';
import { type ProfileServer, startProfile } from './testing/server.ts';

const logInDocument = `mutation ($input: LogInInput!) {
  logIn(input: $input) { session { accessToken } userErrors { code } }
}`;

describe('people registered with roles', () => {
  let profile: ProfileServer;
  const olive = {
    id: newId('cus'),
    email: 'Olive@Example.com',
    password: 'gecko tangerine',
    displayName: 'Olive',
    handle: 'olive',
    roles: ['CUSTOMER', 'OPERATOR'],
  } as const;

  beforeAll(async () => {
    profile = await startProfile();
  });
  afterAll(() => profile.stop());

  const provision = (...people: Parameters<typeof registerWithRoles>[0]['people'][number][]) =>
    registerWithRoles({ databaseUrl: profile.databaseUrl, people });
  const viewerAs = async (email: string, password: string) => {
    const { data } = await profile.post(logInDocument, { input: { email, password } });
    const viewer = await profile.post('{ viewer { id roles } }', {}, data.logIn.session?.accessToken);
    return viewer.data.viewer;
  };

  it('sign in as what they are', async () => {
    await provision(olive);
    expect(await viewerAs(olive.email, olive.password)).toEqual({ id: olive.id, roles: ['CUSTOMER', 'OPERATOR'] });
    const lookups = [{ email: olive.email }];
    const find = 'query ($lookups: [CustomerLookupInput!]!) { findCustomers(lookups: $lookups) { id } }';
    const { data } = await profile.post(find, { lookups }, profile.serviceToken('profile:resolve'));
    expect(data.findCustomers).toEqual([{ id: olive.id }]);
  });

  it('stay as they are when it is repeated, also by many at once', async () => {
    const again = { ...olive, password: 'another password', roles: ['ANALYST'] } as const;
    const anna = { ...olive, id: newId('cus'), email: 'anna@example.com', handle: 'anna', roles: ['ANALYST'] } as const;
    await Promise.all([provision(again, anna), provision(again, anna), provision(again, anna)]);
    expect(await viewerAs(olive.email, olive.password)).toEqual({ id: olive.id, roles: ['CUSTOMER', 'OPERATOR'] });
    expect(await viewerAs(anna.email, anna.password)).toEqual({ id: anna.id, roles: ['ANALYST'] });
  });

  it('cannot take the address of somebody else, or break a rule of registration', async () => {
    await provision(olive);
    await expect(provision({ ...olive, id: newId('cus'), handle: 'olive_2' })).rejects.toThrow('EMAIL_TAKEN');
    const weak = { ...olive, id: newId('cus'), email: 'weak@example.com', handle: 'weak', password: '12345678' };
    await expect(provision(weak)).rejects.toThrow(`${weak.id} cannot be registered: PASSWORD_UNSUITABLE`);
  });
});
