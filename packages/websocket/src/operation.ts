import { createLru, type Lru } from '@paygraph/service';
import {
  type DocumentNode,
  type ExecutionArgs,
  type ExecutionResult,
  execute,
  GraphQLError,
  type GraphQLFormattedError,
  type GraphQLSchema,
  getOperationAST,
  parse,
  subscribe,
  validate,
} from 'graphql';
import type { SubscribePayload } from 'graphql-ws';

export type OperationResult = ExecutionResult | AsyncIterable<ExecutionResult>;

/** An operation that is ready to run. */
export interface Operation {
  /** What the protocol wants to know of it: its document, and which of the document's operations it is. */
  readonly args: ExecutionArgs;
  readonly run: () => OperationResult | Promise<OperationResult>;
  /** How the errors of its results leave the server. */
  readonly formatError: (error: GraphQLError) => GraphQLFormattedError;
  /** What goes with the result that is sent next, beside its own. */
  readonly extensions?: () => ExecutionResult['extensions'];
}

export interface SchemaOptions<Context> {
  readonly schema: GraphQLSchema | (() => GraphQLSchema);
  /** Longest operation in lexical tokens. */
  readonly maxTokens?: number;
  /** What goes with each result of an operation with this context, as its `extensions`. */
  readonly extensionsOf?: (context: Context) => ExecutionResult['extensions'];
  /** In place of graphql's own; `contextValue` is what `context` made. */
  readonly execute?: (args: ExecutionArgs) => OperationResult | Promise<OperationResult>;
  readonly subscribe?: (args: ExecutionArgs) => OperationResult | Promise<OperationResult>;
}

/**
 * Parses and validates an operation, then makes its context. What is wrong with it is returned, not thrown: a thrown
 * error would close the socket with all its other operations.
 */
export async function prepareOnSchema<Context extends object>(
  options: SchemaOptions<Context>,
  { query, operationName, variables }: SubscribePayload,
  contextFor: () => Context | Promise<Context>,
  formatError: (error: GraphQLError, context: Context) => GraphQLFormattedError,
): Promise<Operation | readonly GraphQLError[]> {
  const { maxTokens = 10_000 } = options;
  const schema = typeof options.schema === 'function' ? options.schema() : options.schema;
  const document = documentOf(schema, query, maxTokens);
  if (!('kind' in document)) return document;
  const operation = getOperationAST(document, operationName);
  if (!operation)
    return [coded('operationName must name one operation of the document', 'OPERATION_RESOLUTION_FAILURE')];
  const args: ExecutionArgs = { schema, document, operationName: operationName ?? null };
  if (variables) args.variableValues = variables;
  try {
    const context = await contextFor();
    args.contextValue = context;
    const run =
      operation.operation === 'subscription' ? (options.subscribe ?? subscribe) : (options.execute ?? execute);
    return {
      args,
      run: () => run(args),
      formatError: (error) => formatError(error, context),
      extensions: () => options.extensionsOf?.(context),
    };
  } catch (error) {
    return [asGraphQLError(error)];
  }
}

/** Characters of the operations on a schema that are remembered, in all and of one. */
const remembered = { limit: 4_000_000, largest: 40_000 };

/** What was found valid on each schema: sockets begin the same few operations again and again. */
const valid = new WeakMap<GraphQLSchema, Lru<DocumentNode>>();

function documentOf(schema: GraphQLSchema, query: string, maxTokens: number): DocumentNode | readonly GraphQLError[] {
  const known = valid.get(schema) ?? createLru<DocumentNode>(remembered);
  valid.set(schema, known);
  const found = known.get(query);
  if (found) return found;
  const document = parsed(query, maxTokens);
  if (document instanceof GraphQLError) return [document];
  const errors = validate(schema, document);
  if (errors.length > 0) return errors.map((error) => withCode(error, 'GRAPHQL_VALIDATION_FAILED'));
  known.set(query, document);
  return document;
}

function parsed(query: string, maxTokens: number): DocumentNode | GraphQLError {
  try {
    return parse(query, { maxTokens });
  } catch (error) {
    return withCode(asGraphQLError(error), 'GRAPHQL_PARSE_FAILED');
  }
}

/** A failure to begin, and a stream that breaks off, become a last result with the error instead of a closed socket. */
export async function resultOf({ run }: Operation): Promise<OperationResult> {
  try {
    const result = await run();
    return Symbol.asyncIterator in result ? new LastWords(result) : result;
  } catch (error) {
    return { data: null, errors: [asGraphQLError(error)] };
  }
}

/**
 * Written by hand: `return()` of an async generator waits for the pending `next()`, which may be for ever. A class, because
 * a server has one for each of thousands of subscriptions.
 */
class LastWords implements AsyncGenerator<ExecutionResult, void, void> {
  private readonly iterator: AsyncIterator<ExecutionResult>;
  private ended = false;

  constructor(source: AsyncIterable<ExecutionResult>) {
    this.iterator = source[Symbol.asyncIterator]();
  }

  async next(): Promise<IteratorResult<ExecutionResult, void>> {
    if (this.ended) return { done: true, value: undefined };
    try {
      const result = await this.iterator.next();
      return result.done ? { done: true, value: undefined } : result;
    } catch (error) {
      this.ended = true;
      return { done: false, value: { data: null, errors: [asGraphQLError(error)] } };
    }
  }

  async return(): Promise<IteratorResult<ExecutionResult, void>> {
    this.ended = true;
    await this.iterator.return?.();
    return { done: true, value: undefined };
  }

  throw(): Promise<IteratorResult<ExecutionResult, void>> {
    return this.return();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }
}

export function coded(message: string, code: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code } });
}

function withCode(error: GraphQLError, code: string): GraphQLError {
  error.extensions.code ??= code;
  return error;
}

function asGraphQLError(error: unknown): GraphQLError {
  if (error instanceof GraphQLError) return error;
  const originalError = error instanceof Error ? error : new Error(String(error));
  return new GraphQLError(originalError.message, { originalError });
}
