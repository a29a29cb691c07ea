import { hasScope, type Principal } from '@paygraph/auth';
import { ownerIs } from '@paygraph/subgraph';
import { hasMovedMoney } from './lifecycle.ts';
import { type Payment, ridesRail } from './payment.ts';

/** In what capacity somebody sees a payment. */
export type Viewer = 'PAYER' | 'PAYEE' | 'STAFF';

/** A payment as somebody in particular sees it. */
export interface PaymentView {
  readonly payment: Payment;
  readonly viewer: Viewer;
}

/**
 * The payment as the principal may see it, or null: all of it for the payer and for staff with `payment:read:any`; for
 * the payee from CONFIRMED on, and then without what is the payer's alone.
 */
export function viewFor(principal: Principal, payment: Payment): PaymentView | null {
  const viewer = viewerOf(principal, payment);
  return viewer && { payment, viewer };
}

/** Whether the viewer sees what concerns the payer alone: quote, metadata and failure. */
export function seesAll({ viewer }: PaymentView): boolean {
  return viewer !== 'PAYEE';
}

/** Whether the viewer sees fees: those who bear them, the payee of a collection, and staff. */
export function seesFees({ viewer, payment }: PaymentView): boolean {
  return viewer !== 'PAYEE' || payment.kind === 'COLLECTION';
}

function viewerOf(principal: Principal, payment: Payment): Viewer | null {
  if (hasScope(principal, 'payment:read:any')) return 'STAFF';
  if ('customerId' in payment.payer && ownerIs(principal, payment.payer.customerId)) return 'PAYER';
  if (!('customerId' in payment.payee) || !ownerIs(principal, payment.payee.customerId)) return null;
  // Whoever collects from outside asked for it, bears its fee and may call it off: theirs from the start.
  if (ridesRail(payment)) return 'PAYER';
  return hasMovedMoney(payment.state) ? 'PAYEE' : null;
}
