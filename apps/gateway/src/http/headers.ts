import type { FastifyReply, FastifyRequest } from 'fastify';

/** What the gateway's own answers, which are no pages, allow browsers to do with them: nothing. */
const always = {
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
};

/** Browsers mind it over TLS alone. Two years. */
const tls = { 'strict-transport-security': 'max-age=63072000; includeSubDomains' };

/** A hook that protects answers in browsers. The Playground's pages, which need more, say so themselves. */
export function protectAnswers(production: boolean) {
  const headers = production ? { ...always, ...tls } : always;
  return ({ url }: FastifyRequest, reply: FastifyReply, done: () => void): void => {
    if (!url.startsWith('/playground')) reply.headers(headers);
    else if (production) reply.headers(tls);
    done();
  };
}
