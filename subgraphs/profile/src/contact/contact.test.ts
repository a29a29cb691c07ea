import { query } from '@paygraph/database/testing';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { ContactKind } from '../generated/prisma/enums.ts';
import { codeIn, type ProfileServer, requestCodeDocument, startProfile, verifyDocument } from '../testing/server.ts';
import { newCode, readCode } from './contact.ts';

// Hashing takes its time on a machine that may be busy.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const registerDocument = `mutation ($input: RegisterInput!) {
  register(input: $input) { session { accessToken customer { id } } userErrors { code } }
}`;
const logInDocument = `mutation ($input: LogInInput!) {
  logIn(input: $input) { session { accessToken } userErrors { code } }
}`;
const phoneDocument = `mutation ($phone: PhoneNumber) {
  changePhone(input: { phone: $phone }) { customer { phone phoneVerified } userErrors { code field } }
}`;
const findDocument = 'query ($lookups: [CustomerLookupInput!]!) { findCustomers(lookups: $lookups) { id } }';

const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;

let profile: ProfileServer;
let people = 0;

beforeAll(async () => {
  profile = await startProfile();
});

afterAll(() => profile.stop());

/** Somebody who has registered, with a telephone number that they claim. */
async function person(phone = `+23324${String(4_000_000 + people)}`) {
  people += 1;
  const email = `person${people}@example.com`;
  const input = { email, password: 'gecko tangerine', displayName: `Person ${people}` };
  const { session } = (await profile.post(registerDocument, { input })).data.register;
  let token = session?.accessToken ?? '';
  await profile.post(phoneDocument, { phone }, token);
  return {
    id: session?.customer?.id ?? '',
    email,
    phone,
    /** Access tokens end after a quarter of an hour. */
    async logInAgain() {
      const credentials = { email, password: input.password };
      token = (await profile.post(logInDocument, { input: credentials })).data.logIn.session?.accessToken ?? '';
    },
    changePhone: (to: string | null) => profile.post(phoneDocument, { phone: to }, token),
    ask: async (contact: ContactKind) =>
      (await profile.post(requestCodeDocument, { contact }, token)).data.requestContactCode,
    /** Has a code sent, and says which. */
    async code(contact: ContactKind) {
      const before = profile.sent.length;
      expect((await this.ask(contact)).userErrors).toEqual([]);
      return codeIn(profile.sent[before]?.text ?? '');
    },
    verify: async (contact: ContactKind, code: string) =>
      (await profile.post(verifyDocument, { contact, code }, token)).data.verifyContact,
  };
}

const find = async (...lookups: object[]) =>
  (await profile.post(findDocument, { lookups }, profile.serviceToken('profile:resolve'))).data.findCustomers;
const refusal = (code: string, field = 'code') => [{ code, field: ['input', field] }];
/** A code that is not this one. */
const other = (code: string) => String((Number(code) + 1) % 1_000_000).padStart(6, '0');

describe('an address or number', () => {
  it.each(['EMAIL', 'PHONE'] as const)(
    'is nobody’s before its owner has shown that it reaches them: %s',
    async (contact) => {
      const ada = await person();
      const lookup = contact === 'EMAIL' ? { email: ada.email } : { phone: ada.phone };
      expect(await find(lookup)).toEqual([null]);
      const code = await ada.code(contact);
      expect(profile.sent.at(-1)).toMatchObject({ kind: contact, to: contact === 'EMAIL' ? ada.email : ada.phone });
      expect(await find(lookup)).toEqual([null]);
      const { customer, userErrors } = await ada.verify(contact, code);
      expect(userErrors).toEqual([]);
      expect(customer).toMatchObject({ [contact === 'EMAIL' ? 'emailVerified' : 'phoneVerified']: true });
      expect(await find(lookup)).toEqual([{ id: ada.id }]);
    },
  );

  it('that is only claimed is found by nobody, even beside a name that is found', async () => {
    const [ada, mallory] = [await person(), await person()];
    await mallory.changePhone(ada.phone);
    await mallory.verify('EMAIL', await mallory.code('EMAIL'));
    expect(await find({ email: mallory.email }, { phone: ada.phone })).toEqual([{ id: mallory.id }, null]);
  });

  it('may be claimed by many and is whose who verified it last', async () => {
    const ada = await person();
    const bob = await person(ada.phone);
    await ada.verify('PHONE', await ada.code('PHONE'));
    expect(await find({ phone: ada.phone })).toEqual([{ id: ada.id }]);
    await bob.verify('PHONE', await bob.code('PHONE'));
    expect(await find({ phone: ada.phone })).toEqual([{ id: bob.id }]);
    expect(await ada.ask('EMAIL')).toMatchObject({ userErrors: [] });
  });

  it('of two who verify it at once is one’s', async () => {
    const ada = await person();
    const bob = await person(ada.phone);
    const codes = [await ada.code('PHONE'), await bob.code('PHONE')];
    const outcomes = await Promise.all([ada.verify('PHONE', codes[0] ?? ''), bob.verify('PHONE', codes[1] ?? '')]);
    expect(outcomes.map(({ userErrors }) => userErrors)).toEqual([[], []]);
    const [found] = await find({ phone: ada.phone });
    expect([ada.id, bob.id]).toContain((found as { id: string }).id);
    const rows = await query(
      profile.migrationUrl,
      'SELECT count(*) FROM customer WHERE phone = $1 AND phone_verified_at IS NOT NULL',
      [ada.phone],
    );
    expect(rows).toMatchObject([{ count: '1' }]);
  });

  it('is to be verified again once it has changed, and a code for the one before is worth nothing', async () => {
    const ada = await person();
    const code = await ada.code('PHONE');
    await ada.changePhone('+233249999001');
    expect(await ada.verify('PHONE', code)).toMatchObject({ customer: null, userErrors: refusal('CODE_EXPIRED') });
    expect(await find({ phone: '+233249999001' })).toEqual([null]);
  });

  it('that is verified needs no code any more', async () => {
    const ada = await person();
    const code = await ada.code('EMAIL');
    await ada.verify('EMAIL', code);
    expect(await ada.ask('EMAIL')).toEqual({ expiresAt: null, userErrors: refusal('ALREADY_VERIFIED', 'contact') });
    expect((await ada.verify('EMAIL', code)).userErrors).toEqual([]);
  });

  it('that was never given can be sent no code', async () => {
    const ada = await person();
    await ada.changePhone(null);
    expect((await ada.ask('PHONE')).userErrors).toEqual(refusal('CONTACT_MISSING', 'contact'));
    expect((await ada.verify('PHONE', '123456')).userErrors).toEqual(refusal('CODE_EXPIRED'));
  });
});

describe('a code', () => {
  it('holds for ten minutes', async () => {
    const [ada, bob] = [await person(), await person()];
    const { expiresAt } = await ada.ask('EMAIL');
    const adas = codeIn(profile.sent.at(-1)?.text ?? '');
    const bobs = await bob.code('EMAIL');
    expect(Date.parse(expiresAt ?? '')).toBe(profile.now().getTime() + 10 * minute);
    profile.advance(10 * minute - 1);
    expect((await ada.verify('EMAIL', adas)).userErrors).toEqual([]);
    profile.advance(1);
    expect((await bob.verify('EMAIL', bobs)).userErrors).toEqual(refusal('CODE_EXPIRED'));
  });

  it('can be tried five times, however many try at once', async () => {
    const ada = await person();
    const code = await ada.code('EMAIL');
    const tries = await Promise.all(Array.from({ length: 12 }, () => ada.verify('EMAIL', other(code))));
    const codes = tries.map(({ userErrors }) => userErrors[0]?.code).sort();
    expect(codes).toEqual([...Array(5).fill('CODE_WRONG'), ...Array(7).fill('TOO_MANY_ATTEMPTS')]);
    expect((await ada.verify('EMAIL', code)).userErrors).toEqual(refusal('TOO_MANY_ATTEMPTS'));
    profile.advance(minute);
    expect((await ada.verify('EMAIL', await ada.code('EMAIL'))).userErrors).toEqual([]);
  });

  it('voids the one before', async () => {
    const ada = await person();
    const before = await ada.code('EMAIL');
    profile.advance(minute);
    let code = await ada.code('EMAIL');
    while (code === before) {
      profile.advance(minute);
      code = await ada.code('EMAIL');
    }
    expect((await ada.verify('EMAIL', before)).userErrors).toEqual(refusal('CODE_WRONG'));
    expect((await ada.verify('EMAIL', code)).userErrors).toEqual([]);
  });

  it('is good for one kind of contact and one person only', async () => {
    const [ada, bob] = [await person(), await person()];
    const code = await ada.code('EMAIL');
    expect((await ada.verify('PHONE', code)).userErrors).toEqual(refusal('CODE_EXPIRED'));
    expect((await bob.verify('EMAIL', code)).userErrors).toEqual(refusal('CODE_EXPIRED'));
    expect((await ada.verify('EMAIL', ` ${code.slice(0, 3)}-${code.slice(3)} `)).userErrors).toEqual([]);
  });

  it('that can be none is wrong, and costs no try', async () => {
    const ada = await person();
    const code = await ada.code('EMAIL');
    for (const given of ['', '12345', '1234567', 'abcdef', '\0'])
      expect((await ada.verify('EMAIL', given)).userErrors).toEqual(refusal('CODE_WRONG'));
    for (let time = 1; time <= 4; time += 1) await ada.verify('EMAIL', other(code));
    expect((await ada.verify('EMAIL', code)).userErrors).toEqual([]);
  });

  it('is kept as a hash, and neither it nor the address is in the log', async () => {
    const ada = await person();
    const code = await ada.code('PHONE');
    const rows = await query(profile.migrationUrl, 'SELECT c::text AS row FROM contact_code c WHERE customer_id = $1', [
      ada.id,
    ]);
    expect(JSON.stringify(rows)).toContain('$argon2id$');
    for (const secret of [code, ada.phone]) expect(JSON.stringify(rows)).not.toContain(secret);
    profile.failNext({ kind: 'failed', why: 'SMS 503' });
    profile.advance(minute);
    await ada.ask('PHONE');
    expect(profile.log()).toContain('SMS 503');
    for (const secret of [code, ada.phone, ada.email]) expect(profile.log()).not.toContain(secret);
  });

  it('has six digits, zeros at the beginning too', () => {
    for (let time = 0; time < 1_000; time += 1) expect(readCode(newCode())).toMatch(/^\d{6}$/);
    expect(readCode('000 123')).toBe('000123');
  });
});

describe('how many codes are sent', () => {
  it('is one a minute to a contact, however many ask at once, and the other contact is another matter', async () => {
    const ada = await person();
    const answers = await Promise.all([1, 2, 3].map(() => ada.ask('EMAIL')));
    expect(answers.filter(({ userErrors }) => userErrors.length === 0)).toHaveLength(1);
    for (const { userErrors } of answers.filter(({ expiresAt }) => expiresAt === null))
      expect(userErrors).toEqual(refusal('TOO_MANY_CODES', 'contact'));
    expect((await ada.ask('PHONE')).userErrors).toEqual([]);
    profile.advance(minute - 1);
    expect((await ada.ask('EMAIL')).userErrors).toEqual(refusal('TOO_MANY_CODES', 'contact'));
    profile.advance(1);
    expect((await ada.ask('EMAIL')).userErrors).toEqual([]);
  });

  it('is five an hour to one number, whoever asks', async () => {
    const victim = '+233249999002';
    const bullies = [];
    for (let time = 1; time <= 6; time += 1) bullies.push(await person(victim));
    const answers = await Promise.all(bullies.map((bully) => bully.ask('PHONE')));
    expect(answers.filter(({ userErrors }) => userErrors.length > 0)).toHaveLength(1);
    profile.advance(hour);
    expect((await (await person(victim)).ask('PHONE')).userErrors).toEqual([]);
  });

  it('is ten a day to one person, whatever number they claim', async () => {
    const ada = await person();
    const refused = [];
    for (let time = 0; time < 11; time += 1) {
      await ada.changePhone(`+23324999910${time % 10}`);
      refused.push((await ada.ask('PHONE')).userErrors.length > 0);
      profile.advance(minute);
    }
    expect(refused).toEqual([...Array(10).fill(false), true]);
    profile.advance(24 * hour);
    await ada.logInAgain();
    expect((await ada.ask('PHONE')).userErrors).toEqual([]);
  });
});

describe('a code that is not delivered', () => {
  it('says whether trying again can help, and counts', async () => {
    const ada = await person();
    profile.failNext({ kind: 'undeliverable', why: 'SMS 400 21211' });
    expect(await ada.ask('PHONE')).toEqual({ expiresAt: null, userErrors: refusal('CONTACT_UNREACHABLE', 'contact') });
    expect((await ada.ask('PHONE')).userErrors).toEqual(refusal('TOO_MANY_CODES', 'contact'));
    profile.advance(minute);
    profile.failNext({ kind: 'failed', why: 'SMS 503' });
    expect((await ada.ask('PHONE')).userErrors).toEqual(refusal('NOT_SENT', 'contact'));
  });
});

it('whoever is not signed in verifies nothing', async () => {
  const { errors } = await profile.post(requestCodeDocument, { contact: 'EMAIL' });
  expect(errors?.[0]?.extensions.code).toBe('UNAUTHENTICATED');
  const verify = await profile.post(verifyDocument, { contact: 'EMAIL', code: '123456' });
  expect(verify.errors?.[0]?.extensions.code).toBe('UNAUTHENTICATED');
});
