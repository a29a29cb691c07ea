import { createHash } from 'node:crypto';
import { createLru } from '@paygraph/service';
import { codedError, Rejection } from '../errors.ts';
import type { OperationRequest } from '../pipeline/prepare.ts';
import { isRecord } from '../subgraphs/exchange.ts';

/** Operations that clients are known to send, as the manifests of their builds list them. */
export interface ListedOperations {
  readonly operations: readonly { readonly id: string; readonly body: string }[];
  /** Whether nothing else is let in. */
  readonly only: boolean;
}

export interface PersistedQueries {
  /** The text of an operation, which may be known by its id. @throws Rejection */
  sourceOf(request: OperationRequest): string;
  /** Remembers the text that came with a hash, once it is known to be valid. */
  remember(request: OperationRequest): void;
}

/** Characters of operations that are remembered by their hash, in all and of one. */
const REMEMBERED = { limit: 2_000_000, largest: 10_000, sizeOf: (_hash: string, source: string) => source.length };

/**
 * Finds the text of an operation, which may be known by its id: one of a list, and automatic persisted queries as Apollo's
 * clients speak them, where a hash alone is looked up and one that is not known is asked for once more with its text. Where only
 * listed operations are let in, an operation has to be in the list, by its id or by its text to the letter.
 */
export function createPersistedQueries(listed: ListedOperations): PersistedQueries {
  const sources = createLru<string>(REMEMBERED);
  const bodies = new Map(listed.operations.map(({ id, body }) => [id, body]));
  const known = new Set(bodies.values());

  const automatic = (source: string | undefined, hash: string): string => {
    // Clients look for this very message.
    if (!source) return sources.get(hash) ?? refuse('PERSISTED_QUERY_NOT_FOUND', 'PersistedQueryNotFound');
    if (createHash('sha256').update(source).digest('hex') !== hash)
      refuse('BAD_REQUEST', 'The sha256Hash is not that of the query.');
    return source;
  };
  const sourceOf: PersistedQueries['sourceOf'] = ({ source, extensions }) => {
    const id = idIn(extensions);
    const body = id === undefined ? undefined : bodies.get(id);
    if (body !== undefined && (!source || source === body)) return body;
    if (listed.only) {
      if (source && known.has(source)) return source;
      if (source) refuse('QUERY_NOT_IN_SAFELIST', 'Only operations that clients have registered are let in.');
      if (id !== undefined) refuse('PERSISTED_QUERY_NOT_IN_LIST', 'No registered operation has this id.');
    }
    if (id !== undefined) return automatic(source, id);
    return source || refuse('BAD_REQUEST', '`query` must be the text of an operation.');
  };
  return {
    sourceOf,
    remember({ source, extensions }) {
      const id = source && idIn(extensions);
      if (id && !bodies.has(id)) sources.set(id, source);
    },
  };
}

function idIn(extensions: unknown): string | undefined {
  const persisted = isRecord(extensions) ? extensions.persistedQuery : undefined;
  if (persisted === undefined || persisted === null) return undefined;
  if (!isRecord(persisted) || persisted.version !== 1 || typeof persisted.sha256Hash !== 'string')
    return refuse('BAD_REQUEST', 'Unsupported persisted query: version 1 and sha256Hash are expected.');
  return persisted.sha256Hash;
}

function refuse(code: string, message: string): never {
  throw new Rejection([codedError(code, message)]);
}
