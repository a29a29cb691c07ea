import type { FastifyReply } from 'fastify';
import type { Usage } from './rate-limits.ts';

/** Tells a client what is left of its rate limit. Source: draft-ietf-httpapi-ratelimit-headers-07. */
export function tell(reply: FastifyReply, usage: Usage | undefined): void {
  if (!usage) return;
  reply.header('ratelimit-limit', usage.limit);
  reply.header('ratelimit-remaining', usage.remaining);
  reply.header('ratelimit-reset', usage.reset);
  if (usage.retryAfter !== undefined) reply.header('retry-after', usage.retryAfter);
}
