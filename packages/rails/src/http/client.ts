import { type Dispatcher, request } from 'undici';
import type { NotSent, Unknown } from '../outcome.ts';

/** One call to a rail. */
export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PUT';
  /** Below the rail's base address, beginning with `/`. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** What the rail answered, whatever it was. */
export interface HttpAnswer {
  readonly kind: 'ANSWER';
  readonly status: number;
  readonly body: string;
  /** What `retry-after` said, when it said it in seconds. */
  readonly retryAfterMs: number | undefined;
}

export type HttpOutcome = HttpAnswer | NotSent | Unknown;

export interface HttpClient {
  /** Never throws: what is not an answer is NOT_SENT when that is certain and UNKNOWN otherwise. */
  call(call: HttpRequest, signal: AbortSignal): Promise<HttpOutcome>;
}

export interface HttpClientOptions {
  /** Where the rail is, with or without a path. */
  readonly baseUrl: string;
  readonly dispatcher: Dispatcher;
  /** The longest time for one call in ms, from the first byte sent to the last one received. */
  readonly timeoutMs: number;
}

/** Longer answers than any rail's are not read to their end. */
const maxAnswerBytes = 1024 * 1024;

/** Failures before the first byte of a request left: with any other, the rail may have it. */
const beforeTheFirstByte = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
  'CERT_HAS_EXPIRED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'ERR_TLS_CERT_ALTNAME_INVALID',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
]);

/** HTTP as rails need it: no redirects, no retries, and a clear word on whether anything can have been received. */
export function createHttpClient({ baseUrl, dispatcher, timeoutMs }: HttpClientOptions): HttpClient {
  const base = baseUrl.replace(/\/+$/, '');
  return {
    call: async ({ method, path, headers, body }, signal) => {
      if (signal.aborted) return { kind: 'NOT_SENT', why: 'there was no time left to call the rail' };
      const within = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
      try {
        const answer = await request(`${base}${path}`, {
          ...{ method, dispatcher, signal: within },
          ...(headers && { headers }),
          ...(body !== undefined && { body }),
        });
        const text = await readAtMost(answer.body, maxAnswerBytes);
        const retryAfterMs = secondsOf(answer.headers['retry-after']);
        return { kind: 'ANSWER', status: answer.statusCode, body: text, retryAfterMs };
      } catch (error) {
        return failureOf(error);
      }
    },
  };
}

async function readAtMost(stream: AsyncIterable<Buffer>, limit: number): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream) {
    size += chunk.length;
    if (size > limit) throw new Error(`an answer of more than ${limit} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function secondsOf(header: string | string[] | undefined): number | undefined {
  return typeof header === 'string' && /^\d{1,6}$/.test(header) ? Number(header) * 1_000 : undefined;
}

function failureOf(error: unknown): NotSent | Unknown {
  const code = codeOf(error);
  if (code !== undefined && beforeTheFirstByte.has(code)) return { kind: 'NOT_SENT', why: `no connection (${code})` };
  return { kind: 'UNKNOWN', why: code ?? (error instanceof Error ? error.name : 'the call broke off') };
}

function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  if (error.name === 'TimeoutError' || error.name === 'AbortError') return 'no answer in time';
  return 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

/** What came of a call, in words for logs. */
export function describeOutcome(rail: string, outcome: HttpOutcome): string {
  return outcome.kind === 'ANSWER' ? `${rail} answered ${outcome.status}` : outcome.why;
}
