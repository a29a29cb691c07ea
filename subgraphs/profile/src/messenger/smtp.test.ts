import { once } from 'node:events';
import { createServer } from 'node:net';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';
import { afterEach, describe, expect, it } from 'vitest';
import { smtpMessenger } from './smtp.ts';

interface Received {
  readonly from: string;
  readonly to: readonly string[];
  readonly text: string;
}

const closing: (() => Promise<void>)[] = [];

afterEach(async () => {
  await Promise.all(closing.splice(0).map((close) => close()));
});

/** A mail server that takes everything, unless it is told otherwise. */
async function mailServer(options: SMTPServerOptions = {}) {
  const received: Received[] = [];
  const server = new SMTPServer({
    authOptional: true,
    logger: false,
    hideSTARTTLS: true,
    onData(stream, { envelope }, done) {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        const { mailFrom, rcptTo } = envelope;
        const from = mailFrom === false ? '' : mailFrom.address;
        received.push({ from, to: rcptTo.map(({ address }) => address), text: Buffer.concat(chunks).toString('utf8') });
        done();
      });
    },
    ...options,
  });
  server.on('error', () => {}); // what clients do wrong is theirs
  const listening = server.listen(0, '127.0.0.1');
  await once(listening, 'listening');
  closing.push(() => new Promise((resolve) => server.close(() => resolve())));
  const address = listening.address();
  return { port: typeof address === 'object' && address ? address.port : 0, received };
}

const message = { to: 'ada@example.com', subject: 'Your Paygraph code', text: '123456 is your Paygraph code.' };
const from = 'Paygraph <no-reply@paygraph.example>';
const messengerAt = (port: number, credentials = '', timeoutMs = 10_000) =>
  smtpMessenger({ url: `smtp://${credentials}127.0.0.1:${port}`, from, timeoutMs });

/** What a server says when it refuses. */
function refusing(responseCode: number): Error {
  return Object.assign(new Error('ada@example.com is not wanted here'), { responseCode });
}

describe('mail', () => {
  it('is handed over with its sender, recipient, subject and text', async () => {
    const { port, received } = await mailServer();
    expect(await messengerAt(port).send(message)).toEqual({ kind: 'sent' });
    expect(received).toMatchObject([{ from: 'no-reply@paygraph.example', to: ['ada@example.com'] }]);
    for (const part of ['From: Paygraph <no-reply@paygraph.example>', 'Subject: Your Paygraph code', message.text])
      expect(received[0]?.text).toContain(part);
  });

  it('signs in with what the address of the server says', async () => {
    const known: string[] = [];
    const { port } = await mailServer({
      authOptional: false,
      allowInsecureAuth: true,
      onAuth({ username, password }, _session, done) {
        known.push(`${username} ${password}`);
        if (password === 'p@ss:word') done(null, { user: username ?? '' });
        else done(new Error('no'));
      },
    });
    expect(await messengerAt(port, 'ada%40mail:p%40ss%3Aword@').send(message)).toEqual({ kind: 'sent' });
    expect(known).toEqual(['ada@mail p@ss:word']);
    const wrong = await messengerAt(port, 'ada:wrong@').send(message);
    expect(wrong).toEqual({ kind: 'failed', why: expect.stringContaining('535') });
  });

  it('to somebody whom the server refuses for good is undeliverable, and the reason does not name them', async () => {
    const { port } = await mailServer({ onRcptTo: (_address, _session, done) => done(refusing(550)) });
    const delivery = await messengerAt(port).send(message);
    expect(delivery).toEqual({ kind: 'undeliverable', why: 'SMTP RCPT TO 550' });
  });

  it.each([
    ['does not want it at the moment', { onRcptTo: (_address, _session, done) => done(refusing(451)) }],
    ['does not want our mail at all', { onMailFrom: (_address, _session, done) => done(refusing(451)) }],
    [
      'refuses it once it has it',
      {
        onData(stream, _session, done) {
          stream.resume();
          stream.on('end', () => done(refusing(554)));
        },
      },
    ],
  ] satisfies [string, SMTPServerOptions][])('that the server %s has failed', async (_what, options) => {
    const { port } = await mailServer(options);
    const delivery = await messengerAt(port).send(message);
    expect(delivery.kind).toBe('failed');
    expect(JSON.stringify(delivery)).not.toContain('ada');
  });

  it('has failed when nobody answers, or somebody who says nothing', async () => {
    const { port } = await mailServer();
    await Promise.all(closing.splice(0).map((close) => close()));
    expect(await messengerAt(port).send(message)).toMatchObject({ kind: 'failed' });
    const mute = createServer();
    await once(mute.listen(0, '127.0.0.1'), 'listening');
    closing.push(() => new Promise((resolve) => mute.close(() => resolve())));
    const address = mute.address();
    const mutePort = typeof address === 'object' && address ? address.port : 0;
    expect(await messengerAt(mutePort, '', 200).send(message)).toMatchObject({ kind: 'failed' });
  });

  it('goes to one recipient, whatever is in the address', async () => {
    const { port, received } = await mailServer();
    await messengerAt(port).send({ ...message, to: 'ada@example.com, eve@example.com' });
    expect(received.flatMap(({ to }) => to)).not.toContain('eve@example.com');
  });

  it('has its headers in its own hands: a subject with line breaks adds none', async () => {
    const { port, received } = await mailServer();
    await messengerAt(port).send({ ...message, subject: 'A code\r\nBcc: eve@example.com' });
    expect(received).toMatchObject([{ to: ['ada@example.com'] }]);
    expect(received[0]?.text).not.toMatch(/^Bcc:/m);
  });
});
