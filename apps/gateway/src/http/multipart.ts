import type { ServerResponse } from 'node:http';
import type { FastifyReply } from 'fastify';
import type { PartSink } from '../execution/incremental.ts';

const BOUNDARY = '-';
const HEAD = `\r\n--${BOUNDARY}\r\ncontent-type: application/json; charset=utf-8\r\n\r\n`;
const CONTENT_TYPE = `multipart/mixed; boundary="${BOUNDARY}"; deferSpec=20220824`;

/** Whether a client takes an answer in parts, in the form of which Apollo's clients and routers have agreed. */
export function acceptsParts(accept: string | undefined): boolean {
  return accept !== undefined && /multipart\/mixed\s*;[^,]*deferspec="?20220824"?/i.test(accept);
}

/** Opens an answer in parts. A part ends with the next boundary, so that a client can use it when it comes. */
export function openParts(reply: FastifyReply): PartSink {
  const response = opened(reply);
  let isFirst = true;
  return (json, isLast) => {
    if (response.destroyed) return;
    response.write(
      `${isFirst ? HEAD : HEAD.slice(HEAD.indexOf('content-type'))}${json}\r\n--${BOUNDARY}${isLast ? '--\r\n' : '\r\n'}`,
    );
    isFirst = false;
    if (isLast) response.end();
  };
}

function opened(reply: FastifyReply): ServerResponse {
  reply.hijack();
  const response = reply.raw;
  for (const [name, value] of Object.entries(reply.getHeaders()))
    if (value !== undefined) response.setHeader(name, value);
  response.writeHead(200, { 'content-type': CONTENT_TYPE, 'cache-control': 'no-store', 'x-accel-buffering': 'no' });
  return response;
}
