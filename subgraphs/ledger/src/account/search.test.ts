import { newId } from '@paygraph/ids';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { codes, eur, openTestLedger, type TestLedger } from '../testing/fixture.ts';
import { dataOf, errorCodes, serveLedger, type TestServer } from '../testing/http.ts';

let ledger: TestLedger;
let server: TestServer;
const ownerId = newId('cus');
let dollars: string;
let euros: string;
let others: string;

beforeAll(async () => {
  ledger = await openTestLedger();
  server = await serveLedger(ledger.databaseUrl);
  dollars = await ledger.openWallet({ ownerId, funds: 5n });
  euros = await ledger.openWallet({ ownerId, currency: eur, funds: 5n });
  others = await ledger.openWallet();
  expect(codes(await ledger.engine.setAccountStatuses([{ walletId: euros, status: 'FROZEN' }]))).toEqual(['done']);
  expect(codes(await ledger.engine.setAccountStatuses([{ walletId: others, status: 'CLOSED' }]))).toEqual(['done']);
});

afterAll(async () => {
  await server.stop();
  await ledger.close();
});

const query = `query ($filter: LedgerAccountFilter, $first: Int, $after: String) {
  ledgerAccounts(filter: $filter, first: $first, after: $after) { nodes { address } pageInfo { endCursor hasNextPage } }
}`;
interface Found {
  readonly ledgerAccounts: {
    readonly nodes: readonly { readonly address: string }[];
    readonly pageInfo: { readonly endCursor: string; readonly hasNextPage: boolean };
  };
}
const ask = (variables: object) => server.ask<Found>(query, variables, server.tokens.person(newId('cus'), 'OPERATOR'));
const find = async (filter: object) => dataOf(await ask({ filter })).ledgerAccounts.nodes.map(({ address }) => address);

describe('operators find accounts', () => {
  it('by owner, status and both', async () => {
    expect(await find({ ownerId })).toEqual([dollars, euros]);
    expect(await find({ statuses: ['FROZEN', 'CLOSED'] })).toEqual([euros, others]);
    expect(await find({ ownerId, statuses: ['OPEN'] })).toEqual([dollars]);
    expect(await find({ ownerId: newId('cus') })).toEqual([]);
  });

  it('by how their address begins', async () => {
    expect(await find({ addressPrefix: 'RAIL_CLEARING/' })).toEqual([
      'RAIL_CLEARING/USD/manual',
      'RAIL_CLEARING/EUR/manual',
    ]);
    expect(await find({ addressPrefix: 'RAIL_CLEARING/E' })).toEqual(['RAIL_CLEARING/EUR/manual']);
    expect(await find({ addressPrefix: euros.slice(0, -1) })).toEqual([euros]);
    expect(await find({ addressPrefix: `${euros}x` })).toEqual([]);
  });

  it('in pages, each behind the one before', async () => {
    const first = dataOf(await ask({ filter: { ownerId }, first: 1 })).ledgerAccounts;
    expect([first.nodes, first.pageInfo.hasNextPage]).toEqual([[{ address: dollars }], true]);
    const after = first.pageInfo.endCursor;
    const second = dataOf(await ask({ filter: { ownerId }, first: 1, after })).ledgerAccounts;
    expect([second.nodes, second.pageInfo.hasNextPage]).toEqual([[{ address: euros }], false]);
  });

  it('and nothing by a prefix that no address has', async () => {
    for (const addressPrefix of ['', '%', 'WALLET_', 'x'.repeat(65)]) {
      const answer = await ask({ filter: { addressPrefix } });
      const refused = addressPrefix !== 'WALLET_';
      expect(errorCodes(answer)).toEqual(refused ? ['BAD_USER_INPUT'] : []);
    }
  });
});
