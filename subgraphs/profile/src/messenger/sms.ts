import { z } from 'zod';
import type { Delivery, Messenger } from './messenger.ts';

export interface SmsOptions {
  /** `https://api.twilio.com`, or whoever speaks the same. */
  readonly url: string;
  readonly accountSid: string;
  readonly authToken: string;
  /** Our number in E.164, or a sender's name. */
  readonly from: string;
  /** Longest time in ms from the call to the last byte of the answer. */
  readonly timeoutMs?: number;
}

const problem = z.object({ code: z.number() });

/**
 * Twilio's codes that say that nothing can be delivered to the number: 21211 not a number, 21214 and 21217 not reachable,
 * 21610 wants nothing from us, 21612 and 21614 not a mobile number. 21408, a country that we have not opened, is ours.
 * https://www.twilio.com/docs/api/errors
 */
const undeliverable = new Set([21211, 21214, 21217, 21610, 21612, 21614]);

/**
 * Text messages by Twilio's Messages resource: `POST /2010-04-01/Accounts/{Sid}/Messages.json`, a form, Basic
 * authentication, 201 when it is queued. https://www.twilio.com/docs/messaging/api/message-resource
 */
export function smsMessenger({ url, accountSid, authToken, from, timeoutMs = 10_000 }: SmsOptions): Messenger {
  const address = new URL(`/2010-04-01/Accounts/${encodeURIComponent(accountSid)}/Messages.json`, url);
  const authorization = `Basic ${Buffer.from(`${accountSid}:${authToken}`).toString('base64')}`;
  return {
    async send({ to, text }) {
      try {
        const answer = await fetch(address, {
          method: 'POST',
          headers: { authorization, accept: 'application/json' },
          body: new URLSearchParams({ To: to, From: from, Body: text }),
          redirect: 'error',
          signal: AbortSignal.timeout(timeoutMs),
        });
        const body = await answer.text();
        return answer.status === 201 ? { kind: 'sent' } : refusal(answer.status, body);
      } catch (error) {
        return { kind: 'failed', why: `SMS ${error instanceof Error ? error.name : 'failed'}` };
      }
    },
  };
}

/** The gateway's words may quote the number; its codes do not. */
function refusal(status: number, body: string): Delivery {
  const code = codeIn(body);
  const why = `SMS ${status}${code === undefined ? '' : ` ${code}`}`;
  return { kind: code !== undefined && undeliverable.has(code) ? 'undeliverable' : 'failed', why };
}

function codeIn(body: string): number | undefined {
  try {
    return problem.safeParse(JSON.parse(body)).data?.code;
  } catch {
    return undefined;
  }
}
