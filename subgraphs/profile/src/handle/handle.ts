/** How long in ms a handle stays before it may be changed again. */
export const handleCooldownMs = 30 * 24 * 60 * 60_000;

/** How long in ms a handle that was given up is nobody else's. */
export const handleQuarantineMs = 90 * 24 * 60 * 60_000;

export type CheckedHandle =
  | { readonly kind: 'handle'; readonly handle: string; readonly skeleton: string }
  | { readonly kind: 'refused'; readonly code: 'HANDLE_INVALID' | 'HANDLE_RESERVED' };

/** A handle in the one form in which it is stored and compared, whether or not it is one. */
export function normalizeHandle(text: string): string {
  return text.trim().replace(/^@/, '').normalize('NFKC').toLowerCase();
}

/** Whether a handle in its normal form is one: no character outside ASCII, so that nothing can look like another script. */
export function isHandle(handle: string): boolean {
  return /^[a-z0-9_]{3,30}$/.test(handle) && /[a-z0-9]/.test(handle);
}

/**
 * What handles that look alike have in common: underscores do not count, and of characters that are hard to tell apart one
 * stands for all, after the confusables of Unicode TR 39 for lower-case ASCII.
 */
export function skeletonOf(handle: string): string {
  return handle
    .replaceAll('_', '')
    .replaceAll('0', 'o')
    .replaceAll('1', 'l')
    .replaceAll('m', 'rn')
    .replaceAll('w', 'vv');
}

/** Names that only we may speak under. */
const reserved = new Set(
  [
    ...['paygraph', 'paygraphteam', 'paygraphsupport', 'paygraphhelp', 'official', 'team', 'staff', 'system', 'root'],
    ...['admin', 'administrator', 'moderator', 'operator', 'analyst', 'support', 'help', 'helpdesk', 'service', 'info'],
    ...['security', 'fraud', 'compliance', 'legal', 'billing', 'payments', 'payment', 'refund', 'refunds', 'payout'],
    ...[
      'bank',
      'wallet',
      'deposit',
      'fees',
      'null',
      'undefined',
      'anonymous',
      'everyone',
      'nobody',
      'me',
      'you',
      'api',
    ],
  ].map(skeletonOf),
);

/** A handle as a person may choose it. */
export function checkHandle(text: string): CheckedHandle {
  const handle = normalizeHandle(text);
  if (!isHandle(handle)) return { kind: 'refused', code: 'HANDLE_INVALID' };
  const skeleton = skeletonOf(handle);
  if (reserved.has(skeleton)) return { kind: 'refused', code: 'HANDLE_RESERVED' };
  return { kind: 'handle', handle, skeleton };
}
