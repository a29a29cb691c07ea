import type { Role } from './scopes.ts';

export const serviceNames = ['profile', 'wallet', 'ledger', 'payment', 'forex', 'risk', 'gateway'] as const;
export type ServiceName = (typeof serviceNames)[number];

export function isServiceName(value: unknown): value is ServiceName {
  return serviceNames.some((name) => name === value);
}

export interface AnonymousPrincipal {
  readonly kind: 'anonymous';
}

/** A signed-in person: a customer, and also an analyst or operator (their roles and scopes tell). */
export interface CustomerPrincipal {
  readonly kind: 'customer';
  readonly id: string;
  readonly sessionId: string;
  readonly roles: readonly Role[];
  readonly scopes: ReadonlySet<string>;
  readonly expiresAt: Date;
}

/** Another service of the platform, acting for itself. */
export interface ServicePrincipal {
  readonly kind: 'service';
  readonly service: ServiceName;
  readonly scopes: ReadonlySet<string>;
  readonly expiresAt: Date;
}

export type Principal = AnonymousPrincipal | CustomerPrincipal | ServicePrincipal;

/** Who it is, for logs: the opaque id of a person, the name of a service. */
export function principalName(principal: Principal): string {
  switch (principal.kind) {
    case 'customer':
      return principal.id;
    case 'service':
      return principal.service;
    case 'anonymous':
      return 'anonymous';
  }
}

export const anonymous: AnonymousPrincipal = Object.freeze({ kind: 'anonymous' });

/**
 * Whether the principal holds every scope of at least one of the alternatives, as the argument of `@requiresScopes`
 * reads: the outer list is OR, the inner lists are AND. Nobody satisfies an empty outer list, and anonymous nothing.
 */
export function hasScopes(principal: Principal, alternatives: readonly (readonly string[])[]): boolean {
  if (principal.kind === 'anonymous') return false;
  return alternatives.some((scopes) => scopes.every((scope) => principal.scopes.has(scope)));
}

export function hasScope(principal: Principal, scope: string): boolean {
  return hasScopes(principal, [[scope]]);
}
