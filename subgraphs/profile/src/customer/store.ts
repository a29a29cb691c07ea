import type { Role } from '@paygraph/auth';
import { isId } from '@paygraph/ids';
import { type Clock, systemClock } from '@paygraph/service';
import { Prisma, type PrismaClient } from '../generated/prisma/client.ts';
import { claimHandle, HandleTakenError } from '../handle/claim.ts';
import type { Customer } from './customer.ts';

/** What a person is stored with. */
export interface NewCustomer {
  readonly id: string;
  /** In lower case. */
  readonly email: string;
  /** In lower case. */
  readonly handle: string | null;
  readonly displayName: string;
  readonly passwordHash: string;
  readonly roles: readonly Role[];
  /** When somebody vouched for the address; left out, nobody has. */
  readonly emailVerifiedAt?: Date;
}

export type Creation =
  | { readonly kind: 'created'; readonly customer: Customer }
  | { readonly kind: 'taken'; readonly fields: readonly ('id' | 'email' | 'handle')[] };

export interface CustomerStore {
  /** Adds a person, unless somebody has the id, the address or the handle: then it says which. */
  create(customer: NewCustomer): Promise<Creation>;
  /** In any order, without those that do not exist. */
  byIds(ids: readonly string[]): Promise<Customer[]>;
  /** What other services may know of them; in any order, without those that do not exist. */
  namesOf(ids: readonly string[]): Promise<CustomerName[]>;
  /** Whose these handles, verified addresses and verified telephone numbers are, each in its stored form; in any order. */
  byNames(names: Names): Promise<Customer[]>;
  /** The id and the hash of the password that belong to an address in lower case. */
  credentialsOf(email: string): Promise<{ readonly id: string; readonly passwordHash: string } | null>;
}

export type CustomerName = Pick<Customer, 'id' | 'displayName' | 'handle' | 'tier'>;

export interface Names {
  readonly handles: readonly string[];
  readonly emails: readonly string[];
  readonly phones: readonly string[];
}

const publicColumns = {
  id: true,
  email: true,
  emailVerifiedAt: true,
  phone: true,
  phoneVerifiedAt: true,
  handle: true,
  handleChangedAt: true,
  tier: true,
  displayName: true,
  createdAt: true,
  roles: { select: { role: true }, orderBy: { role: 'asc' } },
} satisfies Prisma.CustomerSelect;

type Row = Prisma.CustomerGetPayload<{ select: typeof publicColumns }>;

export function createCustomerStore(prisma: PrismaClient, clock: Clock = systemClock): CustomerStore {
  const insert = ({ roles, ...columns }: NewCustomer) =>
    prisma.$transaction(async (transaction) => {
      const row = await transaction.customer.create({
        data: { ...columns, roles: { create: roles.map((role) => ({ role })) } },
        select: publicColumns,
      });
      const { id: customerId, handle } = columns;
      if (handle !== null) await claimHandle(transaction, { customerId, handle, now: clock() });
      return row;
    });

  const takenFields = async ({ id, email, handle }: NewCustomer) => {
    const rivals = await prisma.customer.findMany({
      where: { OR: [{ id }, { email }, ...(handle === null ? [] : [{ handle }])] },
      select: { id: true, email: true, handle: true },
    });
    const fields = ['id', 'email', 'handle'] as const;
    const own = { id, email, handle };
    return fields.filter((field) => own[field] !== null && rivals.some((rival) => rival[field] === own[field]));
  };

  return {
    async create(customer) {
      try {
        return { kind: 'created', customer: customerFrom(await insert(customer)) };
      } catch (error) {
        if (error instanceof HandleTakenError) return { kind: 'taken', fields: ['handle'] };
        if (!isUniqueViolation(error)) throw error;
        return { kind: 'taken', fields: await takenFields(customer) };
      }
    },

    async byIds(ids) {
      const rows = await prisma.customer.findMany({
        where: { id: { in: ids.filter(isCustomerId) } },
        select: publicColumns,
      });
      return rows.map(customerFrom);
    },

    /** One statement however many they are, so that it is prepared. */
    namesOf: (ids) => prisma.$queryRaw<CustomerName[]>`
      SELECT id, display_name AS "displayName", handle, tier FROM customer
      WHERE id = ANY (${ids.filter(isCustomerId)}::text[])`,

    async byNames({ handles, emails, phones }) {
      const rows = await prisma.customer.findMany({
        where: {
          OR: [
            { handle: { in: [...handles] } },
            { email: { in: [...emails] }, emailVerifiedAt: { not: null } },
            { phone: { in: [...phones] }, phoneVerifiedAt: { not: null } },
          ],
        },
        select: publicColumns,
      });
      return rows.map(customerFrom);
    },

    credentialsOf: (email) =>
      prisma.customer.findUnique({ where: { email }, select: { id: true, passwordHash: true } }),
  };
}

/** Other text is nobody's id, and some of it is no text to PostgreSQL. */
function isCustomerId(text: string): boolean {
  return isId('cus', text);
}

function customerFrom({ roles, ...columns }: Row): Customer {
  return { ...columns, roles: roles.map(({ role }) => role) };
}

function isUniqueViolation(error: unknown): boolean {
  return error instanceof Prisma.PrismaClientKnownRequestError && error.code === 'P2002';
}
