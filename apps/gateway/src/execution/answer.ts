import { type ExecutionResult, GraphQLError, type GraphQLFormattedError } from 'graphql';
import { type Outcome, outcomeOf, type Told } from '../errors.ts';

/** An answer as clients get it, over whatever transport: shaped, its errors fit for clients, serialized once. */
export interface Answer {
  /** The JSON of `{ data, errors? }`. */
  readonly json: string;
  /** `ok` if left out. */
  readonly outcome?: Outcome;
  /** Seconds for which it may be kept and given to everybody; for none if left out. */
  readonly maxAge?: number;
}

/** An answer that has been given away in parts. */
export interface AnswerInParts {
  /** All of it, in the client's own names. */
  readonly data: unknown;
  readonly outcome: Outcome;
}

export function answerOf(result: { readonly data?: unknown; readonly errors?: readonly Told[] }): Answer {
  return { json: JSON.stringify(result), outcome: outcomeOf(result.errors) };
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
