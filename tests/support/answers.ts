import { type GraphError, GraphRequestError } from '@paygraph/standalone/client';

/** The errors that a request is answered with. @throws when it is answered without, or not at all. */
export async function errorsOf(asking: Promise<unknown>): Promise<readonly GraphError[]> {
  const outcome = await asking.catch((error: unknown) => error);
  if (outcome instanceof GraphRequestError) return outcome.errors;
  throw new Error('The request was not answered with errors', { cause: outcome });
}

/** Their codes. */
export async function codesOf(asking: Promise<unknown>): Promise<unknown[]> {
  return (await errorsOf(asking)).map(({ extensions }) => extensions?.code);
}

/** An answer whole, for those that have data and errors too. */
export interface Answer {
  readonly data: unknown;
  /** A line for each error: its code and its path. */
  readonly errors: readonly string[];
  /** As it came. */
  readonly text: string;
}

export async function answerTo(
  url: string,
  accessToken: string | undefined,
  query: string,
  variables: Readonly<Record<string, unknown>> = {},
  headersOf: (body: string) => Record<string, string> = () => ({}),
): Promise<Answer> {
  const body = JSON.stringify({ query, variables });
  const authorization = accessToken && { authorization: `Bearer ${accessToken}` };
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...authorization, ...headersOf(body) },
    body,
  });
  const text = await response.text();
  const { data, errors = [] }: { data?: unknown; errors?: GraphError[] } = JSON.parse(text);
  return { data, errors: errors.map(({ extensions, path }) => `${extensions?.code} ${path?.join('.')}`), text };
}
