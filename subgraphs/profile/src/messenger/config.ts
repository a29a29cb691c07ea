import { ConfigError } from '@paygraph/service';
import { z } from 'zod';
import type { Messengers } from './messenger.ts';
import { outboxMessenger } from './outbox.ts';
import { smsMessenger } from './sms.ts';
import { smtpMessenger } from './smtp.ts';

/** How people are written to. What has no carrier of its own goes to the outbox. */
export const messengerEnvironment = {
  PROFILE_SMTP_URL: z.url({ protocol: /^smtps?$/, error: 'must be an smtp:// or smtps:// address' }).optional(),
  PROFILE_SMTP_FROM: z.string().optional(),
  PROFILE_SMS_URL: z.url({ protocol: /^https?$/, error: 'must be an http:// or https:// address' }).optional(),
  PROFILE_SMS_ACCOUNT_SID: z.string().optional(),
  PROFILE_SMS_AUTH_TOKEN: z.string().optional(),
  PROFILE_SMS_FROM: z.string().optional(),
  PROFILE_OUTBOX_FILE: z.string().optional(),
};

type MessengerConfig = z.output<z.ZodObject<typeof messengerEnvironment>>;

/** A carrier is there when its address is; then everything else of it is required. @throws ConfigError */
export function createMessengers(config: MessengerConfig): Messengers {
  const { PROFILE_OUTBOX_FILE: outbox, PROFILE_SMTP_URL: smtp, PROFILE_SMS_URL: sms } = config;
  const missing: string[] = [];
  const needed = (name: keyof MessengerConfig): string => {
    const value = config[name];
    if (value === undefined) missing.push(`${name}: is required`);
    return value ?? '';
  };
  const fallback = (kind: 'EMAIL' | 'PHONE', name: string) => {
    if (outbox === undefined) missing.push(`${name}: is required without PROFILE_OUTBOX_FILE`);
    return outboxMessenger(outbox ?? '', kind);
  };
  const messengers: Messengers = {
    EMAIL:
      smtp === undefined
        ? fallback('EMAIL', 'PROFILE_SMTP_URL')
        : smtpMessenger({ url: smtp, from: needed('PROFILE_SMTP_FROM') }),
    PHONE:
      sms === undefined
        ? fallback('PHONE', 'PROFILE_SMS_URL')
        : smsMessenger({
            url: sms,
            accountSid: needed('PROFILE_SMS_ACCOUNT_SID'),
            authToken: needed('PROFILE_SMS_AUTH_TOKEN'),
            from: needed('PROFILE_SMS_FROM'),
          }),
  };
  if (missing.length > 0) throw new ConfigError(missing);
  return messengers;
}
