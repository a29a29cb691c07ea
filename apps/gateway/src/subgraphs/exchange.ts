import type { GraphQLFormattedError } from 'graphql';
import { presentSubgraphError } from '../errors.ts';
import type { RequestScope } from '../scope.ts';

/** One operation for a subgraph, as a plan's fetch has it. */
export interface SubgraphRequest {
  readonly query: string;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly operationName?: string | undefined;
}

/** A subgraph's answer of the form the specification asks for; its errors are fit for clients. */
export interface SubgraphAnswer {
  readonly data: Record<string, unknown> | null;
  readonly errors?: readonly GraphQLFormattedError[];
  /** It was not asked, could not be reached, was too late or sent garbage, which the one error says. */
  readonly unavailable?: true;
  /** Of an event: the trace that it belongs to. */
  readonly traceparent?: string;
}

/** What a subgraph has sent, of the form the specification asks for. Its errors are as it sent them. */
export interface Payload {
  readonly data: Record<string, unknown> | null;
  readonly errors?: readonly GraphQLFormattedError[];
}

/** Reads what a subgraph sent; undefined when it is no answer to a GraphQL request. */
export function readPayload(text: string): Payload | undefined {
  try {
    return payloadIn(JSON.parse(text));
  } catch {
    return undefined;
  }
}

function payloadIn(value: unknown): Payload | undefined {
  if (!isRecord(value)) return undefined;
  const { data = null, errors } = value;
  if (data !== null && !isRecord(data)) return undefined;
  if (errors === undefined) return data === null ? undefined : { data };
  if (!Array.isArray(errors) || !errors.every(isError)) return undefined;
  return { data, errors };
}

/** The answer that a caller gets to see, with errors that are fit for clients. The data are those of the payload. */
export function presented({ data, errors }: Payload, subgraph: string, scope: RequestScope): SubgraphAnswer {
  return errors ? { data, errors: errors.map((error) => presentSubgraphError(error, subgraph, scope)) } : { data };
}

/** The answer in what a subgraph sent; undefined when it is none. */
export function answerFrom(value: unknown, subgraph: string, scope: RequestScope): SubgraphAnswer | undefined {
  const payload = payloadIn(value);
  return payload && presented(payload, subgraph, scope);
}

function isError(value: unknown): value is GraphQLFormattedError {
  if (!isRecord(value) || typeof value.message !== 'string') return false;
  return (
    (value.path === undefined || Array.isArray(value.path)) &&
    (value.extensions === undefined || isRecord(value.extensions))
  );
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
