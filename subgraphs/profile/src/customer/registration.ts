import { displayText } from '@paygraph/subgraph';
import { isSuitablePassword } from '../credentials/password-quality.ts';
import type { RegisterErrorCode, RegisterInput } from '../generated/graphql.ts';
import { checkHandle, normalizeHandle } from '../handle/handle.ts';

/** A person's own data in the form in which they are stored. */
export interface Registration {
  /** In lower case. */
  readonly email: string;
  readonly password: string;
  readonly displayName: string;
  /** In lower case. */
  readonly handle: string | null;
}

export type CheckedRegistration =
  | { readonly kind: 'registration'; readonly registration: Registration }
  | { readonly kind: 'refused'; readonly codes: readonly RegisterErrorCode[] };

/**
 * Checks what can be judged without looking at anybody else, and reports all that is wrong at once.
 * @param ours whether a handle that is reserved for us may be given
 */
export function checkRegistration(input: RegisterInput, { ours = false } = {}): CheckedRegistration {
  const registration = {
    email: normalizeEmail(input.email),
    password: input.password,
    displayName: displayText(input.displayName, 80) ?? '',
    handle: input.handle === undefined || input.handle === null ? null : normalizeHandle(input.handle),
  };
  const codes = [...faultsOf(registration, ours)];
  return codes.length === 0 ? { kind: 'registration', registration } : { kind: 'refused', codes };
}

/** RFC 5321, 4.5.3.1.3: what fits between the angle brackets of a path. */
export const maxEmailLength = 254;

/** Addresses are compared without regard to case. */
export function normalizeEmail(email: string): string {
  return email.toLowerCase();
}

function* faultsOf({ password, displayName, handle }: Registration, ours: boolean): Generator<RegisterErrorCode> {
  if (!isSuitablePassword(password)) yield 'PASSWORD_UNSUITABLE';
  if (displayName === '') yield 'DISPLAY_NAME_INVALID';
  const checked = handle === null ? undefined : checkHandle(handle);
  if (checked?.kind === 'refused' && !(ours && checked.code === 'HANDLE_RESERVED')) yield checked.code;
}
