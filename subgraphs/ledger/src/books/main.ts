import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { staticKeys } from '@paygraph/auth';
import { databaseEnvironment, loadConfig, OperatorError, serviceEnvironment } from '@paygraph/service';
import { booksOf } from './books.ts';
import type { Heads } from './heads.ts';

const environment = {
  ...databaseEnvironment('ledger'),
  SERVICE_JWKS_FILE: serviceEnvironment.SERVICE_JWKS_FILE.optional(),
};

/**
 * `npm run ledger:verify`: proves the books of LEDGER_DATABASE_URL. Exit code 1 and the faults, the first one first.
 * With SERVICE_JWKS_FILE it checks the signatures of heads, and with `--heads FILE` the signed heads in a file, such as
 * the service's log.
 */
try {
  const { heads } = parseArgs({ options: { heads: { type: 'string' } } }).values;
  const { LEDGER_DATABASE_URL, SERVICE_JWKS_FILE } = loadConfig(environment);
  if (heads !== undefined && !SERVICE_JWKS_FILE)
    throw new OperatorError('SERVICE_JWKS_FILE: is required to check the heads of a file');
  const keys = SERVICE_JWKS_FILE && staticKeys(SERVICE_JWKS_FILE);
  const lines = heads === undefined ? undefined : linesOf(heads);
  const { head, currencies, signed, witnessed, faults } = await booksOf(LEDGER_DATABASE_URL, { keys, lines });
  console.log(`${head.sequence} transactions, chain ${head.hash}`);
  for (const { currency, debits, credits } of currencies)
    console.log(`${currency}: debits ${debits}, credits ${credits} minor units`);
  console.log(`${described(signed)}${keys ? '' : '; their signatures are not checked without SERVICE_JWKS_FILE'}`);
  if (witnessed) console.log(`${heads}: ${described(witnessed)}`);
  const all = witnessed?.count === 0 && !witnessed.fault ? [...faults, `${heads} holds no signed head`] : faults;
  for (const fault of all) console.error(`FAULT ${fault}`);
  console.log(all.length === 0 ? 'The books are sound.' : 'The books are broken.');
  process.exitCode = all.length === 0 ? 0 : 1;
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}

function described({ count, last }: Heads): string {
  const latest = last ? `, the last at ${last.signedAt.toISOString()} for ${last.sequence} transactions` : '';
  return `${count} signed heads that stand on the chain${latest}`;
}

/** Opened when the first is asked for: what a reader emits before anybody listens is lost. */
async function* linesOf(file: string): AsyncGenerator<string> {
  yield* createInterface(createReadStream(file));
}
