import { newId } from '@paygraph/ids';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  codes,
  credit,
  debit,
  eur,
  ghs,
  house,
  kwd,
  ofRail,
  openTestLedger,
  type TestLedger,
  transaction,
  wallet,
  xof,
} from './testing/fixture.ts';
import { dataOf, errorCodes, serveLedger, type TestServer } from './testing/http.ts';

let ledger: TestLedger;
let server: TestServer;
let operator: string;

beforeAll(async () => {
  ledger = await openTestLedger();
  server = await serveLedger(ledger.databaseUrl);
  operator = server.tokens.person(newId('cus'), 'OPERATOR');
});

afterAll(async () => {
  await server.stop();
  await ledger.close();
});

const customer = () => server.tokens.person(newId('cus'), 'CUSTOMER');

const entities = async <Entity>(...asked: Parameters<TestServer['askEntities']>) =>
  dataOf(await server.askEntities<Entity>(...asked))._entities;

describe('for staff', () => {
  it('a payment has its transactions in order, with entries and accounts', async () => {
    const reference = newId('pay');
    const walletId = await ledger.openWallet({ currency: eur });
    const entries = [
      debit(house('FX_POSITION', eur), 2201n),
      credit(wallet(walletId, eur), 2189n),
      credit(house('FX_REVENUE', eur), 12n),
    ];
    const back = [debit(wallet(walletId, eur), 2189n), credit(house('FX_POSITION', eur), 2189n)];
    const posted = transaction(entries, {
      reference,
      metadata: { quote: 'q' },
      effectiveAt: new Date('2026-09-29T12:00:00Z'),
    });
    const refund = transaction(back, { reference, kind: 'REFUND' });
    expect(codes(await ledger.engine.post([posted, refund]))).toEqual(['done', 'done']);
    const selection = `ledgerTransactions {
      id kind effectiveAt metadata
      entries { id direction amount { amount } balanceAfter { amount } account { purpose currency rail wallet { id } normalBalance status balance { posted { amount } } } transaction { id } }
    }`;
    interface PaymentInBooks {
      readonly ledgerTransactions: readonly { readonly id: string; readonly kind: string }[];
    }
    const [payment, other] = await entities<PaymentInBooks>('Payment', [reference, newId('pay')], selection, operator);
    expect(other).toEqual({ ledgerTransactions: [] });
    expect(payment?.ledgerTransactions.map(({ id, kind }) => [id, kind])).toEqual([
      [posted.id, 'TRANSFER'],
      [refund.id, 'REFUND'],
    ]);
    const account = (purpose: string, balance: string) => ({
      purpose,
      currency: 'EUR',
      rail: null,
      wallet: null,
      normalBalance: 'CREDIT',
      status: 'OPEN',
      balance: { posted: { amount: balance } },
    });
    const entryOf = (position: number, direction: string, amount: string, balanceAfter: string, of: object) => ({
      id: `${posted.id}/${position}`,
      direction,
      amount: { amount },
      balanceAfter: { amount: balanceAfter },
      account: of,
      transaction: { id: posted.id },
    });
    expect(payment?.ledgerTransactions[0]).toEqual({
      id: posted.id,
      kind: 'TRANSFER',
      effectiveAt: '2026-09-29T12:00:00.000Z',
      metadata: { quote: 'q' },
      entries: [
        entryOf(1, 'DEBIT', '22.01', '-22.01', account('FX_POSITION', '-0.12')),
        entryOf(2, 'CREDIT', '21.89', '21.89', { ...account('WALLET', '0.00'), wallet: { id: walletId } }),
        entryOf(3, 'CREDIT', '0.12', '0.12', account('FX_REVENUE', '0.12')),
      ],
    });
  });

  it('transactions and accounts are found by id, and by nobody else', async () => {
    const posted = transaction([debit(ofRail('RAIL_COST'), 7n), credit(ofRail('RAIL_CLEARING'), 7n)]);
    await ledger.engine.post([posted]);
    const cost = await ledger.database.account.findUniqueOrThrow({ where: { address: 'RAIL_COST/USD/manual' } });
    const query = 'query ($id: ID!) { ledgerTransaction(id: $id) { id reference } }';
    expect((await server.ask(query, { id: posted.id }, operator)).data).toEqual({
      ledgerTransaction: { id: posted.id, reference: posted.reference },
    });
    expect((await server.ask(query, { id: newId('txn') }, operator)).data).toEqual({ ledgerTransaction: null });
    expect(errorCodes(await server.ask(query, { id: posted.id }, customer()))).toEqual(['FORBIDDEN']);
    const unknown = newId('acc');
    expect(await entities('LedgerAccount', [cost.id, unknown], 'id rail', operator)).toEqual([
      { id: cost.id, rail: 'manual' },
      null,
    ]);
    expect(await entities('LedgerTransaction', [posted.id, newId('txn')], 'id', operator)).toEqual([
      { id: posted.id },
      null,
    ]);
    expect(await entities('LedgerAccount', [cost.id], 'id', customer())).toEqual([null]);
    expect(await entities('LedgerTransaction', [posted.id], 'id', customer())).toEqual([null]);
  });

  it('accounts are listed oldest first, and by purpose, currency, rail and wallet', async () => {
    const walletId = await ledger.openWallet({ currency: kwd, funds: 5n });
    await ledger.engine.post([
      transaction([debit(ofRail('RAIL_CLEARING', kwd, 'mobile'), 1n), credit(house('SUSPENSE', kwd), 1n)]),
    ]);
    const query = `query ($filter: LedgerAccountFilter, $first: Int, $after: String) {
      ledgerAccounts(filter: $filter, first: $first, after: $after) {
        nodes { id purpose currency rail wallet { id } createdAt } pageInfo { hasNextPage endCursor }
      }
    }`;
    interface AccountPage {
      readonly nodes: readonly { readonly id: string; readonly purpose: string; readonly rail: string | null }[];
      readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string };
    }
    const list = async (variables: object) =>
      dataOf(await server.ask<{ ledgerAccounts: AccountPage }>(query, variables, operator)).ledgerAccounts;
    const names = async (filter: object) =>
      (await list({ filter, first: 100 })).nodes.map(({ purpose, rail }) => (rail ? `${purpose} ${rail}` : purpose));
    expect(await names({ walletId })).toEqual(['WALLET']);
    expect(await names({ currency: 'KWD', purposes: ['RAIL_CLEARING', 'SUSPENSE'] })).toEqual([
      'RAIL_CLEARING manual',
      'RAIL_CLEARING mobile',
      'SUSPENSE',
    ]);
    expect(await names({ rail: 'mobile' })).toEqual(['RAIL_CLEARING mobile']);

    const seen: string[] = [];
    for (let after: string | undefined; ; ) {
      const { nodes, pageInfo } = await list({ first: 3, after });
      seen.push(...nodes.map(({ id }) => id));
      if (!pageInfo.hasNextPage) break;
      after = pageInfo.endCursor;
    }
    const all = await ledger.database.account.findMany({ orderBy: { createdAt: 'asc' } });
    expect(seen).toEqual(all.map(({ id }) => id));
  });

  it('the trial balance adds up in every currency', async () => {
    const query = `query ($currency: CurrencyCode) {
      trialBalance(currency: $currency) {
        currency balanced debits { amount } credits { amount } purposes { purpose normalBalance debits { amount } credits { amount } }
      }
    }`;
    interface Balanced {
      readonly currency: string;
      readonly balanced: boolean;
    }
    const read = async (variables: object) =>
      dataOf(await server.ask<{ trialBalance: Balanced[] }>(query, variables, operator)).trialBalance;
    const walletId = await ledger.openWallet({ currency: ghs, funds: 5000n });
    await ledger.engine.post([
      transaction([debit(wallet(walletId, ghs), 10n), credit(house('FEE_REVENUE', ghs), 10n)]),
      transaction([debit(house('SETTLEMENT'), 1n), credit(house('SUSPENSE'), 1n)]),
    ]);
    const all = await read({});
    expect(all.map(({ currency }) => currency)).toEqual(all.map(({ currency }) => currency).sort());
    expect(all.length).toBeGreaterThanOrEqual(2);
    expect(all.filter(({ balanced }) => !balanced)).toEqual([]);
    const sums = (purpose: string, normalBalance: string, debits: string, credits: string) => ({
      purpose,
      normalBalance,
      debits: { amount: debits },
      credits: { amount: credits },
    });
    expect(await read({ currency: 'GHS' })).toEqual([
      {
        currency: 'GHS',
        balanced: true,
        debits: { amount: '50.10' },
        credits: { amount: '50.10' },
        purposes: [
          sums('WALLET', 'CREDIT', '0.10', '50.00'),
          sums('FEE_REVENUE', 'CREDIT', '0.00', '0.10'),
          sums('RAIL_CLEARING', 'DEBIT', '50.00', '0.00'),
        ],
      },
    ]);
    for (const token of [customer(), server.tokens.person(newId('cus'), 'ANALYST')])
      expect(errorCodes(await server.ask(query, {}, token))).toEqual(['FORBIDDEN']);
  });

  describe('the trial balance at an instant', () => {
    const query = `query ($currency: CurrencyCode, $at: DateTime) {
      trialBalance(currency: $currency, at: $at) {
        currency balanced debits { amount } credits { amount } purposes { purpose normalBalance debits { amount } credits { amount } }
      }
    }`;
    const read = async (variables: object) =>
      dataOf(await server.ask<{ trialBalance: unknown[] }>(query, variables, operator)).trialBalance;
    const lastPosted = async () =>
      (await ledger.database.transaction.findFirstOrThrow({ orderBy: { sequence: 'desc' } })).postedAt;
    /** What is posted next then stands in a later one. */
    const nextMillisecond = async () => {
      const last = (await lastPosted()).getTime();
      await expect.poll(() => Date.now(), { interval: 1 }).toBeGreaterThan(last + 1);
    };

    it('is what it was at the time, whatever was posted since', async () => {
      const walletId = await ledger.openWallet({ currency: xof, funds: 5000n });
      const fee = () => transaction([debit(wallet(walletId, xof), 10n), credit(house('FEE_REVENUE', xof), 10n)]);
      const before = await read({ currency: 'XOF' });
      const at = [await lastPosted()];
      const standing = [before];
      for (let n = 0; n < 3; n += 1) {
        await nextMillisecond();
        await ledger.engine.post([fee(), fee()]);
        at.push(await lastPosted());
        standing.push(await read({ currency: 'XOF' }));
      }
      for (const [index, instant] of at.entries())
        expect(await read({ currency: 'XOF', at: instant })).toEqual(standing[index]);
      expect(standing[1]).not.toEqual(standing[2]);
    });

    it('is that of now if the instant is now, and there is none before the first account', async () => {
      await nextMillisecond();
      expect(await read({ at: new Date() })).toEqual(await read({}));
      expect(await read({ at: '1970-01-01T00:00:00Z' })).toEqual([]);
    });

    it('is not known of the future, and is for staff', async () => {
      const future = { at: new Date(Date.now() + 60_000) };
      expect(errorCodes(await server.ask(query, future, operator))).toEqual(['BAD_USER_INPUT']);
      expect(errorCodes(await server.ask(query, { at: new Date(0) }, customer()))).toEqual(['FORBIDDEN']);
    });
  });
});
