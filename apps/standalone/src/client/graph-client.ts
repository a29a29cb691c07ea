/** One entry of an answer's `errors`. */
export interface GraphError {
  readonly message: string;
  readonly path?: readonly (string | number)[];
  readonly extensions?: Readonly<Record<string, unknown>>;
}

/** The graph answered with errors. */
export class GraphRequestError extends Error {
  override readonly name = 'GraphRequestError';
  readonly errors: readonly GraphError[];

  constructor(errors: readonly GraphError[]) {
    super(errors.map(({ message, extensions }) => `${extensions?.code ?? 'ERROR'}: ${message}`).join('; '));
    this.errors = errors;
  }
}

/** Sends operations to a graph over HTTP, as one person. `Data` is what the caller knows its own query to answer. */
export type GraphClient = <Data>(query: string, variables?: Readonly<Record<string, unknown>>) => Promise<Data>;

/**
 * @param headersOf what else goes into the headers of a request with this body
 * @throws GraphRequestError (from what is returned) when the answer has errors.
 */
export function createGraphClient(
  url: string,
  accessToken?: string,
  headersOf: (body: string) => Readonly<Record<string, string>> = () => ({}),
): GraphClient {
  return async <Data>(query: string, variables = {}) => {
    const body = JSON.stringify({ query, variables });
    const authorization = accessToken && { authorization: `Bearer ${accessToken}` };
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...authorization, ...headersOf(body) },
      body,
    });
    const { data, errors } = (await response.json()) as { data?: Data; errors?: GraphError[] };
    if (errors) throw new GraphRequestError(errors);
    if (!data) throw new GraphRequestError([{ message: `The graph answered ${response.status} without data` }]);
    return data;
  };
}
