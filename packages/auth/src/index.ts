export {
  type Authenticate,
  type AuthenticatorOptions,
  createAuthenticator,
  TokenError,
  type TokenErrorReason,
} from './authenticate.ts';
export { ensureKeys, type KeyFiles } from './key-files.ts';
export {
  type KeySource,
  KeysUnavailableError,
  type RemoteKeysOptions,
  remoteKeys,
  staticKeys,
  type VerificationKey,
} from './key-source.ts';
export {
  generateSigningKey,
  type Jwks,
  KeyError,
  type PrivateJwk,
  type PublicJwk,
  parseJwks,
  parseSigningKey,
  privateJwk,
  publicJwk,
  type SigningKey,
} from './keys.ts';
export { createLinks, type LinkClaims, type Links, type LinksOptions } from './links.ts';
export {
  type AnonymousPrincipal,
  anonymous,
  type CustomerPrincipal,
  hasScope,
  hasScopes,
  isServiceName,
  type Principal,
  principalName,
  type ServiceName,
  type ServicePrincipal,
  serviceNames,
} from './principal.ts';
export { createProofVerifier, createProver, type Prove, type Proven, type VerifyProof } from './proof.ts';
export { rememberVerified } from './remember.ts';
export { alternativesOf, meets, type Policies, type Requirement } from './requirements.ts';
export { isScope, type Role, type ServiceScope, scopesOf } from './scopes.ts';
export {
  type AccessTokenRequest,
  createServiceTokenSigner,
  type ServiceTokenSigner,
  signAccessToken,
} from './sign.ts';
export {
  digestOf,
  readStatement,
  type Statement,
  type StatementClaims,
  StatementError,
  signStatement,
  verifyStatement,
} from './statement.ts';
