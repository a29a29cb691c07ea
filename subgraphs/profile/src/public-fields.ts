const refusal = ['code', 'message', 'field'];
const signedIn = ['session', 'userErrors'];

/** What anybody may read and run: to become somebody, and of a person what everybody may know. */
export const publicFields = {
  Query: ['viewer'],
  Mutation: ['register', 'logIn', 'refreshSession'],
  RegisterPayload: signedIn,
  RegisterError: refusal,
  LogInPayload: signedIn,
  LogInError: refusal,
  RefreshSessionPayload: signedIn,
  RefreshSessionError: refusal,
  Session: ['id', 'accessToken', 'accessTokenExpiresAt', 'refreshToken', 'refreshTokenExpiresAt', 'customer'],
  /** Reaches everybody who was handed a `Customer`: handing it out is what asks who may see the person. */
  Customer: ['displayName', 'handle', 'createdAt'],
};
