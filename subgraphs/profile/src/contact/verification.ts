import type { Clock, Logger } from '@paygraph/service';
import type { Passwords } from '../credentials/password.ts';
import type { Customer } from '../customer/customer.ts';
import type { RequestContactCodeErrorCode, VerifyContactErrorCode } from '../generated/graphql.ts';
import type { ContactKind } from '../generated/prisma/enums.ts';
import type { Messengers } from '../messenger/messenger.ts';
import { type Contact, codeRules, newCode, readCode } from './contact.ts';
import type { ContactCodes } from './store.ts';

type Refused<Code> = { readonly kind: 'refused'; readonly code: Code };

export interface Verification {
  /** Sends a code to one of the person's contacts. */
  request(
    customer: Customer,
    kind: ContactKind,
  ): Promise<{ readonly kind: 'sent'; readonly expiresAt: Date } | Refused<RequestContactCodeErrorCode>>;
  /** Verifies a contact by the code that was sent to it last. Verified already, it stays so whatever the code. */
  confirm(
    customer: Customer,
    kind: ContactKind,
    code: string,
  ): Promise<{ readonly kind: 'verified' } | Refused<VerifyContactErrorCode>>;
}

export interface VerificationDependencies {
  readonly codes: ContactCodes;
  readonly messengers: Messengers;
  /** Codes are hashed as passwords are: with six digits, anything quicker would be no secret to whoever read the table. */
  readonly passwords: Passwords;
  readonly clock: Clock;
  readonly logger: Logger;
}

export function createVerification(dependencies: VerificationDependencies): Verification {
  const { codes, messengers, passwords, clock, logger } = dependencies;
  return {
    async request(customer, kind) {
      const contact = contactOf(customer, kind);
      if (!contact) return refused('CONTACT_MISSING');
      if (isVerified(customer, kind)) return refused('ALREADY_VERIFIED');
      const code = newCode();
      const now = clock();
      // Noted before it is sent: whatever happens on the way, it counts.
      const noted = await codes.note(customer.id, contact, await passwords.hash(code), now);
      if (noted !== 'noted') return refused(noted);
      const delivery = await messengers[kind].send(messageTo(contact, code));
      if (delivery.kind === 'sent') return { kind: 'sent', expiresAt: new Date(now.getTime() + codeRules.lifeMs) };
      logger.warn({ customer: customer.id, contact: kind, why: delivery.why }, 'a code was not delivered');
      return refused(delivery.kind === 'undeliverable' ? 'CONTACT_UNREACHABLE' : 'NOT_SENT');
    },

    async confirm(customer, kind, text) {
      if (isVerified(customer, kind)) return { kind: 'verified' };
      const contact = contactOf(customer, kind);
      const code = readCode(text);
      if (!contact) return refused('CODE_EXPIRED');
      if (code === undefined) return refused('CODE_WRONG');
      const standing = await codes.take(customer.id, kind, clock());
      if (standing.kind !== 'tried') return refused(standing.kind === 'EXPIRED' ? 'CODE_EXPIRED' : 'TOO_MANY_ATTEMPTS');
      if (!(await passwords.verify(code, standing.codeHash))) return refused('CODE_WRONG');
      const outcome = await codes.verify(customer.id, contact, standing.id, clock());
      return outcome === 'verified' ? { kind: 'verified' } : refused('CODE_EXPIRED');
    },
  };
}

/** Whether whoever gave the contact has shown that it reaches them. */
export function isVerified({ emailVerifiedAt, phoneVerifiedAt }: Customer, kind: ContactKind): boolean {
  return (kind === 'EMAIL' ? emailVerifiedAt : phoneVerifiedAt) !== null;
}

function contactOf({ email, phone }: Customer, kind: ContactKind): Contact | undefined {
  if (kind === 'EMAIL') return { kind, address: email };
  return phone === null ? undefined : { kind, address: phone };
}

function messageTo({ address }: Contact, code: string) {
  const minutes = codeRules.lifeMs / 60_000;
  const text = `${code} is your Paygraph code. It holds for ${minutes} minutes. Nobody at Paygraph will ever ask you for it.`;
  return { to: address, subject: 'Your Paygraph code', text };
}

function refused<Code extends string>(code: Code): Refused<Code> {
  return { kind: 'refused', code };
}
