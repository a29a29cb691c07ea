import { newId } from '@paygraph/ids';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  credit,
  debit,
  house,
  jpy,
  kwd,
  openTestLedger,
  reservation,
  type TestLedger,
  transaction,
  wallet,
} from '../testing/fixture.ts';
import { dataOf, errorCodes, serveLedger, type TestServer } from '../testing/http.ts';

let ledger: TestLedger;
let server: TestServer;
let operator: string;
const owner = newId('cus');

beforeAll(async () => {
  ledger = await openTestLedger();
  server = await serveLedger(ledger.databaseUrl);
  operator = server.tokens.person(newId('cus'), 'OPERATOR');
});

afterAll(async () => {
  await server.stop();
  await ledger.close();
});

const ownerToken = () => server.tokens.person(owner, 'CUSTOMER');

const entities = async <Entity>(...asked: Parameters<TestServer['askEntities']>) =>
  dataOf(await server.askEntities<Entity>(...asked))._entities;

describe('Wallet.balance', () => {
  const selection =
    'id balance { posted { amount currency } available { amount } pendingOut { amount } pendingIn { amount } version }';

  it('shows the owner what is posted, pending and available', async () => {
    const walletId = await ledger.openWallet({ funds: 10_000n, ownerId: owner });
    const entries = [debit(wallet(walletId), 6000n), credit(house('SUSPENSE'), 6000n)];
    await ledger.engine.reserve([reservation(entries)]);
    expect(await entities('Wallet', [walletId], selection, ownerToken())).toEqual([
      {
        id: walletId,
        balance: {
          posted: { amount: '100.00', currency: 'USD' },
          available: { amount: '40.00' },
          pendingOut: { amount: '60.00' },
          pendingIn: { amount: '0.00' },
          version: '1',
        },
      },
    ]);
  });

  it('has as many fraction digits as the currency', async () => {
    const [yen, dinars] = [
      await ledger.openWallet({ currency: jpy, funds: 500n, ownerId: owner }),
      await ledger.openWallet({ currency: kwd, funds: 500n, ownerId: owner }),
    ];
    expect(await entities('Wallet', [yen, dinars], 'balance { posted { amount } }', ownerToken())).toEqual([
      { balance: { posted: { amount: '500' } } },
      { balance: { posted: { amount: '0.500' } } },
    ]);
  });

  it('is null for everybody else, as for a wallet that does not exist', async () => {
    const walletId = await ledger.openWallet({ funds: 100n, ownerId: owner });
    const ids = [walletId, newId('wal'), 'FEE_REVENUE/USD'];
    const nothing = ids.map(() => ({ balance: null, entries: null }));
    const both = 'balance { version } entries { nodes { id } }';
    expect(await entities('Wallet', ids, both, server.tokens.person(newId('cus'), 'CUSTOMER'))).toEqual(nothing);
    expect(await entities('Wallet', ids, both, server.tokens.person(newId('cus'), 'ANALYST'))).toEqual(nothing);
    expect(await entities('Wallet', ids, 'balance { version }', operator)).toEqual([
      { balance: { version: '1' } },
      { balance: null },
      { balance: null },
    ]);
  });

  it('asks whoever is not signed in to sign in', async () => {
    const walletId = await ledger.openWallet();
    expect(errorCodes(await server.askEntities('Wallet', [walletId], 'balance { version }'))).toEqual([
      'UNAUTHENTICATED',
    ]);
  });
});

describe('Wallet.entries', () => {
  const entries = (args: string) => `entries${args} {
    nodes { direction amount { amount } balanceAfter { amount } version kind reference }
    edges { cursor node { version } }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  }`;
  let walletId: string;

  interface EntryPage {
    readonly nodes: readonly { readonly version: string }[];
    readonly pageInfo: { readonly startCursor: string; readonly endCursor: string };
  }
  const page = async (args = '') => {
    const [found] = await entities<{ entries: EntryPage }>('Wallet', [walletId], entries(args), ownerToken());
    if (!found) throw new Error('There is no wallet');
    return found.entries;
  };
  const versions = ({ nodes }: EntryPage) => nodes.map(({ version }) => Number(version));

  beforeAll(async () => {
    walletId = await ledger.openWallet({ funds: 1000n, ownerId: owner });
    for (let index = 0; index < 24; index += 1)
      await ledger.engine.post([
        transaction([debit(wallet(walletId), 10n), credit(house('SUSPENSE'), 10n)], { reference: 'r' }),
      ]);
  });

  it('are newest first, each with the balance after it', async () => {
    const { nodes, pageInfo } = await page('(first: 2)');
    expect(nodes).toEqual([
      {
        direction: 'DEBIT',
        amount: { amount: '0.10' },
        balanceAfter: { amount: '7.60' },
        version: '25',
        kind: 'TRANSFER',
        reference: 'r',
      },
      {
        direction: 'DEBIT',
        amount: { amount: '0.10' },
        balanceAfter: { amount: '7.70' },
        version: '24',
        kind: 'TRANSFER',
        reference: 'r',
      },
    ]);
    expect(pageInfo).toMatchObject({ hasNextPage: true, hasPreviousPage: false });
  });

  it('come in pages that stay where they are while entries are added', async () => {
    const first = await page();
    expect(versions(first)).toEqual(Array.from({ length: 20 }, (_, index) => 25 - index));
    await ledger.engine.post([transaction([debit(wallet(walletId), 10n), credit(house('SUSPENSE'), 10n)])]);
    const second = await page(`(first: 20, after: "${first.pageInfo.endCursor}")`);
    expect(versions(second)).toEqual([5, 4, 3, 2, 1]);
    expect(second.pageInfo).toMatchObject({ hasNextPage: false, hasPreviousPage: true });
    const back = await page(`(last: 3, before: "${second.pageInfo.startCursor}")`);
    expect(versions(back)).toEqual([8, 7, 6]);
    expect(versions(await page('(last: 2)'))).toEqual([2, 1]);
  });

  it('refuse pages that are none', async () => {
    for (const args of ['(first: 0)', '(first: 101)', '(after: "nonsense")', '(first: 1, last: 1)'])
      expect(errorCodes(await server.askEntities('Wallet', [walletId], entries(args), ownerToken()))).toEqual([
        'BAD_USER_INPUT',
      ]);
  });

  it('do not show their owner the other side', async () => {
    const selection = 'entries(first: 1) { nodes { account { id } transaction { id } } }';
    expect(errorCodes(await server.askEntities('Wallet', [walletId], selection, ownerToken()))).toEqual([
      'FORBIDDEN',
      'FORBIDDEN',
    ]);
  });
});
