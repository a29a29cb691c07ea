import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { loadConfig } from '@paygraph/service';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createMessengers, messengerEnvironment } from './config.ts';
import { outboxMessenger } from './outbox.ts';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'paygraph-outbox-'));
});

afterAll(() => rm(folder, { recursive: true }));

const messengersIn = (env: NodeJS.ProcessEnv) => createMessengers(loadConfig(messengerEnvironment, env));
const message = { to: 'ada@example.com', subject: 'Your Paygraph code', text: '123456 is your Paygraph code.' };

describe('the outbox', () => {
  it('takes what has no carrier of its own, a line each, for its owner’s eyes', async () => {
    const file = path.join(folder, 'new', 'outbox.jsonl');
    const { EMAIL, PHONE } = messengersIn({ PROFILE_OUTBOX_FILE: file });
    expect(await EMAIL.send(message)).toEqual({ kind: 'sent' });
    expect(await PHONE.send({ ...message, to: '+233244000001' })).toEqual({ kind: 'sent' });
    const lines = (await readFile(file, 'utf8')).trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      { kind: 'EMAIL', ...message },
      { kind: 'PHONE', to: '+233244000001' },
    ]);
    expect((await stat(file)).mode & 0o077).toBe(0);
  });

  it('says when it cannot be written', async () => {
    const delivery = await outboxMessenger(folder, 'EMAIL').send(message);
    expect(delivery).toEqual({ kind: 'failed', why: 'the outbox cannot be written (EISDIR)' });
  });
});

describe('the carriers of messages', () => {
  const outbox = { PROFILE_OUTBOX_FILE: '/dev/null' };
  const smtp = { PROFILE_SMTP_URL: 'smtps://mail.example.com', PROFILE_SMTP_FROM: 'no-reply@example.com' };

  it('are required unless there is an outbox', () => {
    expect(() => messengersIn({})).toThrow(
      'PROFILE_SMTP_URL: is required without PROFILE_OUTBOX_FILE\nPROFILE_SMS_URL: is required without PROFILE_OUTBOX_FILE',
    );
    expect(() => messengersIn(smtp)).toThrow('PROFILE_SMS_URL: is required');
    expect(() => messengersIn({ ...smtp, ...outbox })).not.toThrow();
  });

  it('need all that belongs to them', () => {
    expect(() => messengersIn({ ...outbox, PROFILE_SMTP_URL: 'smtp://mail.example.com' })).toThrow(
      'PROFILE_SMTP_FROM: is required',
    );
    expect(() => messengersIn({ ...smtp, PROFILE_SMS_URL: 'https://api.twilio.com' })).toThrow(
      'PROFILE_SMS_ACCOUNT_SID: is required\nPROFILE_SMS_AUTH_TOKEN: is required\nPROFILE_SMS_FROM: is required',
    );
    expect(() => messengersIn({ ...outbox, PROFILE_SMTP_URL: 'http://mail' })).toThrow('must be an smtp://');
  });
});
