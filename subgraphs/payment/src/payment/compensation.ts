import type { CompensationAction } from '../generated/prisma/enums.ts';
import type { PaymentState } from './lifecycle.ts';
import type { Payment } from './payment.ts';

/** What a payment of this kind owes its peers once it has entered this state. */
export interface Compensation {
  readonly kind: Payment['kind'];
  readonly state: PaymentState;
  readonly action: CompensationAction;
}

/**
 * Owed whatever was done before: giving back what never was taken is harmless, and it keeps a call that is still on its
 * way from taking it later. A collection holds nothing.
 */
export const compensations: readonly Compensation[] = (['TRANSFER', 'PAYOUT'] as const).flatMap((kind) => [
  ...(['FAILED', 'EXPIRED', 'CANCELLED'] as const).flatMap((state) => [
    { kind, state, action: 'VOID_RESERVATION' } as const,
    { kind, state, action: 'RELEASE_LIMITS' } as const,
  ]),
  { kind, state: 'CONFIRMED', action: 'USE_LIMITS' } as const,
]);
