import { createHash } from 'node:crypto';
import { codedError, Rejection } from '../errors.ts';
import { createLru } from '../lru.ts';
import type { OperationRequest } from '../pipeline/prepare.ts';
import { isRecord } from '../subgraphs/exchange.ts';

/** Characters of operations that are remembered by their hash. */
const REMEMBERED = 2_000_000;

/**
 * Automatic persisted queries as Apollo's clients speak them: a hash alone is looked up, and one that is not known is
 * asked for once more with its text.
 *
 * What is returned throws a Rejection.
 */
export function createPersistedQueries(): (request: OperationRequest) => string {
  const sources = createLru<string>(REMEMBERED);
  return ({ source, extensions }) => {
    const hash = hashIn(extensions);
    if (hash === undefined) return source || refuse('BAD_REQUEST', '`query` must be the text of an operation.');
    // Clients look for this very message.
    if (!source) return sources.get(hash) ?? refuse('PERSISTED_QUERY_NOT_FOUND', 'PersistedQueryNotFound');
    if (createHash('sha256').update(source).digest('hex') !== hash)
      refuse('BAD_REQUEST', 'The sha256Hash is not that of the query.');
    sources.set(hash, source);
    return source;
  };
}

function hashIn(extensions: unknown): string | undefined {
  const persisted = isRecord(extensions) ? extensions.persistedQuery : undefined;
  if (persisted === undefined || persisted === null) return undefined;
  if (!isRecord(persisted) || persisted.version !== 1 || typeof persisted.sha256Hash !== 'string')
    return refuse('BAD_REQUEST', 'Unsupported persisted query: version 1 and sha256Hash are expected.');
  return persisted.sha256Hash;
}

function refuse(code: string, message: string): never {
  throw new Rejection([codedError(code, message)]);
}
