import type { Role } from '@paygraph/auth';
import { demoAccounts, demoPassword } from '@paygraph/playground';

export interface DemoPerson {
  /** Fixed, so that entering people twice enters nobody twice. */
  readonly id: string;
  readonly email: string;
  readonly displayName: string;
  readonly handle: string;
  readonly password: string;
  readonly roles: readonly Role[];
}

const names = ['Ada Mensah', 'Kofi Boateng', 'Ama Owusu', 'Yaw Darko'];

export const demoPeople: readonly DemoPerson[] = demoAccounts.map(({ email, role }, index) => ({
  id: `cus_019a0000000070008${String(index + 1).padStart(15, '0')}`,
  email,
  displayName: names[index] ?? email,
  handle: email.slice(0, email.indexOf('@')),
  password: demoPassword,
  roles: [role],
}));

/** What every demo customer finds in a wallet of each currency. */
export const openingBalances = [
  { currency: 'USD', amount: '1000.00' },
  { currency: 'EUR', amount: '500.00' },
  { currency: 'GHS', amount: '2500.00' },
  { currency: 'JPY', amount: '50000' },
] as const;
