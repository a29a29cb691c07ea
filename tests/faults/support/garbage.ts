import { gzipSync } from 'node:zlib';
import type { Manner, Passing, ServiceAnswer } from './front.ts';

const json = 'application/json';
const page = '<html><body>nginx at 10.0.0.7:4000: upstream timed out</body></html>';

/** Says something else in place of the answer. */
const says =
  (status: number, body: string, type = json): Manner =>
  ({ response }) =>
    response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(body) }).end(body);

/** Says something else that depends on the true answer. */
const twists =
  (twist: (answer: ServiceAnswer, passing: Passing) => unknown): Manner =>
  async (passing) =>
    twist(await passing.answer(), passing);

/** Writes to the connection what it likes, past HTTP. */
const writes =
  (bytes: string): Manner =>
  ({ response }) =>
    response.socket?.end(bytes);

/** Sends without an end, as fast as it is taken or a little at a time, until nobody listens. */
const streams =
  (chunk: Buffer, pauseMs: number): Manner =>
  ({ response }) => {
    const next = (): void => {
      if (response.destroyed) return;
      if (!response.write(chunk)) response.once('drain', next);
      else setTimeout(next, pauseMs);
    };
    response.writeHead(200, { 'content-type': json });
    next();
  };

const bareGet = 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n';

/** Answers that are none. Each counts as no answer at all. */
export const garbage: Readonly<Record<string, Manner>> = {
  'nothing, and hangs up': ({ response }) => response.destroy(),
  'an empty body': says(200, ''),
  'no content': ({ response }) => response.writeHead(204).end(),
  'half of its JSON': twists(({ body, type }, { response }) =>
    response.writeHead(200, { 'content-type': type }).end(body.slice(0, body.length / 2)),
  ),
  'half of its answer, and hangs up': twists(({ body, type }, { response }) => {
    response.writeHead(200, { 'content-type': type, 'content-length': Buffer.byteLength(body) });
    response.write(body.slice(0, body.length / 2), () => response.destroy());
  }),
  'half of a chunk, and hangs up': twists(({ body }, { response }) =>
    response.socket?.end(`${bareGet}transfer-encoding: chunked\r\n\r\n${body.length.toString(16)}\r\n${body.slice(1)}`),
  ),
  'a page with 200': says(200, page, 'text/html'),
  'a page with 500': says(500, page, 'text/html'),
  'a proxy’s 502': says(502, page, json),
  'text that it calls JSON': says(200, 'upstream: 10.0.0.7:4000'),
  'bytes that nobody asked to be compressed': twists(({ body, type }, { response }) =>
    response.writeHead(200, { 'content-type': type, 'content-encoding': 'gzip' }).end(gzipSync(body)),
  ),
  'the way to somewhere else': ({ response }) => response.writeHead(307, { location: 'http://127.0.0.1:1/' }).end(),
  null: says(200, 'null'),
  'a number': says(200, '7'),
  'a list': says(200, '[{"data":{}}]'),
  'an object of something else': says(200, '{"status":"ok","host":"10.0.0.7"}'),
  'no data, and no word why': says(200, '{"data":null}'),
  'a list for data': says(200, '{"data":[]}'),
  'a text for errors': says(200, '{"data":null,"errors":"10.0.0.7 is down"}'),
  'a text for an error': says(500, '{"errors":["10.0.0.7 is down"]}'),
  'an error without a message': says(200, '{"data":null,"errors":[{"path":["a"],"stack":"10.0.0.7"}]}'),
  'another protocol': writes('SSH-2.0-OpenSSH_9.6 on 10.0.0.7\r\n'),
  'two lengths': writes(`${bareGet}content-length: 2\r\ncontent-length: 3\r\n\r\n{}`),
  'headers without an end': ({ response }) => {
    const { socket } = response;
    socket?.on('error', () => undefined);
    socket?.write(`${bareGet}x-filler: ${'x'.repeat(64 * 1024)}`);
  },
  'a body without an end': streams(Buffer.alloc(1024 * 1024, ' '), 0),
  'half a million lists in one another': says(200, `{"data":${'['.repeat(500_000)}${']'.repeat(500_000)}}`),
};

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** Every value of an answer that is not a list or object, or those things themselves, as something else. */
function replaced(value: Json, leaf: (value: Json) => Json): Json {
  if (Array.isArray(value)) return value.map((item) => replaced(item, leaf));
  if (value === null || typeof value !== 'object') return leaf(value);
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, replaced(item, leaf)]));
}

/** Answers of the form that is asked for, with other data in them than the schema says. */
const lies = (lie: (data: { [key: string]: Json }) => Json): Manner =>
  twists(({ body, type }, { response }) => {
    const { data } = JSON.parse(body);
    // JSON has no number that is as large: it is read as one without end.
    const text = JSON.stringify({ data: lie(data) }).replaceAll('"1e999"', '1e999');
    response.writeHead(200, { 'content-type': type }).end(text);
  });

const everyField = (value: Json) => (data: { [key: string]: Json }) =>
  Object.fromEntries(Object.keys(data).map((key) => [key, value]));

/** Data that the schema does not allow. */
export const lying: Readonly<Record<string, Manner>> = {
  'no fields': lies(() => ({})),
  'a number for every field': lies(everyField(42)),
  'a text for every field': lies(everyField('10.0.0.7')),
  'a list of nothing for every field': lies(everyField([])),
  'numbers beyond all bounds for all values': lies((data) => replaced(data, () => '1e999')),
  'a list of lists for every field': lies(everyField([[[7]]])),
  'an empty object for every field': lies(everyField({})),
  'nulls for all values': lies((data) => replaced(data, () => null)),
  'objects for all values': lies((data) => replaced(data, () => ({ of: 'something else' }))),
  'numbers for all values': lies((data) => replaced(data, () => 7)),
};

/** What does no harm: what counts is what is in an answer. */
export const harmless: Readonly<Record<string, Manner>> = {
  'its JSON by another name': twists(({ body }, { response }) =>
    response.writeHead(200, { 'content-type': 'text/html' }).end(body),
  ),
  'its JSON with 500': twists(({ body, type }, { response }) =>
    response.writeHead(500, { 'content-type': type }).end(body),
  ),
  'more than it was asked for': lies((data) => ({ ...data, __proto: { polluted: true }, constructor: 7, extra: {} })),
  'a byte at a time': twists(({ body, type }, { response }) => {
    response.writeHead(200, { 'content-type': type });
    for (const byte of Buffer.from(body)) response.write(Buffer.of(byte));
    response.end();
  }),
};

/** Answers, and then says something more that nobody asked for: no answer to whatever is asked next. */
export const answersTwice: Manner = twists(({ body }, { response }) => {
  const forged = JSON.stringify({ data: { viewer: { displayName: 'Mallory' } } });
  const answer = (text: string) => `${bareGet}content-length: ${Buffer.byteLength(text)}\r\n\r\n${text}`;
  response.socket?.write(answer(body) + answer(forged));
});

/** Does not answer. */
export const silently: Manner = () => undefined;

/** Begins to answer, and never ends. */
export const endlessly: Manner = streams(Buffer.from(' '), 50);

/** Does what it was asked for, and its answer is lost. */
export const unheard: Manner = twists((_answer, { response }) => response.destroy());

/** Answers after a while. */
export const delayedBy =
  (ms: number): Manner =>
  ({ response, forward }) => {
    const timer = setTimeout(forward, ms);
    response.once('close', () => clearTimeout(timer));
  };
