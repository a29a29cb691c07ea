import type { Clock } from '@paygraph/service';
import { badUserInput, requireCustomer } from '@paygraph/subgraph';
import { isVerified } from '../contact/verification.ts';
import type { Context } from '../context.ts';
import type {
  CustomerLookupInput,
  CustomerResolvers,
  MutationResolvers,
  QueryResolvers,
} from '../generated/graphql.ts';
import { isHandle, normalizeHandle } from '../handle/handle.ts';
import type { Sessions } from '../session/session.ts';
import { type Change, type CustomerChanges, handleChangeableAt } from './change.ts';
import type { Customer } from './customer.ts';
import { changeHandleError, changePhoneError, registerError, setCustomerTierError } from './errors.ts';
import { type RegisterDependencies, register } from './register.ts';
import { maxEmailLength, normalizeEmail } from './registration.ts';
import type { CustomerStore } from './store.ts';
import { maySee } from './visibility.ts';

const maxIds = 1_000;

export const customerFields = (clock: Clock) =>
  ({
    __resolveReference: ({ id }, { principal, customers }) => (maySee(principal, id) ? customers.load(id) : null),
    emailVerified: (customer) => isVerified(customer, 'EMAIL'),
    phoneVerified: (customer) => isVerified(customer, 'PHONE'),
    handleChangeableAt: (customer) => handleChangeableAt(customer, clock()),
  }) satisfies CustomerResolvers;

export const customerQueries = (store: CustomerStore) =>
  ({
    viewer: (_root, _args, { principal, customers }) =>
      principal.kind === 'customer' ? customers.load(principal.id) : null,

    customer: (_root, { id }, { customers }) => customers.load(id),

    async customerNames(_root, { ids }) {
      if (ids.length > maxIds) throw badUserInput(`At most ${maxIds} ids a call`, ['ids']);
      const names = new Map((await store.namesOf(ids)).map((name) => [name.id, name]));
      return ids.map((id) => names.get(id) ?? null);
    },

    async findCustomers(_root, { lookups }) {
      if (lookups.length > maxIds) throw badUserInput(`At most ${maxIds} lookups a call`, ['lookups']);
      const names = lookups.map(nameIn);
      const of = (kind: Name['kind']) => names.flatMap((name) => (name.kind === kind ? [name.text] : []));
      const found = await store.byNames({ handles: of('handle'), emails: of('email'), phones: of('phone') });
      return names.map((name) => found.find((customer) => isKnownBy(customer, name)) ?? null);
    },
  }) satisfies QueryResolvers;

interface Name {
  readonly kind: 'handle' | 'email' | 'phone';
  /** In the form in which it is stored. */
  readonly text: string;
}

/** @throws GraphQLError BAD_USER_INPUT unless exactly one name is given. */
function nameIn({ handle, email, phone }: CustomerLookupInput, index: number): Name {
  const names: Name[] = [
    ...(typeof handle === 'string' ? [{ kind: 'handle', text: storable(normalizeHandle(handle)) } as const] : []),
    ...(typeof email === 'string' ? [{ kind: 'email', text: normalizeEmail(email) } as const] : []),
    ...(typeof phone === 'string' ? [{ kind: 'phone', text: phone } as const] : []),
  ];
  const [name] = names;
  if (name && names.length === 1) return name;
  throw badUserInput('Exactly one of handle, email and phone', ['lookups', String(index)]);
}

/** A contact that is only claimed is nobody's: two people may claim the same. */
function isKnownBy(customer: Customer, { kind, text }: Name): boolean {
  if (customer[kind] !== text) return false;
  return kind === 'handle' || isVerified(customer, kind === 'email' ? 'EMAIL' : 'PHONE');
}

/** What is no handle is nobody's, and some of it is no text to PostgreSQL. */
function storable(handle: string): string {
  return isHandle(handle) ? handle : '';
}

type MutationDependencies = RegisterDependencies & { readonly sessions: Sessions; readonly changes: CustomerChanges };

export const customerMutations = (dependencies: MutationDependencies) =>
  ({
    async register(_root, { input }) {
      if (input.email.length > maxEmailLength)
        throw badUserInput(`An address has at most ${maxEmailLength} characters`, ['input', 'email']);
      const outcome = await register(dependencies, input);
      if (outcome.kind === 'refused') return { userErrors: outcome.codes.map(registerError) };
      return { session: await dependencies.sessions.begin(outcome.customer), userErrors: [] };
    },

    async changeHandle(_root, { input }, context) {
      const { id } = requireCustomer(context.principal);
      return payload(await dependencies.changes.handle(id, input.handle), id, context, changeHandleError);
    },

    async changePhone(_root, { input }, context) {
      const { id } = requireCustomer(context.principal);
      return payload(await dependencies.changes.phone(id, input.phone ?? null), id, context, changePhoneError);
    },

    async setCustomerTier(_root, { input }, context) {
      const { id: actorId } = requireCustomer(context.principal);
      const change = await dependencies.changes.tier({ ...input, actorId });
      return payload(change, input.customerId, context, setCustomerTierError);
    },
  }) satisfies MutationResolvers;

/** The person as they are after the change. */
async function payload<Code, UserError>(
  change: Change<Code>,
  id: string,
  { customers }: Context,
  errorOf: (code: Code) => UserError,
): Promise<{ customer: Customer | null; userErrors: UserError[] }> {
  if (change.kind === 'refused') return { customer: null, userErrors: [errorOf(change.code)] };
  return { customer: await customers.clear(id).load(id), userErrors: [] };
}
