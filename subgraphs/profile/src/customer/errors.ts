import type {
  ChangeHandleError,
  ChangeHandleErrorCode,
  ChangePhoneError,
  ChangePhoneErrorCode,
  RegisterError,
  RegisterErrorCode,
  SetCustomerTierError,
  SetCustomerTierErrorCode,
} from '../generated/graphql.ts';

const handleWords = {
  HANDLE_TAKEN: 'This handle, or one that looks like it, is or was somebody else’s',
  HANDLE_RESERVED: 'This handle could be taken for ours',
  HANDLE_INVALID: 'A handle has 3 to 30 characters of a–z, 0–9 and underscore',
};

const registerErrors: Record<RegisterErrorCode, { readonly message: string; readonly field: string }> = {
  EMAIL_TAKEN: { message: 'Somebody has registered with this address before', field: 'email' },
  HANDLE_TAKEN: { message: handleWords.HANDLE_TAKEN, field: 'handle' },
  HANDLE_RESERVED: { message: handleWords.HANDLE_RESERVED, field: 'handle' },
  HANDLE_INVALID: { message: handleWords.HANDLE_INVALID, field: 'handle' },
  PASSWORD_UNSUITABLE: {
    message: 'A password has 8 to 128 characters and is not among the most common ones',
    field: 'password',
  },
  DISPLAY_NAME_INVALID: {
    message: 'A display name has 1 to 80 characters, none of them a control character',
    field: 'displayName',
  },
};

/** The user error of a refused registration. */
export function registerError(code: RegisterErrorCode): RegisterError {
  const { message, field } = registerErrors[code];
  return { code, message, field: ['input', field] };
}

const changeHandleErrors: Record<ChangeHandleErrorCode, string> = {
  ...handleWords,
  CHANGED_RECENTLY: 'A handle stays for at least 30 days',
};

const changePhoneErrors: Record<ChangePhoneErrorCode, string> = {
  PHONE_INVALID: 'There can be no such telephone number',
  PHONE_TAKEN: 'This telephone number belongs to somebody else',
};

const setCustomerTierErrors: Record<SetCustomerTierErrorCode, { readonly message: string; readonly field: string }> = {
  CUSTOMER_NOT_FOUND: { message: 'There is no such person', field: 'customerId' },
  OWN_TIER: { message: 'Nobody sets their own tier', field: 'customerId' },
  REASON_INVALID: { message: 'A reason has 1 to 200 characters, none of them a control character', field: 'reason' },
};

/** The user error of a handle that was not changed. */
export function changeHandleError(code: ChangeHandleErrorCode): ChangeHandleError {
  return { code, message: changeHandleErrors[code], field: ['input', 'handle'] };
}

/** The user error of a telephone number that was not changed. */
export function changePhoneError(code: ChangePhoneErrorCode): ChangePhoneError {
  return { code, message: changePhoneErrors[code], field: ['input', 'phone'] };
}

/** The user error of a tier that was not set. */
export function setCustomerTierError(code: SetCustomerTierErrorCode): SetCustomerTierError {
  const { message, field } = setCustomerTierErrors[code];
  return { code, message, field: ['input', field] };
}
