import { type ExecutionResult, GraphQLError, type GraphQLFormattedError } from 'graphql';

/** An answer as clients get it, over whatever transport: shaped, its errors fit for clients, serialized once. */
export interface Answer {
  /** The JSON of `{ data, errors? }`. */
  readonly json: string;
  readonly hasErrors?: boolean;
  /** Seconds for which it may be kept and given to everybody; for none if left out. */
  readonly maxAge?: number;
}

export function answerOf(result: { readonly data?: unknown; readonly errors?: readonly object[] }): Answer {
  return { json: JSON.stringify(result), hasErrors: result.errors !== undefined };
}

/** The answer as a value, for what does not take JSON. */
export function resultOf({ json }: Answer): ExecutionResult {
  const { errors, ...rest }: Omit<ExecutionResult, 'errors'> & { errors?: readonly GraphQLFormattedError[] } =
    JSON.parse(json);
  if (!errors) return rest;
  return {
    ...rest,
    errors: errors.map(({ message, path, extensions }) => new GraphQLError(message, { path, extensions })),
  };
}
