import type { Usage } from './rate-limits.ts';

/** An answer over HTTP, or one that there will be. */
interface Headed {
  header(name: string, value: string): unknown;
}

/** Tells a client what is left of its rate limit. Source: draft-ietf-httpapi-ratelimit-headers-07. */
export function tell(reply: Headed, usage: Usage | undefined): void {
  if (!usage) return;
  reply.header('ratelimit-limit', String(usage.limit));
  reply.header('ratelimit-remaining', String(usage.remaining));
  reply.header('ratelimit-reset', String(usage.reset));
  if (usage.retryAfter !== undefined) reply.header('retry-after', String(usage.retryAfter));
}
