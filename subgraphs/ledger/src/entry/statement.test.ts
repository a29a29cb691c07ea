import { newId } from '@paygraph/ids';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { credit, debit, house, openTestLedger, type TestLedger, transaction, wallet } from '../testing/fixture.ts';
import { dataOf, errorCodes, serveLedger, type TestServer } from '../testing/http.ts';

interface Line {
  readonly version: string;
  readonly direction: string;
  readonly kind: string;
  readonly postedAt: string;
  readonly balanceAfter: { readonly amount: string };
}
interface Statement {
  readonly nodes: readonly Line[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly startCursor: string; readonly endCursor: string };
}

let ledger: TestLedger;
let server: TestServer;
const owner = newId('cus');
let walletId: string;
/** All of it, oldest first. */
let history: readonly Line[];

const ownerToken = () => server.tokens.person(owner, 'CUSTOMER');
const operatorToken = () => server.tokens.person(newId('cus'), 'OPERATOR');

/** Posting times are shown to the millisecond: what is to be told apart by them waits for the next. */
async function nextMillisecond(): Promise<void> {
  const now = Date.now();
  while (Date.now() <= now + 1) await new Promise((resolve) => setImmediate(resolve));
}

async function walletField<Field>(field: string, token = ownerToken()): Promise<Field | null> {
  const answer = await server.askEntities<{ field: Field | null }>('Wallet', [walletId], `field: ${field}`, token);
  return dataOf(answer)._entities[0]?.field ?? null;
}

const lines =
  'nodes { version direction kind postedAt balanceAfter { amount } } pageInfo { hasNextPage startCursor endCursor }';

async function statement(args = '(first: 100)', token?: string): Promise<Statement> {
  const found = await walletField<Statement>(`entries${args} { ${lines} }`, token);
  if (!found) throw new Error('There is no statement');
  return found;
}

const versions = ({ nodes }: Statement) => nodes.map(({ version }) => Number(version));
const balanceAt = (at: string, token?: string) =>
  walletField<{ at: string; posted: { amount: string }; version: string }>(
    `balanceAt(at: "${at}") { at posted { amount } version }`,
    token,
  );

beforeAll(async () => {
  ledger = await openTestLedger();
  server = await serveLedger(ledger.databaseUrl);
  walletId = await ledger.openWallet({ funds: 1000n, ownerId: owner });
  for (const amount of [10n, 20n, 30n, 40n, 50n]) {
    await nextMillisecond();
    const out = [debit(wallet(walletId), amount), credit(house('SUSPENSE'), amount)];
    const back = [debit(house('SUSPENSE'), 1n), credit(wallet(walletId), 1n)];
    // Two in one batch: at the same time, in their order.
    await ledger.engine.post([transaction(out, { kind: 'PAYOUT' }), transaction(back, { kind: 'REFUND' })]);
  }
  await nextMillisecond();
  history = [...(await statement()).nodes].reverse();
});

afterAll(async () => {
  await server.stop();
  await ledger.close();
});

describe('the balance at an instant', () => {
  it('is what the last entry up to then left, its millisecond included', async () => {
    for (const { postedAt } of history) {
      const last = history.filter((line) => line.postedAt <= postedAt).at(-1);
      expect(await balanceAt(postedAt)).toEqual({
        at: postedAt,
        posted: last?.balanceAfter,
        version: last?.version,
      });
    }
  });

  it('is nothing before the first entry, and the balance of today today', async () => {
    expect(await balanceAt('1970-01-01T00:00:00Z')).toMatchObject({ posted: { amount: '0.00' }, version: '0' });
    expect(await balanceAt(new Date().toISOString())).toMatchObject({ posted: { amount: '8.55' }, version: '11' });
  });

  it('is not told for the future', async () => {
    const field = `balanceAt(at: "${new Date(Date.now() + 60_000).toISOString()}") { version }`;
    expect(errorCodes(await server.askEntities('Wallet', [walletId], field, ownerToken()))).toEqual(['BAD_USER_INPUT']);
  });

  it('is for the owner and staff who read the books', async () => {
    const at = new Date().toISOString();
    expect(await balanceAt(at, operatorToken())).toMatchObject({ version: '11' });
    expect(await balanceAt(at, server.tokens.person(newId('cus'), 'CUSTOMER'))).toBeNull();
    expect(await balanceAt(at, server.tokens.person(newId('cus'), 'ANALYST'))).toBeNull();
  });

  it('is told of any account to operators, several at several instants at once', async () => {
    const { id } = await ledger.database.account.findUniqueOrThrow({ where: { address: 'SUSPENSE/USD' } });
    const [first, last] = [history[1]?.postedAt, history.at(-1)?.postedAt];
    const selection = `early: balanceAt(at: "${first}") { posted { amount } version }
      late: balanceAt(at: "${last}") { posted { amount } version }`;
    const entities = await server.askEntities('LedgerAccount', [id], selection, operatorToken());
    expect(dataOf(entities)._entities).toEqual([
      { early: { posted: { amount: '0.09' }, version: '2' }, late: { posted: { amount: '1.45' }, version: '10' } },
    ]);
  });
});

describe('a statement', () => {
  const at = (index: number) => history[index]?.postedAt ?? '';

  it('has the balance after each entry', () => {
    expect(history.map(({ balanceAfter }) => balanceAfter.amount)).toEqual([
      ...['10.00', '9.90', '9.91', '9.71', '9.72', '9.42', '9.43', '9.03', '9.04', '8.54', '8.55'],
    ]);
  });

  it('is cut by posting time: from an instant on, and before another', async () => {
    expect(versions(await statement(`(filter: { from: "${at(3)}" })`))).toEqual([11, 10, 9, 8, 7, 6, 5, 4]);
    expect(versions(await statement(`(filter: { until: "${at(3)}" })`))).toEqual([3, 2, 1]);
    expect(versions(await statement(`(filter: { from: "${at(3)}", until: "${at(7)}" })`))).toEqual([7, 6, 5, 4]);
    expect(versions(await statement('(filter: { until: "1970-01-01T00:00:00Z" })'))).toEqual([]);
    expect(versions(await statement('(filter: { from: "2200-01-01T00:00:00Z" })'))).toEqual([]);
  });

  it('is cut by side and by what happened', async () => {
    expect(versions(await statement('(filter: { direction: DEBIT })'))).toEqual([10, 8, 6, 4, 2]);
    expect(versions(await statement('(filter: { kinds: [REFUND, COLLECTION] })'))).toEqual([11, 9, 7, 5, 3, 1]);
    expect(versions(await statement('(filter: { kinds: [REFUND], direction: DEBIT })'))).toEqual([]);
    expect(versions(await statement('(filter: { kinds: [] })'))).toEqual([]);
  });

  it('is refused for a range that ends before it begins', async () => {
    const field = `entries(filter: { from: "${at(3)}", until: "${at(3)}" }) { nodes { id } }`;
    expect(errorCodes(await server.askEntities('Wallet', [walletId], field, ownerToken()))).toEqual(['BAD_USER_INPUT']);
  });

  it('is the same in pages of any size, forward and backward, filtered or not', async () => {
    const filters = ['', `filter: { from: "${at(1)}", until: "${at(9)}" }`, 'filter: { direction: CREDIT }'];
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...filters), fc.integer({ min: 1, max: 6 }), async (filter, size) => {
        const whole = versions(await statement(`(first: 100, ${filter})`));
        const forward: number[] = [];
        for (let after = ''; ; ) {
          const page = await statement(`(first: ${size}, ${filter} ${after})`);
          forward.push(...versions(page));
          if (!page.pageInfo.hasNextPage) break;
          after = `after: "${page.pageInfo.endCursor}"`;
        }
        const backward: number[] = [];
        for (let before = ''; ; ) {
          const page = await statement(`(last: ${size}, ${filter} ${before})`);
          backward.unshift(...versions(page));
          if (page.nodes.length < size) break;
          before = `before: "${page.pageInfo.startCursor}"`;
        }
        expect([forward, backward]).toEqual([whole, whole]);
      }),
      { numRuns: 10 },
    );
  });

  it('is shown of any account to operators, with both sides', async () => {
    const query = `{ ledgerAccounts(filter: { addressPrefix: "SUSPENSE/" }) {
      nodes { address ownerId entries(first: 1) { nodes { version account { address } transaction { kind } } } }
    } }`;
    expect(dataOf(await server.ask(query, {}, operatorToken()))).toEqual({
      ledgerAccounts: {
        nodes: [
          {
            address: 'SUSPENSE/USD',
            ownerId: null,
            entries: {
              nodes: [{ version: '10', account: { address: 'SUSPENSE/USD' }, transaction: { kind: 'REFUND' } }],
            },
          },
        ],
      },
    });
  });
});
