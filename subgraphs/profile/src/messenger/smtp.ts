import { createTransport } from 'nodemailer';
import type { Messenger } from './messenger.ts';

export interface SmtpOptions {
  /** `smtp://user:password@host:587`, or `smtps://` for TLS from the first byte. */
  readonly url: string;
  /** `Paygraph <no-reply@example.com>` */
  readonly from: string;
  /** Longest time in ms that the server may take for any one step. */
  readonly timeoutMs?: number;
}

const loopback = new Set(['127.0.0.1', '[::1]', 'localhost']);

/**
 * Mail over SMTP (RFC 5321) to a submission server. Without STARTTLS nothing is said to a server beyond this machine, and
 * what it refuses for good (5xx to the recipient) is undeliverable.
 */
export function smtpMessenger({ url, from, timeoutMs = 10_000 }: SmtpOptions): Messenger {
  const { protocol, hostname, port, username, password } = new URL(url);
  const secure = protocol === 'smtps:';
  const transport = createTransport({
    host: hostname.replace(/^\[|\]$/g, ''),
    port: port === '' ? (secure ? 465 : 587) : Number(port),
    secure,
    requireTLS: !secure && !loopback.has(hostname),
    ...(username !== '' && { auth: { user: decodeURIComponent(username), pass: decodeURIComponent(password) } }),
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    socketTimeout: timeoutMs,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  return {
    async send({ to, subject, text }) {
      try {
        // As an object, so that an address is never read as a list of them.
        await transport.sendMail({ from, to: { name: '', address: to }, subject, text });
        return { kind: 'sent' };
      } catch (error) {
        const { code, responseCode, command } = faultOf(error);
        const why = `SMTP ${command ?? ''} ${responseCode ?? code ?? 'failed'}`.replace(/ +/g, ' ');
        const isRecipient = code === 'EENVELOPE' && responseCode !== undefined && responseCode >= 500;
        return { kind: isRecipient ? 'undeliverable' : 'failed', why };
      }
    },
  };
}

interface Fault {
  readonly code: string | undefined;
  readonly responseCode: number | undefined;
  readonly command: string | undefined;
}

/** What nodemailer says of a failure, without the server's words, which may quote the address. */
function faultOf(error: unknown): Fault {
  const read = (name: string): unknown =>
    typeof error === 'object' && error !== null ? Reflect.get(error, name) : undefined;
  const [code, responseCode, command] = [read('code'), read('responseCode'), read('command')];
  return {
    code: typeof code === 'string' ? code : undefined,
    responseCode: typeof responseCode === 'number' ? responseCode : undefined,
    command: typeof command === 'string' ? command : undefined,
  };
}
