import { Webhook } from 'standardwebhooks';
import { sameSecret } from '../secret.ts';
import { type RailEvent, type RawWebhook, type VerifiedWebhook, webhookToleranceMs } from '../webhook.ts';
import { readCamt054 } from './camt054.ts';
import { readPain002 } from './pain002.ts';

/**
 * Reads what the bank pushes: pain.002 and camt.054, signed as Standard Webhooks has it (`webhook-id`,
 * `webhook-timestamp` and `webhook-signature`: HMAC-SHA256 over the three of id, time and body). What is older than
 * 5 minutes, or as much ahead of our clock, is refused however well it is signed.
 */
export function readBankWebhook(raw: RawWebhook, secret: string): VerifiedWebhook {
  if (raw.method !== 'POST' || !['', '/'].includes(raw.path))
    return { kind: 'REJECTED', status: 404, why: 'notifications come by POST to the endpoint itself' };
  const body = Buffer.from(raw.body).toString('utf8');
  const fault = signatureFault(raw, body, secret);
  if (fault !== undefined) return { kind: 'REJECTED', status: 401, why: fault };
  const events = eventsIn(body);
  return events ? { kind: 'EVENTS', events } : { kind: 'REJECTED', status: 400, why: 'neither pain.002 nor camt.054' };
}

function signatureFault({ headers, receivedAt }: RawWebhook, body: string, secret: string): string | undefined {
  const id = headers['webhook-id'];
  const timestamp = headers['webhook-timestamp'];
  const signatures = headers['webhook-signature'];
  if (id === undefined || signatures === undefined || !/^\d{1,12}$/.test(timestamp ?? '')) return 'not signed';
  const signedAt = new Date(Number(timestamp) * 1_000);
  const expected = new Webhook(secret).sign(id, signedAt, body);
  // Several signatures may stand side by side while a secret is changed.
  if (!signatures.split(' ').some((signature) => sameSecret(signature, expected))) return 'the signature is wrong';
  const apart = Math.abs(receivedAt.getTime() - signedAt.getTime());
  return apart > webhookToleranceMs ? 'signed more than 5 minutes away from now' : undefined;
}

function eventsIn(xml: string): readonly RailEvent[] | undefined {
  const report = readPain002(xml);
  if (!report) return readCamt054(xml);
  return report.statuses.map(({ reference, news }) => {
    return { kind: 'ATTEMPT', eventId: `pain.002/${report.messageId}/${reference}`, reference, news };
  });
}
