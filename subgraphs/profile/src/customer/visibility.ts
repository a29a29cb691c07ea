import { hasScope, type Principal } from '@paygraph/auth';
import { ownerIs } from '@paygraph/subgraph';

/** Whether somebody may know of a person: the person, staff with `profile:read:any`, services with `profile:resolve`. */
export function maySee(principal: Principal, customerId: string): boolean {
  if (ownerIs(principal, customerId)) return true;
  return hasScope(principal, principal.kind === 'service' ? 'profile:resolve' : 'profile:read:any');
}
