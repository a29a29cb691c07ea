import type { LogInError, LogInErrorCode, RefreshSessionError, RefreshSessionErrorCode } from '../generated/graphql.ts';

const logInMessages: Record<LogInErrorCode, string> = {
  INVALID_CREDENTIALS: 'Address and password do not belong together',
  TOO_MANY_ATTEMPTS: 'Too many failures for this address: try again in fifteen minutes',
};

const refreshMessages: Record<RefreshSessionErrorCode, string> = {
  INVALID_REFRESH_TOKEN: 'The session has ended: log in again',
  REFRESH_TOKEN_REUSED: 'The token had been used before, so the session was ended: log in again',
};

/** The user error of a refused log-in. Which input was wrong is not told. */
export function logInError(code: LogInErrorCode): LogInError {
  return { code, message: logInMessages[code], field: null };
}

/** The user error of a refused refresh. */
export function refreshSessionError(code: RefreshSessionErrorCode): RefreshSessionError {
  return { code, message: refreshMessages[code], field: ['input', 'refreshToken'] };
}
