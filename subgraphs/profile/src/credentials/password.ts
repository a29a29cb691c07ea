import { hash, verify } from '@node-rs/argon2';

/**
 * Argon2id with 19 MiB, two passes and one lane: the OWASP Password Storage Cheat Sheet's first recommendation. Argon2id
 * is the library's default, whose enum cannot be named under `isolatedModules`.
 */
const parameters = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };

/** A password as it is hashed: the same in every Unicode form. NIST SP 800-63B, 3.1.1.2. */
export function normalizePassword(password: string): string {
  return password.normalize('NFKC');
}

export interface Passwords {
  /** Hashes a new password, with a salt of its own, in PHC format. */
  hash(password: string): Promise<string>;
  /** Whether the password belongs to the hash. Without a hash it never does, which takes as long to find out. */
  verify(password: string, passwordHash: string | undefined): Promise<boolean>;
}

/** Hashes and verifies passwords in their normalized form. */
export function createPasswords(): Passwords {
  const decoy = hash('nobody has this password', parameters);
  return {
    hash: (password) => hash(normalizePassword(password), parameters),
    async verify(password, passwordHash) {
      const matches = await verify(passwordHash ?? (await decoy), normalizePassword(password));
      return matches && passwordHash !== undefined;
    },
  };
}
