import { Readable } from 'node:stream';
import type { Links } from '@paygraph/auth';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { contentTypes, textOf } from './format.ts';
import { type ExportRequest, requestFrom } from './request.ts';
import type { ExportStore } from './store.ts';

export interface ExportRoutesOptions {
  readonly links: Links;
  readonly exports: ExportStore;
  /** Exports that may run at once in this process. */
  readonly atOnce?: number;
  /** Of them, those of one person. */
  readonly atOncePerPerson?: number;
  /** Time in ms after which a client is cut off that takes nothing. */
  readonly patienceMs?: number;
}

/** The path of the route; the gateway has it as `/exports/ledger`. */
const path = '/exports';
const pathAtGateway = '/exports/ledger';
/** Characters that wait for a slow client, beside the page being written. */
const bufferSize = 64 * 1024;

/** The address of an export, relative to the gateway's. */
export function addressOf(token: string): string {
  return `${pathAtGateway}?${new URLSearchParams({ token })}`;
}

/**
 * `GET /exports?token=…`: an export as it is read, never whole in memory. A page is read when the client has taken the one
 * before; when it goes away, or takes nothing for a minute, nothing further is read. An export that breaks off ends
 * without the last chunk of HTTP, so that no client takes it for whole.
 */
export function exportRoutes(options: ExportRoutesOptions): (app: FastifyInstance) => void {
  const { links, exports, atOnce = 8, atOncePerPerson = 2, patienceMs = 60_000 } = options;
  /** Who has asked for each export that runs. */
  const running = new Map<Readable, string>();
  const runningFor = (person: string) => [...running.values()].filter((by) => by === person).length;

  const open = (asked: ExportRequest): Readable => {
    const pages = asked.of === 'journal' ? exports.journal(asked.from, asked.until) : exports.statement(asked);
    const stream = Readable.from(
      watched(textOf(pages, asked), patienceMs, () => stream.destroy(new Error('stalled'))),
      {
        objectMode: false,
        highWaterMark: bufferSize,
      },
    );
    running.set(stream, asked.by);
    stream.once('close', () => running.delete(stream));
    return stream;
  };

  return (app) => {
    // Without a HEAD route: it would read everything to throw it away.
    app.get<{ Querystring: { token?: unknown } }>(path, { exposeHeadRoute: false }, async ({ query, log }, reply) => {
      const asked = typeof query.token === 'string' ? requestFrom(links.read(query.token)) : undefined;
      if (!asked) return refuse(reply, 403, 'FORBIDDEN', 'This link has run out, or never was one.');
      if (running.size >= atOnce || runningFor(asked.by) >= atOncePerPerson)
        return refuse(reply.header('retry-after', '10'), 503, 'OVERLOADED', 'Too many exports at once: try again.');
      const { of, format, by } = asked;
      log.info({ export: of, format, by }, 'an export is fetched');
      return reply.headers(headersOf(asked)).send(open(asked));
    });
  };
}

/** Says when the reader of a piece does not come back for the next in time. */
async function* watched(text: AsyncGenerator<string>, patienceMs: number, stalled: () => void) {
  let timer: NodeJS.Timeout | undefined;
  try {
    for await (const piece of text) {
      timer = setTimeout(stalled, patienceMs);
      yield piece;
      clearTimeout(timer);
    }
  } finally {
    clearTimeout(timer);
  }
}

function headersOf(asked: ExportRequest): Record<string, string> {
  const extension = asked.format === 'CSV' ? 'csv' : 'jsonl';
  const subject = asked.of === 'journal' ? 'journal' : `statement-${asked.accountId}`;
  return {
    'content-type': contentTypes[asked.format],
    'content-disposition': `attachment; filename="${subject}.${extension}"`,
    'cache-control': 'no-store',
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
  };
}

function refuse(reply: FastifyReply, status: number, code: string, message: string): FastifyReply {
  return reply
    .code(status)
    .header('cache-control', 'no-store')
    .send({ errors: [{ message, extensions: { code } }] });
}
