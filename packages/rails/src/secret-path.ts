import { isReference } from './reference.ts';
import { sameSecret } from './secret.ts';
import type { RawWebhook, VerifiedWebhook } from './webhook.ts';

/**
 * Reads the callback of a rail that does not sign, sent to `/<secret>/<reference>`: a secret and a reference that only the
 * rail was told. Its body is not looked at, because anybody who learns of the path could have written it.
 */
export function nudgeByPath(raw: RawWebhook, secret: string, methods: readonly string[]): VerifiedWebhook {
  const [, given = '', reference = '', ...more] = raw.path.split('/');
  if (!sameSecret(given, secret)) return { kind: 'REJECTED', status: 404, why: 'not a path that we gave out' };
  if (!methods.includes(raw.method))
    return { kind: 'REJECTED', status: 404, why: `${raw.method} is not expected here` };
  if (!isReference(reference) || more.length > 0)
    return { kind: 'REJECTED', status: 400, why: 'no reference in the path' };
  return { kind: 'NUDGE', references: [reference] };
}
