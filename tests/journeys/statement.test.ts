import { beforeAll, describe, expect, it } from 'vitest';
import { usePlatform } from '../support/journey.ts';
import { outcomeOf, payNow, transfer } from '../support/payments.ts';
import type { Customer } from '../support/platform.ts';

const platform = usePlatform('one process');
let payer: Customer;
let payee: Customer;
let payment: string;

beforeAll(async () => {
  payer = await platform().customer({ USD: '100.00' });
  payee = await platform().customer({ USD: '0.00' });
  payment = await payNow(payer, transfer(payer, payee, '10.00 USD', 'USD'));
  await outcomeOf(payer, payment);
}, 60_000);

const exportStatement = `mutation ($walletId: ID!, $format: LedgerExportFormat!) {
  exportStatement(input: { walletId: $walletId, format: $format }) { export { url expiresAt } userErrors { code } }
}`;

interface Exported {
  readonly exportStatement: {
    readonly export: { readonly url: string } | null;
    readonly userErrors: readonly { readonly code: string }[];
  };
}

const exported = async ({ graph }: Customer, walletId: string, format = 'CSV') =>
  (await graph<Exported>(exportStatement, { walletId, format })).exportStatement;

describe('a statement', () => {
  it('is fetched through the gateway by a plain link, and adds up to the balance', async () => {
    const { export: file } = await exported(payer, payer.wallet('USD'), 'JSON_LINES');
    const answer = await fetch(new URL(file?.url ?? '', platform().url));
    expect(answer.headers.get('content-disposition')).toMatch(/^attachment; filename="statement-/);
    const lines = (await answer.text())
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines.map(({ kind, direction, reference }) => [kind, direction, reference])).toEqual([
      ['COLLECTION', 'CREDIT', expect.stringMatching(/^pay_/)],
      ['TRANSFER', 'DEBIT', payment],
    ]);
    const { wallet } = await payer.graph<{ wallet: { balance: { posted: { amount: string } } } }>(
      'query ($id: ID!) { wallet(id: $id) { balance { posted { amount } } } }',
      { id: payer.wallet('USD') },
    );
    expect(lines.at(-1)?.balanceAfter).toBe(wallet.balance.posted.amount);
  });

  it("is nobody else's to export, and a link that was altered gives nothing", async () => {
    expect(await exported(payee, payer.wallet('USD'))).toEqual({
      export: null,
      userErrors: [{ code: 'ACCOUNT_NOT_FOUND' }],
    });
    const { export: file } = await exported(payee, payee.wallet('USD'));
    const url = new URL(file?.url ?? '', platform().url);
    expect((await fetch(url)).status).toBe(200);
    url.searchParams.set('token', `${url.searchParams.get('token')}x`);
    expect((await fetch(url)).status).toBe(403);
  });

  it('tells what was held at the instant of each entry', async () => {
    const { wallet } = await payer.graph<{
      wallet: { entries: { nodes: readonly { postedAt: string; balanceAfter: object; version: string }[] } };
    }>('query ($id: ID!) { wallet(id: $id) { entries { nodes { postedAt version balanceAfter { amount } } } } }', {
      id: payer.wallet('USD'),
    });
    for (const { postedAt, version, balanceAfter } of wallet.entries.nodes) {
      const past = await payer.graph<{ wallet: { balanceAt: object } }>(
        'query ($id: ID!, $at: DateTime!) { wallet(id: $id) { balanceAt(at: $at) { version posted { amount } } } }',
        { id: payer.wallet('USD'), at: postedAt },
      );
      expect(past.wallet.balanceAt).toEqual({ version, posted: balanceAfter });
    }
  });
});

describe('who watches a wallet', () => {
  it('is pushed each entry with what other services know of the wallet, and goes on after the last one seen', async () => {
    const query = `subscription ($walletId: ID!, $after: String) {
      walletActivity(walletId: $walletId, after: $after) {
        cursor entry { kind reference amount { amount } } wallet { label currency balance { posted { amount } } }
      }
    }`;
    interface Watch {
      readonly walletActivity: { readonly cursor: string; readonly entry: { readonly reference: string } };
    }
    const walletId = payee.wallet('USD');
    const seen: Watch['walletActivity'][] = [];
    const watch = async (after: string, upTo: number) => {
      for await (const { data, errors } of payee.live.iterate<Watch>({ query, variables: { walletId, after } })) {
        expect(errors).toBeUndefined();
        if (data) seen.push(data.walletActivity);
        if (seen.length >= upTo) return;
      }
    };
    await watch('0', 1);
    expect(seen).toMatchObject([
      {
        cursor: '1',
        entry: { kind: 'TRANSFER', reference: payment, amount: { amount: '10.00' } },
        wallet: { currency: 'USD', balance: { posted: { amount: '10.00' } } },
      },
    ]);
    const live = watch('1', 2);
    const next = await payNow(payer, transfer(payer, payee, '1.00 USD', 'USD'));
    await live;
    expect(seen.map(({ cursor, entry }) => [cursor, entry.reference])).toEqual([
      ['1', payment],
      ['2', next],
    ]);
  });
});
