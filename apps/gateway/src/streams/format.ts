/** How a stream of answers is written into the body of an HTTP response. */
export interface StreamFormat {
  readonly transport: 'sse' | 'multipart';
  readonly contentType: string;
  /** Comes at once, so that the client knows that the stream is open. */
  readonly opening: string;
  /** Keeps proxies and clients from taking silence for a broken line. */
  readonly heartbeat: string;
  answer(json: string): string;
  /** Tells that nothing more will come, where the end of the body alone would look like a broken line. */
  readonly closing: string;
}

/** GraphQL over Server-Sent Events, distinct connections mode (the protocol of graphql-sse). */
export const serverSentEvents: StreamFormat = {
  transport: 'sse',
  contentType: 'text/event-stream; charset=utf-8',
  opening: ':\n\n',
  heartbeat: ':\n\n',
  // JSON has no line breaks.
  answer: (json) => `event: next\ndata: ${json}\n\n`,
  closing: 'event: complete\ndata:\n\n',
};

const BOUNDARY = 'graphql';
const part = (body: string): string => `\r\ncontent-type: application/json\r\n\r\n${body}\r\n--${BOUNDARY}`;

/**
 * Apollo's multipart protocol for subscriptions. A part ends with the boundary of the next, so that a client need not wait
 * for that to read it. Errors of the protocol's own are not used: a last answer says the same over every transport.
 */
export const multipartSubscription: StreamFormat = {
  transport: 'multipart',
  contentType: `multipart/mixed; boundary="${BOUNDARY}"; subscriptionSpec=1.0`,
  opening: `--${BOUNDARY}${part('{}')}`,
  heartbeat: part('{}'),
  answer: (json) => part(`{"payload":${json}}`),
  closing: '--\r\n',
};

/** The format that an `Accept` header asks for by name, if it asks for one. */
export function streamFormatOf(accept: string | undefined): StreamFormat | undefined {
  for (const range of accept?.split(',') ?? []) {
    const [type, ...parameters] = range.split(';').map((piece) => piece.trim().toLowerCase());
    if (type === 'text/event-stream') return serverSentEvents;
    if (type === 'multipart/mixed' && parameters.some((each) => /^subscriptionspec="?1\.0"?$/.test(each)))
      return multipartSubscription;
  }
  return undefined;
}
