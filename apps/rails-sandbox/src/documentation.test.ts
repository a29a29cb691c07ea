import { constants, createPublicKey, publicEncrypt, randomUUID } from 'node:crypto';
import { currencyOf } from '@paygraph/money';
import { documented, formOf } from '@paygraph/rails/testing';
import { createLogger, systemClock } from '@paygraph/service';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type RailName, railNames } from './books.ts';
import { credentials, publicKey } from './credentials.ts';
import { createRailsSandbox, type RailsSandbox } from './sandbox.ts';

/*
 * The sandbox takes what the operators document and answers in the form that they document.
 */

let sandbox: RailsSandbox;
beforeAll(async () => {
  const logger = createLogger({ service: 'rails-sandbox', level: 'silent' });
  const floats = [{ amount: 3_760_000n, currency: currencyOf('GHS') }];
  sandbox = createRailsSandbox({ logger, clock: systemClock, seed: 1, floats });
  await sandbox.app.ready();
});
afterAll(() => sandbox.stop());
beforeEach(() => {
  for (const rail of railNames) sandbox.behave(rail, { settleMs: null });
});

type Headers = Readonly<Record<string, string>>;
interface Call {
  readonly rail: RailName;
  readonly file: string;
  readonly headers: Headers;
  /** What stands in the place of `{reference}`. */
  readonly reference?: string;
  /** Members that depend on who asks, such as a short code. */
  readonly body?: object;
  readonly query?: Headers;
}

/** Sends what the file documents, with credentials and references of the sandbox in the place of the example's. */
async function send({ rail, file, headers, reference = '', body, query }: Call) {
  const { request, response } = documented(`${rail}/${file}`);
  if (!request) throw new Error(`${file} documents no request`);
  const answer = await sandbox.app.inject({
    method: request.method,
    url: `/${rail}${request.path.replace('{reference}', reference)}`,
    headers,
    ...(body !== undefined && { payload: body }),
    ...((query ?? request.query) && { query: { ...request.query, ...query } }),
  });
  const shown = answer.body === '' ? null : answer.json();
  return { status: answer.statusCode, body: shown, documented: response };
}

function expectForm(answer: Awaited<ReturnType<typeof send>>, differs: object = {}): void {
  expect(answer.status).toBe(answer.documented?.status);
  expect(formOf(answer.body)).toEqual({ ...Object(formOf(answer.documented?.body)), ...differs });
}

function sealed(secret: string): string {
  const key = createPublicKey({ key: Buffer.from(publicKey, 'base64'), format: 'der', type: 'spki' });
  return publicEncrypt({ key, padding: constants.RSA_PKCS1_PADDING }, Buffer.from(secret)).toString('base64');
}

describe('MTN MoMo', () => {
  const headersOf = async (name: 'collection' | 'disbursement'): Promise<Headers> => {
    const { apiUser, apiKey, subscriptionKey } = credentials.mtn[name];
    const basic = Buffer.from(`${apiUser}:${apiKey}`).toString('base64');
    const own = { 'ocp-apim-subscription-key': subscriptionKey };
    const url = `/mtn-momo/${name}/token/`;
    const { access_token } = (
      await sandbox.app.inject({ method: 'POST', url, headers: { ...own, authorization: `Basic ${basic}` } })
    ).json();
    return { ...own, authorization: `Bearer ${access_token}`, 'x-target-environment': credentials.mtn.environment };
  };
  const order = (who: 'payer' | 'payee') => ({
    ...{ amount: '100', currency: 'GHS', externalId: '947354', payerMessage: 'note', payeeNote: 'note' },
    [who]: { partyIdType: 'MSISDN', partyId: '233241234567' },
  });

  it('gives a token', async () => {
    const { apiUser, apiKey, subscriptionKey } = credentials.mtn.disbursement;
    const authorization = `Basic ${Buffer.from(`${apiUser}:${apiKey}`).toString('base64')}`;
    const headers = { authorization, 'ocp-apim-subscription-key': subscriptionKey };
    expectForm(await send({ rail: 'mtn-momo', file: 'token', headers }));
  });

  it.each([
    ['collection', 'requesttopay', 'payer'],
    ['disbursement', 'transfer', 'payee'],
  ] as const)('of %s takes a %s once, and tells of it', async (product, file, who) => {
    const reference = randomUUID();
    const headers = await headersOf(product);
    const submit = {
      rail: 'mtn-momo',
      file,
      headers: { ...headers, 'x-reference-id': reference },
      body: order(who),
    } as const;
    const taken = await send(submit);
    expect([taken.status, taken.body]).toEqual([taken.documented?.status, taken.documented?.body]);
    const again = await send(submit);
    expect(again.status).toBe(documented('mtn-momo/duplicate').response?.status);
    expect(formOf(again.body)).toEqual(formOf(documented('mtn-momo/duplicate').response?.body));
    sandbox.settle('mtn-momo', reference);
    // Texts where the example has numbers, as its schema says, and the notes that the schema adds.
    const text = {
      amount: 'string',
      financialTransactionId: 'string',
      externalId: 'string',
      payerMessage: 'string',
      payeeNote: 'string',
    };
    const party = { [who]: { partyIdType: 'string', partyId: 'string' } };
    expectForm(await send({ rail: 'mtn-momo', file: `${file}-status`, headers, reference }), { ...text, ...party });
  });

  it('says why one failed, and that it does not know another', async () => {
    const headers = await headersOf('collection');
    const reference = randomUUID();
    const body = order('payer');
    await send({ rail: 'mtn-momo', file: 'requesttopay', headers: { ...headers, 'x-reference-id': reference }, body });
    sandbox.settle('mtn-momo', reference, 'PARTY_FUNDS');
    const failed = await send({ rail: 'mtn-momo', file: 'requesttopay-status', headers, reference });
    const shown = Object(documented('mtn-momo/requesttopay-failed').response?.body);
    // Since that example was shown, reasons have a code and a message.
    expect(formOf(failed.body)).toEqual({ ...Object(formOf(shown)), reason: { code: 'string', message: 'string' } });
    const unknown = await send({ rail: 'mtn-momo', file: 'requesttopay-status', headers, reference: randomUUID() });
    const notFound = documented('mtn-momo/not-found').response;
    expect([unknown.status, formOf(unknown.body)]).toEqual([notFound?.status, formOf(notFound?.body)]);
  });
});

describe('AirtelTigo Money', () => {
  const { clientId: client_id, clientSecret: client_secret, pin } = credentials.airteltigo;
  const grant = { client_id, client_secret, grant_type: 'client_credentials' };
  const token = () => send({ rail: 'airteltigo-money', file: 'token', headers: {}, body: grant });
  const headersOf = async (): Promise<Headers> => ({
    authorization: `Bearer ${(await token()).body.access_token}`,
    ...{ 'x-country': 'GH', 'x-currency': 'GHS' },
  });

  it('gives a token', async () => {
    expectForm(await token());
  });

  it('takes a payment, and tells of it', async () => {
    const headers = await headersOf();
    const id = randomUUID().replaceAll('-', '');
    const where = { country: 'GH', currency: 'GHS' };
    const body = {
      reference: 'Testing',
      subscriber: { ...where, msisdn: '271234567' },
      transaction: { ...where, amount: 1000, id },
    };
    const taken = await send({ rail: 'airteltigo-money', file: 'payment', headers, body });
    expectForm(taken, { data: { transaction: { id: 'string', airtel_money_id: 'string', status: 'string' } } });
    sandbox.settle('airteltigo-money', id);
    const told = await send({ rail: 'airteltigo-money', file: 'payment-enquiry', headers, reference: id });
    expectForm(told, { data: { transaction: { id: 'string', airtel_money_id: 'string', status: 'string' } } });
    expect(told.body.data.transaction.status).toBe('TS');
  });

  it('takes a disbursement whose PIN is sealed', async () => {
    const headers = await headersOf();
    const id = randomUUID().replaceAll('-', '');
    const body = {
      payee: { msisdn: '271234567' },
      reference: 'AB141',
      pin: sealed(pin),
      transaction: { amount: 1000, id },
    };
    expectForm(await send({ rail: 'airteltigo-money', file: 'disbursement', headers, body }));
    const bare = await send({ rail: 'airteltigo-money', file: 'disbursement', headers, body: { ...body, pin } });
    expect(bare.status).toBe(400);
  });

  it('tells the float with thousands set apart', async () => {
    const answer = await send({ rail: 'airteltigo-money', file: 'balance', headers: await headersOf() });
    expectForm(answer, {
      status: { ...Object(formOf(Object(answer.documented?.body).status)), response_code: 'string' },
    });
    expect(answer.body.data.balance).toMatch(/^\d\d,\d{3}\.\d\d$/);
  });
});

describe('Telecel Cash', () => {
  const { apiKey, origin } = credentials.telecel;
  const headersOf = async (): Promise<Headers> => {
    const url = '/telecel-cash/sandbox/ipg/v2/vodafoneGHA/getSession/';
    const headers = { authorization: `Bearer ${sealed(apiKey)}`, origin };
    const { output_SessionID } = (await sandbox.app.inject({ method: 'GET', url, headers })).json();
    return { authorization: `Bearer ${sealed(output_SessionID)}`, origin };
  };

  it.each(['c2b', 'b2c'])('takes a %s just as the portal shows it, once, and tells of it', async (file) => {
    const headers = await headersOf();
    const reference = randomUUID().replaceAll('-', '');
    const shown = Object(documented(`telecel-cash/${file}`).request?.body);
    const body = { ...shown, input_ThirdPartyConversationID: reference };
    const submit = { rail: 'telecel-cash', file, headers, body } as const;
    // Where there is no transaction yet, some answers leave its id out and others write N/A.
    expectForm(await send(submit), { output_TransactionID: 'string' });
    const again = await send(submit);
    expect([again.status, again.body.output_ResponseCode]).toEqual([409, 'INS-10']);
    sandbox.settle('telecel-cash', reference);
    const query = { input_QueryReference: reference };
    expectForm(await send({ rail: 'telecel-cash', file: 'query', headers, query }));
    const unknown = await send({ rail: 'telecel-cash', file: 'query', headers });
    const notFound = documented('telecel-cash/not-found').response;
    expect(unknown.status).toBe(notFound?.status);
    expect(unknown.body).toMatchObject(Object(notFound?.body));
  });
});
