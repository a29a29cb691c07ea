import { describe, expect, it } from 'vitest';
import { bring, type Carried, carry, nothingCarried, type TabTexts } from './carry.ts';

const start = nothingCarried('key-1');
const customer = { displayName: 'Ada' };
const loggedIn = { logIn: { session: { accessToken: 'jwt', accessTokenExpiresAt: '2026-11-21T12:00:00Z', customer } } };

function answered(before: Carried, ...answers: readonly unknown[]): Carried {
  return answers.reduce<Carried>(
    (carried, data) => carry(carried, { kind: 'answered', data, freshKey: 'key-2' }),
    before,
  );
}

function walletsOf(id: string, ...currencies: readonly string[]) {
  const nodes = currencies.map((currency) => ({ id: `${id}-${currency}`, currency }));
  return { viewer: { id, wallets: { nodes } } };
}

function tab(texts: Partial<TabTexts>): TabTexts {
  return { query: '{ viewer { id } }', variables: '', headers: '', ...texts };
}

describe('what answers leave for other tabs', () => {
  it('is the session of a log-in, a registration or a refresh', () => {
    const session = { accessToken: 'jwt', displayName: 'Ada', expiresAt: '2026-11-21T12:00:00Z' };
    expect(answered(start, loggedIn).session).toEqual(session);
    expect(answered(start, { register: loggedIn.logIn }).session).toEqual(session);
    expect(answered(start, { refreshSession: loggedIn.logIn }).session).toEqual(session);
  });

  it('is nothing of a refused log-in', () => {
    const before = answered(start, loggedIn);
    expect(answered(before, { logIn: { session: null } }).session).toBe(before.session);
  });

  it('is dollars to pay from and euros to pay into', () => {
    const { variables } = answered(start, walletsOf('ada', 'EUR', 'JPY', 'USD'));
    expect(variables).toMatchObject({ payerWalletId: 'ada-USD', payeeWalletId: 'ada-EUR' });
  });

  it('is the first two wallets of somebody without dollars and euros', () => {
    const { variables } = answered(start, walletsOf('ada', 'JPY', 'GHS'));
    expect(variables).toMatchObject({ payerWalletId: 'ada-JPY', payeeWalletId: 'ada-GHS' });
  });

  it('is the other person to pay, once both have listed their wallets', () => {
    const kofi = answered(start, walletsOf('kofi', 'USD', 'EUR'));
    const ada = answered(kofi, walletsOf('ada', 'USD', 'EUR'), walletsOf('ada', 'USD', 'EUR'));
    expect(ada.variables).toMatchObject({ payerWalletId: 'ada-USD', payeeWalletId: 'kofi-EUR' });
  });

  it('is nobody to pay from the list of one who has no wallet', () => {
    expect(answered(start, walletsOf('ada')).variables).toEqual(start.variables);
  });

  it('is the id of a quote', () => {
    expect(answered(start, { createPaymentQuote: { quote: { id: 'quo_1' } } }).variables).toHaveProperty(
      'quoteId',
      'quo_1',
    );
  });

  it('is the id of a payment and a fresh idempotency key', () => {
    const { variables } = answered(start, { createPayment: { payment: { id: 'pay_1' } } });
    expect(variables).toEqual({ paymentId: 'pay_1', idempotencyKey: 'key-2' });
  });

  it('is the same idempotency key while no payment was made', () => {
    const refused = { createPayment: { payment: null, userErrors: [{ code: 'QUOTE_EXPIRED' }] } };
    expect(answered(start, refused, null, undefined).variables).toEqual({ idempotencyKey: 'key-1' });
  });
});

describe('a tab that is opened', () => {
  const session = answered(start, loggedIn);

  it('gets the values of the variables it has, and no others', () => {
    const carried = answered(start, { createPaymentQuote: { quote: { id: 'quo_1' } } });
    const { variables } = bring(tab({ variables: '{"quoteId": "", "note": "rent"}' }), undefined, carried);
    expect(JSON.parse(variables)).toEqual({ quoteId: 'quo_1', note: 'rent' });
  });

  it('keeps what was typed over a value it got before', () => {
    const first = answered(start, { createPaymentQuote: { quote: { id: 'quo_1' } } });
    const typed = tab({ variables: '{"quoteId": "quo_typed"}' });
    expect(bring(typed, first, answered(first, loggedIn)).variables).toBe(typed.variables);
    const second = answered(first, { createPaymentQuote: { quote: { id: 'quo_2' } } });
    expect(JSON.parse(bring(typed, first, second).variables)).toEqual({ quoteId: 'quo_2' });
  });

  it('gets the access token beside its other headers, in place of an older one', () => {
    const { headers } = bring(tab({ headers: '{"Authorization": "Bearer old", "x-request-id": "1"}' }), start, session);
    expect(JSON.parse(headers)).toEqual({ 'x-request-id': '1', authorization: 'Bearer jwt' });
    expect(JSON.parse(bring(tab({}), undefined, session).headers)).toEqual({ authorization: 'Bearer jwt' });
  });

  it('loses the access token when it is to be sent no more', () => {
    const sending = bring(tab({}), start, session);
    expect(JSON.parse(bring(sending, session, carry(session, { kind: 'logged-out' })).headers)).toEqual({});
  });

  it('gets no access token for a log-in, which an expired one would get refused', () => {
    const logIn = tab({ query: 'mutation { logIn(input: {}) { session { accessToken } } }' });
    expect(bring(logIn, start, session)).toEqual(logIn);
  });

  it('stays as it is where its texts are no JSON objects', () => {
    const broken = tab({ variables: '{"quoteId": ', headers: '[]' });
    expect(bring(broken, undefined, answered(session, { createPaymentQuote: { quote: { id: 'quo_1' } } }))).toEqual(
      broken,
    );
  });
});
