import { requireCustomer } from '@paygraph/subgraph';
import type { MutationResolvers } from '../generated/graphql.ts';
import { logInError, refreshSessionError } from './errors.ts';
import { type LogInDependencies, logIn } from './log-in.ts';

export const sessionMutations = (dependencies: LogInDependencies) =>
  ({
    async logIn(_root, { input }) {
      const outcome = await logIn(dependencies, input);
      if (outcome.kind === 'refused') return { userErrors: [logInError(outcome.code)] };
      return { session: outcome.session, userErrors: [] };
    },

    async refreshSession(_root, { input }) {
      const outcome = await dependencies.sessions.refresh(input.refreshToken);
      if (outcome.kind === 'refused') return { userErrors: [refreshSessionError(outcome.code)] };
      return { session: outcome.session, userErrors: [] };
    },

    async logOut(_root, _args, { principal }) {
      return { ended: await dependencies.sessions.end(requireCustomer(principal).sessionId) };
    },
  }) satisfies MutationResolvers;
