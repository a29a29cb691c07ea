import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { smsMessenger } from './sms.ts';

interface Asked {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly authorization: string | undefined;
  readonly type: string | undefined;
  readonly form: Record<string, string>;
}

type Answer = (response: ServerResponse) => void;

const closing: (() => Promise<void>)[] = [];

afterEach(async () => {
  await Promise.all(closing.splice(0).map((close) => close()));
});

/** A gateway that answers as it is told: by its documentation, 201 with what was queued. */
async function gateway(answer: Answer = json(201, queued)) {
  const asked: Asked[] = [];
  const server = createServer((request, response) => {
    void bodyOf(request).then((body) => {
      const { method, url, headers } = request;
      const { authorization, 'content-type': type } = headers;
      asked.push({ method, url, authorization, type, form: Object.fromEntries(new URLSearchParams(body)) });
      answer(response);
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  closing.push(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(() => resolve()));
  });
  const address = server.address();
  return { url: `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`, asked };
}

/** From Twilio's documentation of the Messages resource, shortened. */
const queued = { account_sid: 'AC0123', error_code: null, sid: 'SM0123', status: 'queued' };
const problem = (status: number, code: number) => ({
  code,
  message: "The 'To' number +233244000001 is not a valid phone number.",
  more_info: `https://www.twilio.com/docs/errors/${code}`,
  status,
});

function json(status: number, body: object): Answer {
  return (response) => response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

const message = { to: '+233244000001', subject: 'Your Paygraph code', text: '123456 is your Paygraph code.' };
const messengerAt = (url: string, timeoutMs = 10_000) =>
  smsMessenger({ url, accountSid: 'AC0123', authToken: 'secret', from: '+15005550006', timeoutMs });

describe('a text message', () => {
  it('is handed over as the gateway’s documentation has it', async () => {
    const { url, asked } = await gateway();
    expect(await messengerAt(url).send(message)).toEqual({ kind: 'sent' });
    expect(asked).toEqual([
      {
        method: 'POST',
        url: '/2010-04-01/Accounts/AC0123/Messages.json',
        authorization: `Basic ${Buffer.from('AC0123:secret').toString('base64')}`,
        type: 'application/x-www-form-urlencoded;charset=UTF-8',
        form: { To: message.to, From: '+15005550006', Body: message.text },
      },
    ]);
  });

  it.each([21211, 21610, 21614])('to a number that it can never reach is undeliverable: %i', async (code) => {
    const { url } = await gateway(json(400, problem(400, code)));
    expect(await messengerAt(url).send(message)).toEqual({ kind: 'undeliverable', why: `SMS 400 ${code}` });
  });

  it.each<[string, Answer, string]>([
    ['does not know us', json(401, problem(401, 20003)), 'SMS 401 20003'],
    ['has had too much of us', json(429, problem(429, 20429)), 'SMS 429 20429'],
    ['may not send to that country for us', json(400, problem(400, 21408)), 'SMS 400 21408'],
    ['is out of order', json(503, {}), 'SMS 503'],
    ['answers what nobody can read', (response) => response.writeHead(500).end('<html>'), 'SMS 500'],
    ['says that it is fine, but not that it has it', json(200, queued), 'SMS 200'],
    [
      'sends us elsewhere',
      (response) => response.writeHead(307, { location: 'http://127.0.0.1:1/' }).end(),
      'SMS TypeError',
    ],
    ['cuts the line', (response) => response.destroy(), 'SMS TypeError'],
  ])('has failed when the gateway %s', async (_what, answer, why) => {
    const { url } = await gateway(answer);
    expect(await messengerAt(url).send(message)).toEqual({ kind: 'failed', why });
  });

  it('has failed when the gateway does not answer, and is sent once', async () => {
    const { url, asked } = await gateway(() => {});
    expect(await messengerAt(url, 200).send(message)).toEqual({ kind: 'failed', why: 'SMS TimeoutError' });
    expect(asked.length).toBeLessThan(2);
  });
});
