import type { z } from 'zod';
import { readJson } from '../http/json.ts';
import { expandReference } from '../reference.ts';
import { sameSecret } from '../secret.ts';
import type { RawWebhook, VerifiedWebhook } from '../webhook.ts';
import { callbackBody } from './wire.ts';

/**
 * The platform sends every result to the one address registered with it, unsigned: the address holds the secret, the
 * message the reference.
 */
export function readCallback(raw: RawWebhook, secret: string): VerifiedWebhook {
  const [, given = '', ...more] = raw.path.split('/');
  if (!sameSecret(given, secret) || more.join('') !== '')
    return { kind: 'REJECTED', status: 404, why: 'not a path that we gave out' };
  if (raw.method !== 'POST' && raw.method !== 'PUT')
    return { kind: 'REJECTED', status: 404, why: `${raw.method} is not expected here` };
  const body = readJson(Buffer.from(raw.body).toString('utf8'), callbackBody);
  const reference = body && expandReference(body.input_ThirdPartyConversationID);
  if (!body || reference === undefined) return { kind: 'REJECTED', status: 400, why: 'not a result of ours' };
  return { kind: 'NUDGE', references: [reference], acknowledgement: acknowledgementOf(body) };
}

/** "It is expected that the listener confirms receipt … which closes out the session." */
function acknowledgementOf(body: z.output<typeof callbackBody>): Record<string, string> {
  return {
    output_OriginalConversationID: body.input_OriginalConversationID,
    output_ResponseCode: '0',
    output_ResponseDesc: 'Successfully Accepted Result',
    output_ThirdPartyConversationID: body.input_ThirdPartyConversationID,
  };
}
