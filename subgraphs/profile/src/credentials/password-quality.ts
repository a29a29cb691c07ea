import { dictionary } from '@zxcvbn-ts/language-common';
import { normalizePassword } from './password.ts';

/** NIST SP 800-63B: at least 8 characters, and at least 64 allowed. */
const minLength = 8;
const maxLength = 128;

/** Some 18,000 leaked passwords that are long enough to be chosen here. */
const common: ReadonlySet<string> = new Set(
  dictionary['passwords-common'].filter((password) => password.length >= minLength),
);

/**
 * Whether a password may be chosen: 8 to 128 characters (Unicode code points), and not one of the most common ones in
 * any capitals. What kinds of characters it has is not asked (NIST SP 800-63B, 3.1.1.2).
 */
export function isSuitablePassword(password: string): boolean {
  const normalized = normalizePassword(password);
  const length = [...normalized].length;
  if (length < minLength || length > maxLength) return false;
  return !common.has(normalized.toLowerCase());
}
