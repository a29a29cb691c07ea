import type { FormattedExecutionResult } from 'graphql';

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: FormattedExecutionResult<Record<string, unknown>>;
}

export interface PostOptions {
  readonly variables?: Record<string, unknown>;
  readonly operationName?: string;
  readonly authorization?: string;
  readonly headers?: Record<string, string>;
}

/** Posts one operation as a browser or app would. */
export async function post(url: string, query: string, options: PostOptions = {}): Promise<Answer> {
  const { variables, operationName, authorization, headers } = options;
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(authorization && { authorization }), ...headers },
    body: JSON.stringify({ query, variables, operationName }),
  });
  return { status: response.status, headers: response.headers, body: JSON.parse(await response.text()) };
}
