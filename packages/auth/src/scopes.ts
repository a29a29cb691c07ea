/** What a signed-in person may be. */
export const roles = ['CUSTOMER', 'ANALYST', 'OPERATOR'] as const;
export type Role = (typeof roles)[number];

const customerReads = ['profile:read', 'wallet:read', 'ledger:read', 'payment:read', 'forex:read'] as const;

/** `domain:act` reaches one's own objects, `domain:act:any` those of others too. */
const scopesPerRole: Record<Role, readonly string[]> = {
  CUSTOMER: [
    'profile:read',
    'profile:write',
    'wallet:read',
    'wallet:write',
    'ledger:read',
    'payment:read',
    'payment:write',
    'forex:read',
  ],
  ANALYST: [
    ...customerReads,
    'risk:read:any',
    'risk:review:any',
    'payment:read:any',
    'wallet:read:any',
    'profile:read:any',
  ],
  OPERATOR: [
    ...customerReads,
    'profile:read:any',
    'profile:tier:any',
    'wallet:read:any',
    'wallet:freeze:any',
    'ledger:read:any',
    'payment:read:any',
    'payment:deposit:any',
    'payment:cancel:any',
    'payment:capture:any',
    'payment:refund:any',
    'payment:retry:any',
    'payment:decide:any',
    'payment:suspense:any',
    'payment:settle:any',
    'risk:read:any',
  ],
};

/** What one service may ask of another; carried by service tokens only, never by a person's token. */
export const serviceScopes = [
  'ledger:post',
  'ledger:account',
  'wallet:resolve',
  'wallet:limit',
  'forex:lock',
  'risk:assess',
  'profile:resolve',
  'payment:resolve',
] as const;
export type ServiceScope = (typeof serviceScopes)[number];

/** The scopes that these roles give together, without repetition, in a stable order. */
export function scopesOf(held: readonly Role[]): string[] {
  return [...new Set(held.flatMap((role) => scopesPerRole[role]))].sort();
}

const allScopes = new Set<string>([...scopesOf(roles), ...serviceScopes]);

/** Whether somebody can hold the scope: a person by a role, or a service. */
export function isScope(text: string): boolean {
  return allScopes.has(text);
}

export function isRole(value: unknown): value is Role {
  return roles.some((role) => role === value);
}
