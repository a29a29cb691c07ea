import {
  type KeySource,
  readStatement,
  type SigningKey,
  type Statement,
  StatementError,
  signStatement,
  verifyStatement,
} from '@paygraph/auth';

/** What the ledger states of its chain. */
export interface Head {
  /** The number of transactions. */
  readonly sequence: bigint;
  /** The link of the chain there, in hex. */
  readonly hash: string;
  /** SHA-256 in hex of the statement before it; null for the first. */
  readonly previous: string | null;
  /** To the second. */
  readonly signedAt: Date;
}

const service = 'ledger';
const type = 'ledger-head';

/** A compact JWS (ES256) that anybody can check who has the ledger's public key. */
export function signHead(key: SigningKey, { sequence, hash, previous, signedAt }: Head): string {
  return signStatement({ service, key, type, signedAt, claims: { sequence: sequence.toString(), hash, previous } });
}

/** @param keys where the ledger's keys are found; without them the signature is not looked at. @throws StatementError */
export async function headIn(statement: string, keys?: KeySource): Promise<Head> {
  return headOf(keys ? await verifyStatement(statement, { service, type, keys }) : readStatement(statement, { type }));
}

function headOf({ claims: { sequence, hash, previous = null }, signedAt }: Statement): Head {
  if (!/^\d{1,19}$/.test(sequence ?? '') || !/^[0-9a-f]{64}$/.test(hash ?? ''))
    throw new StatementError('it does not say where the chain ended');
  return { sequence: BigInt(sequence ?? ''), hash: hash ?? '', previous, signedAt };
}
