import type { Role } from '@paygraph/auth';
import { newId } from '@paygraph/ids';
import type { Passwords } from '../credentials/password.ts';
import type { RegisterErrorCode, RegisterInput } from '../generated/graphql.ts';
import type { Customer } from './customer.ts';
import { checkRegistration } from './registration.ts';
import type { CustomerStore } from './store.ts';

export interface RegisterDependencies {
  readonly customers: CustomerStore;
  readonly passwords: Passwords;
}

export type RegisterOutcome =
  | { readonly kind: 'registered'; readonly customer: Customer }
  | { readonly kind: 'refused'; readonly codes: readonly RegisterErrorCode[] };

/** Registers a person as a customer. */
export async function register(dependencies: RegisterDependencies, input: RegisterInput): Promise<RegisterOutcome> {
  return registerAs(dependencies, { ...input, id: newId('cus'), roles: ['CUSTOMER'] }, { ours: false });
}

/** A person to be registered with a given id and roles. */
export interface Provisioned extends RegisterInput {
  /** `cus_…` */
  readonly id: string;
  readonly roles: readonly Role[];
}

/** A person could not be provisioned; the message names the id and what stood in the way, but no personal data. */
export class ProvisioningError extends Error {
  override readonly name = 'ProvisioningError';
}

/**
 * Registers a person with a given id and roles, such as the first operator of an installation, whose address is taken as
 * verified. Whoever has the id already stays as they are, so that repeating it changes nothing.
 *
 * @throws ProvisioningError when a rule of registration refuses, or somebody else has the address or handle.
 */
export async function provision(dependencies: RegisterDependencies, person: Provisioned): Promise<void> {
  const exists = async () => (await dependencies.customers.byIds([person.id])).length > 0;
  if (await exists()) return;
  const outcome = await registerAs(dependencies, person, { ours: true });
  // Another process may have been faster with the same person.
  if (outcome.kind === 'registered' || (await exists())) return;
  throw new ProvisioningError(`${person.id} cannot be registered: ${outcome.codes.join(', ')}`);
}

async function registerAs(
  { customers, passwords }: RegisterDependencies,
  { id, roles, ...input }: Provisioned,
  { ours }: { readonly ours: boolean },
): Promise<RegisterOutcome> {
  const checked = checkRegistration(input, { ours });
  if (checked.kind === 'refused') return checked;
  const { password, ...columns } = checked.registration;
  const passwordHash = await passwords.hash(password);
  const creation = await customers.create({
    ...{ ...columns, id, passwordHash, roles },
    ...(ours && { emailVerifiedAt: new Date() }),
  });
  if (creation.kind === 'created') return { kind: 'registered', customer: creation.customer };
  const codes: RegisterErrorCode[] = [];
  if (creation.fields.includes('email')) codes.push('EMAIL_TAKEN');
  if (creation.fields.includes('handle')) codes.push('HANDLE_TAKEN');
  return { kind: 'refused', codes };
}
