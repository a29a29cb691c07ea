import type { CustomerPrincipal, Principal } from '@paygraph/auth';
import { forbidden, unauthenticated } from './errors.ts';

/** Whether the principal is the person with this id. A service is nobody's owner. */
export function ownerIs(principal: Principal, customerId: string): boolean {
  return principal.kind === 'customer' && principal.id === customerId;
}

/** The signed-in person. @throws GraphQLError UNAUTHENTICATED without one, FORBIDDEN for a service. */
export function requireCustomer(principal: Principal): CustomerPrincipal {
  if (principal.kind === 'anonymous') throw unauthenticated();
  if (principal.kind === 'service') throw forbidden('Only a signed-in person may do this');
  return principal;
}
