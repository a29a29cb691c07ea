import { newId } from '@paygraph/ids';
import type { RawWebhook, VerifiedWebhook } from '@paygraph/rails';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Database } from '../database.ts';
import type { LiveRail } from './live-rail.ts';
import { stored } from './webhook-content.ts';

export interface IntakeDependencies {
  readonly database: Database;
  readonly rails: ReadonlyMap<string, LiveRail>;
  /** Told that there is something to read. */
  readonly received: () => void;
}

/** Largest webhook in bytes. */
const bodyLimit = 256 * 1024;

/**
 * `/webhooks/rails/<name>`, and what a rail appends to it: verified, stored as it came, answered; read afterwards. What
 * does not verify is refused and leaves no trace but a line in the log.
 */
export function webhookRoutes({ database, rails, received }: IntakeDependencies): (app: FastifyInstance) => void {
  const intake = async (request: FastifyRequest, reply: FastifyReply) => {
    const { name } = request.params as { name: string };
    const rail = rails.get(name);
    if (!rail) return reply.code(404).send();
    const raw = rawFrom(request, name);
    const verified = rail.adapter.webhook(raw);
    if (verified.kind === 'REJECTED') {
      request.log.warn({ rail: name, why: verified.why }, 'a webhook was refused');
      return reply.code(verified.status).send();
    }
    await keep(database, name, raw, verified);
    received();
    const answer = verified.kind === 'NUDGE' ? verified.acknowledgement : undefined;
    return answer ? reply.code(200).send(answer) : reply.code(202).send();
  };
  return (app) => {
    // Apart, because here any body is taken as bytes: signatures are over what came, not over what it means.
    app.register(async (scope) => {
      scope.removeAllContentTypeParsers();
      scope.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit }, (_request, body, done) => done(null, body));
      scope.route({ method: ['POST', 'PUT'], url: '/webhooks/rails/:name', bodyLimit, handler: intake });
      scope.route({ method: ['POST', 'PUT'], url: '/webhooks/rails/:name/*', bodyLimit, handler: intake });
    });
  };
}

function rawFrom(request: FastifyRequest, name: string): RawWebhook {
  const headers = Object.entries(request.headers).flatMap(([header, value]) =>
    value === undefined ? [] : [[header, Array.isArray(value) ? value.join(', ') : value] as const],
  );
  return {
    method: request.method,
    path: request.url.slice(`/webhooks/rails/${name}`.length),
    headers: Object.fromEntries(headers),
    body: request.body instanceof Buffer ? new Uint8Array(request.body) : new Uint8Array(),
    receivedAt: new Date(),
  };
}

/** What gives access is not kept: neither the path with its secret nor authorization headers. */
async function keep(
  database: Database,
  rail: string,
  { method, headers, body }: RawWebhook,
  verified: Exclude<VerifiedWebhook, { kind: 'REJECTED' }>,
): Promise<void> {
  const { authorization: _authorization, cookie: _cookie, ...kept } = headers;
  const data = { id: newId('whk'), rail, method, headers: kept, body: new Uint8Array(body), content: stored(verified) };
  await database.railWebhook.create({ data });
}
