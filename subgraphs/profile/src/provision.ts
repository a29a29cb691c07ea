import { createPasswords } from './credentials/password.ts';
import { type Provisioned, provision } from './customer/register.ts';
import { createCustomerStore } from './customer/store.ts';
import { openDatabase } from './database.ts';

/**
 * Registers people with given ids and roles, such as the first operator of an installation: what no client can do.
 * Whoever has such an id already stays as they are, so that it may be repeated at every start.
 *
 * @throws ProvisioningError when a rule of registration refuses, or somebody else has the address or handle.
 */
export async function registerWithRoles(options: {
  /** The service's connection. */
  readonly databaseUrl: string;
  readonly people: readonly Provisioned[];
}): Promise<void> {
  const prisma = openDatabase(options.databaseUrl);
  const dependencies = { customers: createCustomerStore(prisma), passwords: createPasswords() };
  try {
    for (const person of options.people) await provision(dependencies, person);
  } finally {
    await prisma.$disconnect();
  }
}
