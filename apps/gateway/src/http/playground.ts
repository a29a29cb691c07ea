import { existsSync } from 'node:fs';
import { join } from 'node:path';
import fastifyStatic from '@fastify/static';
import { contentSecurityPolicy } from '@paygraph/playground';
import type { FastifyInstance, FastifyReply } from 'fastify';

const PREFIX = '/playground/';

/** Vite puts a hash of its content into the name of each file here: what such a name stands for never changes. */
const HASHED = /\/assets\/[^/]+$/;

/**
 * Serves the built Playground below `/playground/`, from this host alone, and leads there from `/`. Without a build
 * the page says how to make one.
 */
export async function servePlayground(app: FastifyInstance, directory: string): Promise<void> {
  app.get('/', (_request, reply) => reply.redirect(PREFIX));
  app.get('/playground', (_request, reply) => reply.redirect(PREFIX));
  if (!existsSync(join(directory, 'index.html'))) {
    app.get(`${PREFIX}*`, (_request, reply) => notBuilt(reply));
    return;
  }
  await app.register(fastifyStatic, {
    root: directory,
    prefix: PREFIX,
    cacheControl: false,
    setHeaders(response, path) {
      for (const [name, value] of Object.entries(protections)) response.setHeader(name, value);
      response.setHeader('cache-control', HASHED.test(path) ? 'public, max-age=31536000, immutable' : 'no-cache');
    },
  });
}

const protections = {
  'content-security-policy': contentSecurityPolicy,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
};

function notBuilt(reply: FastifyReply): FastifyReply {
  return reply
    .code(503)
    .headers(protections)
    .type('text/html; charset=utf-8')
    .header('cache-control', 'no-store')
    .send(NOT_BUILT);
}

const NOT_BUILT = `<!doctype html>
<html lang="en">
<title>Paygraph Playground</title>
<h1>The Playground has not been built</h1>
<p>Run <code>npm run build</code>, then start the gateway again. The graph itself is served at <code>/graphql</code>.</p>
</html>
`;
