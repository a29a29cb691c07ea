import { createHmac } from 'node:crypto';
import { readJson } from '../http/json.ts';
import { expandReference } from '../reference.ts';
import { sameSecret } from '../secret.ts';
import type { RawWebhook, VerifiedWebhook } from '../webhook.ts';
import { callbackBody } from './wire.ts';

/**
 * The `hash` of a callback: Base64 of HMAC-SHA256 over the message without it, with the key of Airtel's portal
 * (developers.airtel.africa, Callback With Authentication).
 */
export function callbackHash(transaction: object, key: string): string {
  return createHmac('sha256', key).update(JSON.stringify({ transaction })).digest('base64');
}

/**
 * Airtel signs a callback and dates none: a genuine one can be replayed at any time. So even a good signature only makes
 * us ask for the status, and what is believed is the answer.
 */
export function readCallback(raw: RawWebhook, key: string): VerifiedWebhook {
  if (raw.method !== 'POST' || !['', '/'].includes(raw.path))
    return { kind: 'REJECTED', status: 404, why: 'callbacks come by POST to the endpoint itself' };
  const body = readJson(Buffer.from(raw.body).toString('utf8'), callbackBody);
  if (!body) return { kind: 'REJECTED', status: 400, why: 'not a callback with a hash' };
  if (!sameSecret(callbackHash(body.transaction, key), body.hash))
    return { kind: 'REJECTED', status: 401, why: 'the hash is not of this message' };
  const reference = expandReference(body.transaction.id);
  if (reference === undefined) return { kind: 'REJECTED', status: 400, why: 'not a reference of ours' };
  return { kind: 'NUDGE', references: [reference] };
}
