import { createHash } from 'node:crypto';
import type { GraphQLError } from 'graphql';
import { codedError } from '../errors.ts';
import { createLru } from '../lru.ts';
import { isRecord } from '../subgraphs/exchange.ts';

/** The text of an operation that a client may have sent by its hash alone. */
export type SourceOf = (query: string | undefined, extensions: unknown) => string | undefined | GraphQLError;

/** Characters of operations that are remembered by their hash. */
const REMEMBERED = 2_000_000;

/**
 * Automatic persisted queries as Apollo's clients speak them: a hash alone is looked up, and one that is not known is
 * asked for once more with its text.
 */
export function createPersistedQueries(): SourceOf {
  const sources = createLru<string>(REMEMBERED);
  return (query, extensions) => {
    const persisted = isRecord(extensions) ? extensions.persistedQuery : undefined;
    if (persisted === undefined || persisted === null) return query;
    if (!isRecord(persisted) || persisted.version !== 1 || typeof persisted.sha256Hash !== 'string')
      return codedError('BAD_REQUEST', 'Unsupported persisted query: version 1 and sha256Hash are expected.');
    const { sha256Hash: hash } = persisted;
    if (query === undefined) return sources.get(hash) ?? notFound();
    if (createHash('sha256').update(query).digest('hex') !== hash)
      return codedError('BAD_REQUEST', 'The sha256Hash is not that of the query.');
    sources.set(hash, query);
    return query;
  };
}

/** Clients look for this very message. */
function notFound(): GraphQLError {
  const http = { status: 200 };
  return codedError('PERSISTED_QUERY_NOT_FOUND', 'PersistedQueryNotFound', { http });
}
