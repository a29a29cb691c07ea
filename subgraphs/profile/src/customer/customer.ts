import type { Role } from '@paygraph/auth';
import type { KycTier } from './tier.ts';

/** A registered person, without the password. */
export interface Customer {
  /** `cus_…` */
  readonly id: string;
  /** In lower case. */
  readonly email: string;
  /** When whoever gave the address showed that it reaches them; null before. */
  readonly emailVerifiedAt: Date | null;
  /** In lower case; null if none was chosen. */
  readonly handle: string | null;
  /** When a handle was chosen in place of an earlier one; null if it never was. */
  readonly handleChangedAt: Date | null;
  /** In E.164; null if none was given. */
  readonly phone: string | null;
  readonly phoneVerifiedAt: Date | null;
  readonly tier: KycTier;
  readonly displayName: string;
  readonly roles: readonly Role[];
  readonly createdAt: Date;
}
