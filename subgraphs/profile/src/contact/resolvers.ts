import { requireCustomer, unauthenticated } from '@paygraph/subgraph';
import type { Context } from '../context.ts';
import type { Customer } from '../customer/customer.ts';
import type { MutationResolvers, RequestContactCodeErrorCode, VerifyContactErrorCode } from '../generated/graphql.ts';
import type { Verification } from './verification.ts';

export const contactMutations = ({ verification }: { readonly verification: Verification }) =>
  ({
    async requestContactCode(_root, { input: { contact } }, context) {
      const outcome = await verification.request(await viewerIn(context), contact);
      if (outcome.kind === 'sent') return { expiresAt: outcome.expiresAt, userErrors: [] };
      const { code } = outcome;
      return { expiresAt: null, userErrors: [{ code, message: requestErrors[code], field: ['input', 'contact'] }] };
    },

    async verifyContact(_root, { input: { contact, code: given } }, context) {
      const viewer = await viewerIn(context);
      const outcome = await verification.confirm(viewer, contact, given);
      if (outcome.kind === 'verified')
        return { customer: await context.customers.clear(viewer.id).load(viewer.id), userErrors: [] };
      const { code } = outcome;
      return { customer: null, userErrors: [{ code, message: verifyErrors[code], field: ['input', 'code'] }] };
    },
  }) satisfies MutationResolvers;

/** Whoever is signed in, as they are now. */
async function viewerIn({ principal, customers }: Context): Promise<Customer> {
  const customer = await customers.load(requireCustomer(principal).id);
  if (!customer) throw unauthenticated();
  return customer;
}

const requestErrors: Record<RequestContactCodeErrorCode, string> = {
  CONTACT_MISSING: 'There is no telephone number to send a code to',
  ALREADY_VERIFIED: 'This has been verified already',
  TOO_MANY_CODES: 'Too many codes have been sent: wait a minute, or until tomorrow',
  CONTACT_UNREACHABLE: 'Nothing can be delivered there: check the address or number',
  NOT_SENT: 'The code could not be sent: try again in a minute',
};

const verifyErrors: Record<VerifyContactErrorCode, string> = {
  CODE_WRONG: 'That is not the code that was sent last',
  CODE_EXPIRED: 'There is no code that still holds: ask for another one',
  TOO_MANY_ATTEMPTS: 'This code was tried too often: ask for another one',
};
