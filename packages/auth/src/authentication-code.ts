import { hash } from 'node:crypto';

/** SHA-256's block and digest, in bytes. */
const BLOCK = 64;
const DIGEST = 32;

/** HMAC-SHA-256 of two texts in UTF-8, one after the other, in base64url. Put together first, they would have to be copied. */
export type AuthenticationCode = (head: string, body: string) => string;

/** Length in bytes of most texts. Of the bytes up to each of their lengths a view is kept, which costs as much to make as to hash. */
const USUAL = 4096;

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
  let scratch = Buffer.concat([inner, Buffer.alloc(USUAL)]);
  let views: Buffer[] = [];
  return (head, body) => {
    // No character takes more than three bytes.
    const room = BLOCK + 3 * (head.length + body.length);
    if (scratch.length < room) {
      scratch = Buffer.concat([inner, Buffer.alloc(2 * room)]);
      views = [];
    }
    const begin = BLOCK + scratch.write(head, BLOCK);
    const length = begin + scratch.write(body, begin);
    let view = views[length];
    if (!view) {
      view = scratch.subarray(0, length);
      if (length <= USUAL) views[length] = view;
    }
    outer.write(hash('sha256', view, 'binary'), BLOCK, 'binary');
    return hash('sha256', outer, 'base64url');
  };
}
