import { generateKeyPairSync } from 'node:crypto';
import { currencyOf } from '@paygraph/money';
import { describe, expect, it } from 'vitest';
import { createAirtelTigoMoney } from './airteltigo-money/adapter.ts';
import { callbackHash } from './airteltigo-money/callback.ts';
import type { RailDirection, RailInstruction } from './instruction.ts';
import { createMtnMomo } from './mtn-momo/adapter.ts';
import type { RailAdapter } from './rail.ts';
import { createTelecelCash } from './telecel-cash/adapter.ts';
import { type Documented, documented, formOf } from './testing/documentation.ts';
import { createOperator, type Operator, type Received, termsOf } from './testing/operator.ts';

/*
 * What the adapters send is of the form that the operators document, and what the operators show is read for what it says.
 */

const reference = '6f9e4c1a-0b1d-4b6e-9a53-2c7d1e8f0a31';
const compact = reference.replaceAll('-', '');
const instruct = (direction: RailDirection, currency = 'GHS'): RailInstruction => ({
  ...{ direction, reference, amount: { amount: 1_230n, currency: currencyOf(currency) } },
  counterparty: { type: 'MOBILE_MONEY', phoneNumber: '+233271234567', network: 'AIRTELTIGO', name: null },
  endToEndId: 'pay_01890a5d1c7e7f2b8c3d4e5f60718293',
  narrative: "Shoes & socks, Ada's",
});
const patient = () => ({ signal: AbortSignal.timeout(5_000) });
const product = { subscriptionKey: 'key', apiUser: 'user', apiKey: 'secret' };
const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });

const rails = {
  'mtn-momo': (operator: Operator): RailAdapter =>
    createMtnMomo({
      ...{ ...operator.options, terms: termsOf('GHS'), payoutNetworks: [], targetEnvironment: 'mtnghana' },
      ...{ collection: product, disbursement: product },
      ...{ callbackUrl: 'https://pay.example.com/webhooks/rails/mtn-momo', callbackSecret: 'secret-of-the-path' },
    }),
  'airteltigo-money': (operator: Operator): RailAdapter =>
    createAirtelTigoMoney({
      ...{ ...operator.options, terms: termsOf('GHS'), payoutNetworks: [] },
      ...{ clientId: 'id', clientSecret: 'secret', pin: '1357', pinKey: publicKey, callbackKey: 'callback key' },
    }),
  'telecel-cash': (operator: Operator): RailAdapter =>
    createTelecelCash({
      ...{ ...operator.options, terms: termsOf('GHS'), payoutNetworks: [], environment: 'sandbox', apiKey: 'key' },
      ...{
        publicKey,
        serviceProviderCode: '000000',
        origin: '*',
        sessionMs: 60_000,
        callbackSecret: 'secret-of-the-path',
      },
    }),
};
type Name = keyof typeof rails;

/** The rail, with an operator that has given it a token already. */
function meet(name: Name): { operator: Operator; rail: RailAdapter } {
  const operator = createOperator();
  operator.answer(/token/, 200, { access_token: 'token', token_type: 'bearer', expires_in: 3600 });
  operator.answer(/getSession/, 200, { output_ResponseCode: 'INS-0', output_SessionID: 'session' });
  return { operator, rail: rails[name](operator) };
}

function expectAsDocumented(sent: Received | undefined, { request }: Documented): void {
  if (!sent || !request) throw new Error('Nothing to compare');
  const [path = '', query = ''] = sent.path.split('?');
  expect({ method: sent.method, path }).toEqual({
    method: request.method,
    path: request.path.replace('{reference}', path.includes(compact) ? compact : reference),
  });
  expect(Object.keys(sent.headers)).toEqual(expect.arrayContaining([...request.headers]));
  const members = request.query
    ? Object.fromEntries(new URLSearchParams(query))
    : sent.body
      ? JSON.parse(sent.body)
      : undefined;
  expect(formOf(members)).toEqual(formOf(request.query ?? request.body));
  for (const [member, pattern] of Object.entries(request.patterns ?? {}))
    expect(members[member], member).toMatch(new RegExp(pattern));
}

describe('what is sent is of the form that is documented', () => {
  it.each([
    ['mtn-momo', 'COLLECTION', 'requesttopay', 'requesttopay-status'],
    ['mtn-momo', 'PAYOUT', 'transfer', 'transfer-status'],
    ['airteltigo-money', 'COLLECTION', 'payment', 'payment-enquiry'],
    ['airteltigo-money', 'PAYOUT', 'disbursement', undefined],
    ['telecel-cash', 'COLLECTION', 'c2b', 'query'],
    ['telecel-cash', 'PAYOUT', 'b2c', 'query'],
  ] as const)('by %s for a %s: %s', async (name, direction, submit, status) => {
    const { operator, rail } = meet(name);
    const shown = documented(`${name}/${submit}`);
    operator.answer(/./, shown.response?.status ?? 0, shown.response?.body);
    operator.answer(/token/, 200, { access_token: 'token', token_type: 'bearer', expires_in: 3600 });
    operator.answer(/getSession/, 200, { output_ResponseCode: 'INS-0', output_SessionID: 'session' });
    const outcome = await rail.submit(instruct(direction), patient());
    expectAsDocumented(operator.received.at(-1), shown);
    // Airtel's example of a disbursement is one that was carried out at once.
    expect(outcome.kind).toBe(submit === 'disbursement' ? 'CONFIRMED' : 'ACCEPTED');
    await rail.status(instruct(direction), patient());
    if (status) expectAsDocumented(operator.received.at(-1), documented(`${name}/${status}`));
  });

  it.each([
    ['mtn-momo', 'PAYOUT'],
    ['airteltigo-money', 'COLLECTION'],
  ] as const)('by %s for a token', async (name, direction) => {
    const { operator, rail } = meet(name);
    const shown = documented(`${name}/token`);
    operator.answer(/token/, 200, { ...Object(shown.response?.body), expires_in: 3600 });
    operator.answer(/v1/, 500, '');
    await rail.submit(instruct(direction), patient());
    expectAsDocumented(operator.received[0], shown);
  });

  it('with the exact amount as a number where a number is wanted', async () => {
    const { operator, rail } = meet('airteltigo-money');
    operator.answer(/payments/, 500, '');
    await rail.submit(
      { ...instruct('COLLECTION'), amount: { amount: 900_719_925_474_099_301n, currency: currencyOf('GHS') } },
      patient(),
    );
    expect(operator.received.at(-1)?.body).toContain('"amount":9007199254740993.01');
  });
});

describe('what is shown is read for what it says', () => {
  const ugx = currencyOf('UGX');

  it.each([
    [
      'mtn-momo',
      'COLLECTION',
      'requesttopay-status',
      { kind: 'CONFIRMED', railReference: '23503452', amount: { amount: 100n, currency: ugx } },
    ],
    [
      'mtn-momo',
      'PAYOUT',
      'transfer-status',
      { kind: 'CONFIRMED', railReference: '363440463', amount: { amount: 100n, currency: ugx } },
    ],
    [
      'mtn-momo',
      'COLLECTION',
      'requesttopay-failed',
      { kind: 'REFUSED', code: 'NOT_ALLOWED', railCode: 'INTERNAL_PROCESSING_ERROR' },
    ],
    ['mtn-momo', 'PAYOUT', 'not-found', { kind: 'UNSEEN' }],
    ['airteltigo-money', 'COLLECTION', 'payment-enquiry', { kind: 'CONFIRMED', railReference: 'C36*******67' }],
    ['telecel-cash', 'COLLECTION', 'query', { kind: 'CONFIRMED', railReference: '4C123GE3' }],
    ['telecel-cash', 'PAYOUT', 'not-found', { kind: 'UNSEEN' }],
  ] as const)('as a status by %s of a %s: %s', async (name, direction, file, outcome) => {
    const { operator, rail } = meet(name);
    const { response } = documented(`${name}/${file}`);
    operator.answer(
      /(requesttopay|transfer|payments|disbursements|queryTransaction)/,
      response?.status ?? 0,
      response?.body,
    );
    expect(await rail.status(instruct(direction), patient())).toMatchObject(outcome);
  });

  it('as a result that was there at once', async () => {
    const { operator, rail } = meet('telecel-cash');
    const { response } = documented('telecel-cash/c2b-synchronous');
    operator.answer(/c2b/, response?.status ?? 0, response?.body);
    const outcome = await rail.submit(instruct('COLLECTION'), patient());
    expect(outcome).toMatchObject({ kind: 'CONFIRMED', railReference: 'hv9ahxcg4ccv' });
  });

  it('as a duplicate, whose status is then asked for', async () => {
    const { operator, rail } = meet('mtn-momo');
    const duplicate = documented('mtn-momo/duplicate').response;
    const status = documented('mtn-momo/transfer-status').response;
    operator.answer(/transfer$/, duplicate?.status ?? 0, duplicate?.body);
    operator.answer(/transfer\//, status?.status ?? 0, status?.body);
    expect(await rail.submit(instruct('PAYOUT'), patient())).toMatchObject({
      kind: 'CONFIRMED',
      railReference: '363440463',
    });
  });

  it('as a float, with thousands set apart', async () => {
    const { operator, rail } = meet('airteltigo-money');
    const { response } = documented('airteltigo-money/balance');
    operator.answer(/balance/, response?.status ?? 0, response?.body);
    const ariary = currencyOf('MGA');
    expect(await rail.float(ariary, patient())).toEqual({ amount: 3_760_000n, currency: ariary });
    expect(await rail.float(currencyOf('GHS'), patient())).toBeNull();
  });

  it('as a callback of Airtel, of which only the key is not shown', () => {
    const { rail } = meet('airteltigo-money');
    const { callback } = documented('airteltigo-money/callback');
    const shown = Object(callback?.body);
    const raw = { method: 'POST', path: '', headers: {}, receivedAt: new Date() };
    expect(rail.webhook({ ...raw, body: Buffer.from(JSON.stringify(shown)) })).toMatchObject({
      kind: 'REJECTED',
      status: 401,
    });
    const transaction = { ...shown.transaction, id: compact };
    const body = Buffer.from(JSON.stringify({ transaction, hash: callbackHash(transaction, 'callback key') }));
    expect(rail.webhook({ ...raw, body })).toEqual({ kind: 'NUDGE', references: [reference] });
  });

  it('as a result called back', () => {
    const { rail } = meet('telecel-cash');
    const { callback } = documented('telecel-cash/callback');
    const body = Buffer.from(JSON.stringify(callback?.body));
    const raw = { method: 'POST', path: '/secret-of-the-path', headers: {}, body, receivedAt: new Date() };
    expect(rail.webhook(raw)).toEqual({
      ...{ kind: 'NUDGE', references: ['1e9b774d-1da3-4af7-8412-a498cbc28f5e'] },
      acknowledgement: {
        output_OriginalConversationID: 'fd1e9143d22544459f7c66e1860ef276',
        output_ResponseCode: '0',
        output_ResponseDesc: 'Successfully Accepted Result',
        output_ThirdPartyConversationID: '1e9b774d1da34af78412a498cbc28f5e',
      },
    });
  });
});
