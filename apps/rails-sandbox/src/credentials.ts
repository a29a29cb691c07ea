import { constants, createPrivateKey, createPublicKey, privateDecrypt } from 'node:crypto';
import { readFileSync } from 'node:fs';

/** Known to everybody and protecting nothing: with it the sandbox reads what adapters encrypt for operators. */
const privateKey = createPrivateKey(readFileSync(new URL('../data/sandbox-key.pem', import.meta.url)));

/** Its public half, as the operators' portals show theirs. */
export const publicKey = createPublicKey(privateKey).export({ format: 'der', type: 'spki' }).toString('base64');

/**
 * Opens what was sealed with RSA and PKCS #1 v1.5 padding; undefined when it was not. Node does not take that padding off
 * any more, because doing so for strangers tells them the key; this key is no secret.
 */
export function unsealed(base64: string): string | undefined {
  try {
    return withoutPadding(rawDecrypt(Buffer.from(base64, 'base64')));
  } catch {
    return undefined;
  }
}

function rawDecrypt(sealed: Buffer): Buffer {
  return privateDecrypt({ key: privateKey, padding: constants.RSA_NO_PADDING }, sealed);
}

/** RFC 8017, section 7.2: `00 02`, eight or more random bytes that are not zero, `00`, the message. */
function withoutPadding(block: Buffer): string | undefined {
  const end = block.indexOf(0, 2);
  return block[0] === 0 && block[1] === 2 && end >= 10 ? block.subarray(end + 1).toString('utf8') : undefined;
}

/** What the sandbox takes for credentials; real ones never go to it. */
export const credentials = {
  mtn: {
    environment: 'sandbox',
    collection: {
      subscriptionKey: 'sandbox-collection',
      apiUser: 'b6b0e6a1-6a3f-4c8c-9d5e-1f1e0c5a0001',
      apiKey: 'sandbox-collection-key',
    },
    disbursement: {
      subscriptionKey: 'sandbox-disbursement',
      apiUser: 'b6b0e6a1-6a3f-4c8c-9d5e-1f1e0c5a0002',
      apiKey: 'sandbox-disbursement-key',
    },
  },
  airteltigo: {
    clientId: 'b6b0e6a1-6a3f-4c8c-9d5e-1f1e0c5a0003',
    clientSecret: 'sandbox-airteltigo-secret',
    pin: '1357',
    callbackKey: 'sandbox-airteltigo-callback-key',
  },
  telecel: { environment: 'sandbox', apiKey: 'sandbox-telecel-api-key', serviceProviderCode: '000000', origin: '*' },
  bank: {
    token: 'sandbox-bank-token',
    webhookSecret: `whsec_${Buffer.from('sandbox-bank-webhook-secret-0001').toString('base64')}`,
    account: { name: 'Paygraph', iban: 'DE89370400440532013000', bic: 'COBADEFFXXX' },
  },
  callbackSecret: 'sandbox-callback-secret',
} as const;
