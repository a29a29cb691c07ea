import { createPublicKey } from 'node:crypto';
import jwt from 'jsonwebtoken';
import type { SigningKey } from './keys.ts';
import { algorithm } from './sign.ts';

/** Longest token in characters that is looked at. */
const maxTokenLength = 4_096;

/** What a link stands for, in plain JSON. */
export type LinkClaims = Readonly<Record<string, unknown>>;

/** Makes and reads the tokens of links that give one thing, for a while, to whoever has them. */
export interface Links {
  sign(claims: LinkClaims): { readonly token: string; readonly expiresAt: Date };
  /** What the token stands for; undefined when it has run out, or was not made with this key for this use. */
  read(token: string): LinkClaims | undefined;
}

export interface LinksOptions {
  readonly key: SigningKey;
  /** What the links are for, such as `ledger-export`. No token for another use is taken, nor is this one elsewhere. */
  readonly use: string;
  /** Life in seconds. */
  readonly lifetime: number;
  readonly now?: () => Date;
}

export function createLinks({ key, use, lifetime, now = () => new Date() }: LinksOptions): Links {
  const publicKey = createPublicKey(key.privateKey);
  /** Undefined for whatever is no good: the library throws errors of many kinds for what it cannot even read. */
  const verified = (token: string, options: jwt.VerifyOptions & { complete?: false }) => {
    try {
      return jwt.verify(token, publicKey, options);
    } catch {
      return undefined;
    }
  };
  const seconds = () => Math.floor(now().getTime() / 1000);
  return {
    sign(claims) {
      const iat = seconds();
      const exp = iat + lifetime;
      const token = jwt.sign({ link: claims, aud: use, iat, exp }, key.privateKey, { algorithm });
      return { token, expiresAt: new Date(exp * 1000) };
    },
    read(token) {
      if (token.length > maxTokenLength) return undefined;
      const payload = verified(token, { algorithms: [algorithm], audience: use, clockTimestamp: seconds() });
      const claims: unknown = typeof payload === 'object' ? payload.link : undefined;
      return typeof claims === 'object' && claims !== null ? { ...claims } : undefined;
    },
  };
}
