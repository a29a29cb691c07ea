import { ApolloServer, type ApolloServerPlugin, type BaseContext } from '@apollo/server';
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginInlineTraceDisabled,
  ApolloServerPluginLandingPageDisabled,
  ApolloServerPluginSchemaReportingDisabled,
  ApolloServerPluginUsageReportingDisabled,
} from '@apollo/server/plugin/disabled';
import { GraphQLError, type GraphQLFormattedError, type GraphQLSchema } from 'graphql';
import type { RequestScope } from './context.ts';
import { logError, presentError, withRequestId } from './present-error.ts';

/** Longest operation in lexical tokens. */
export const maxTokens = 10_000;

/** Apollo Server with the platform's rules: one operation a request, no stack traces, masked faults, no reporting. */
export function createApollo<Context extends RequestScope>(options: {
  readonly schema: GraphQLSchema;
  readonly production: boolean;
  readonly plugins: readonly ApolloServerPlugin<RequestScope>[];
}): ApolloServer<Context> {
  return new ApolloServer<Context>({
    schema: options.schema,
    introspection: !options.production,
    hideSchemaDetailsFromClientErrors: options.production,
    includeStacktraceInErrorResponses: false,
    allowBatchedHttpRequests: false,
    csrfPrevention: true,
    parseOptions: { maxTokens },
    stopOnTerminationSignals: false,
    formatError: (formatted, error) => presentError(asGraphQLError(formatted, error)),
    plugins: [
      errorReporting<Context>(),
      ...options.plugins,
      ApolloServerPluginCacheControlDisabled(),
      ApolloServerPluginInlineTraceDisabled(),
      ApolloServerPluginLandingPageDisabled(),
      ApolloServerPluginSchemaReportingDisabled(),
      ApolloServerPluginUsageReportingDisabled(),
    ],
  });
}

/** Apollo decides some codes only when it formats; they count as given. */
function asGraphQLError(formatted: GraphQLFormattedError, error: unknown): GraphQLError {
  if (!(error instanceof GraphQLError))
    return new GraphQLError('Something went wrong', { originalError: asError(error) });
  error.extensions.code ??= formatted.extensions?.code;
  return error;
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}

/** Logs what is masked, and gives the client the id to ask about it with. */
function errorReporting<Context extends BaseContext & RequestScope>(): ApolloServerPlugin<Context> {
  return {
    async requestDidStart() {
      return {
        async didEncounterErrors({ errors, contextValue }) {
          for (const error of errors) logError(error, contextValue.logger);
        },
        async willSendResponse({ response, contextValue }) {
          if (response.body.kind !== 'single') return;
          const { singleResult } = response.body;
          if (!singleResult.errors) return;
          singleResult.errors = singleResult.errors.map((error) => withRequestId(error, contextValue.requestId));
        },
      };
    },
  };
}
