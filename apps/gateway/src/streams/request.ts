import type { OperationRequest } from '../pipeline/prepare.ts';
import { isRecord } from '../subgraphs/exchange.ts';

/** A request that is no GraphQL request, and what is wrong with it. */
export class MalformedRequest extends Error {
  override readonly name = 'MalformedRequest';
}

/**
 * Reads a GraphQL request from the body of a POST or, as EventSource sends it, from the query string of a GET.
 *
 * @throws MalformedRequest
 */
export function operationRequestOf(method: string, query: unknown, body: unknown): OperationRequest {
  const given = method === 'GET' ? fromQuery(query) : body;
  if (!isRecord(given)) throw new MalformedRequest('The body must be a JSON object.');
  const { query: source, operationName, variables } = given;
  if (typeof source !== 'string') throw new MalformedRequest('`query` must be a string.');
  if (operationName != null && typeof operationName !== 'string')
    throw new MalformedRequest('`operationName` must be a string.');
  if (variables != null && !isRecord(variables)) throw new MalformedRequest('`variables` must be an object.');
  return { source, operationName, variables };
}

function fromQuery(query: unknown): unknown {
  if (!isRecord(query) || typeof query.variables !== 'string') return query;
  try {
    return { ...query, variables: JSON.parse(query.variables) };
  } catch {
    throw new MalformedRequest('`variables` must be JSON.');
  }
}
