import { hash } from 'node:crypto';

/** SHA-256's block and digest, in bytes. */
const BLOCK = 64;
const DIGEST = 32;

/** HMAC-SHA-256 of texts in UTF-8, in base64url. */
export type AuthenticationCode = (text: string) => string;

/**
 * HMAC-SHA-256 under one key. Node's own makes an object for every text, which has to be finalized as well: in a gateway that
 * proves each request it took a twentieth of the time. Two hashes of reused bytes take a fraction of that.
 *
 * Source: RFC 2104. @param key of at most a block
 */
export function createAuthenticationCode(key: Uint8Array): AuthenticationCode {
  if (key.length > BLOCK) throw new RangeError('A longer key would have to be hashed first');
  const padded = Buffer.concat([key, Buffer.alloc(BLOCK - key.length)]);
  const inner = padded.map((byte) => byte ^ 0x36);
  const outer = Buffer.concat([padded.map((byte) => byte ^ 0x5c), Buffer.alloc(DIGEST)]);
  let scratch = Buffer.concat([inner, Buffer.alloc(4096)]);
  return (text) => {
    // No character takes more than three bytes.
    const room = BLOCK + 3 * text.length;
    if (scratch.length < room) scratch = Buffer.concat([inner, Buffer.alloc(2 * room)]);
    const end = BLOCK + scratch.write(text, BLOCK);
    outer.write(hash('sha256', scratch.subarray(0, end), 'binary'), BLOCK, 'binary');
    return hash('sha256', outer, 'base64url');
  };
}
