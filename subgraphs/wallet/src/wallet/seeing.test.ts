import { newId } from '@paygraph/ids';
import { describe, expect, it } from 'vitest';
import type { Person } from '../testing/server.ts';
import { errorCode, useWallets } from '../testing/use-wallets.ts';

const walletsDocument = `query ($first: Int, $after: String, $last: Int, $before: String) {
  wallets(first: $first, after: $after, last: $last, before: $before) {
    nodes { id label } pageInfo { hasNextPage hasPreviousPage endCursor }
  }
}`;
const factsDocument = 'query ($ids: [ID!]!) { walletFacts(ids: $ids) { id ownerId currency status } }';
const payeesDocument = 'query ($payees: [PayeeWalletInput!]!) { payeeWallets(payees: $payees) { id currency status } }';
const entityDocument = `query ($representations: [_Any!]!) {
  _entities(representations: $representations) {
    ... on Wallet { id label }
    ... on Customer { id wallets { nodes { id } } }
  }
}`;

const the = useWallets();

describe('seeing', () => {
  it('a wallet is for its owner and for staff; to others it does not exist', async () => {
    const { id } = await the.opened();
    expect(await the.find(id, the.ada)).toMatchObject({ id });
    expect(await the.find(id, the.operator)).toMatchObject({ id });
    expect(await the.find(id, the.server.signIn('ANALYST'))).toMatchObject({ id });
    expect(await the.find(id, the.server.signIn('CUSTOMER'))).toBeNull();
    for (const unknown of [newId('wal'), 'nothing', '\0']) expect(await the.find(unknown, the.operator)).toBeNull();
  });

  it('so it is for entities', async () => {
    const { id } = await the.opened();
    const representations = [
      { __typename: 'Wallet', id },
      { __typename: 'Customer', id: the.ada.id },
      { __typename: 'Wallet', id: newId('wal') },
    ];
    const seenBy = async ({ token }: Person) =>
      (await the.server.post(entityDocument, { representations }, token)).data._entities;
    const everything = [{ id, label: 'USD' }, { id: the.ada.id, wallets: { nodes: [{ id }] } }, null];
    expect(await seenBy(the.ada)).toEqual(everything);
    expect(await seenBy(the.operator)).toEqual(everything);
    const nothing = [null, { id: the.ada.id, wallets: { nodes: [] } }, null];
    expect(await seenBy(the.server.signIn('CUSTOMER'))).toEqual(nothing);
  });

  it("pages through a person's own wallets, oldest first, in both directions", async () => {
    const ids: string[] = [];
    for (const currency of ['USD', 'EUR', 'JPY', 'USD', 'EUR']) ids.push((await the.opened(currency)).id);
    await the.opened('USD', the.server.signIn('CUSTOMER'));
    const page = async (variables: object) =>
      (await the.server.post(walletsDocument, variables, the.ada.token)).data.wallets;
    const first = await page({ first: 3 });
    expect(first.nodes.map(({ id }) => id)).toEqual(ids.slice(0, 3));
    expect(first.pageInfo.hasNextPage).toBe(true);
    const second = await page({ first: 3, after: first.pageInfo.endCursor });
    expect(second.nodes.map(({ id }) => id)).toEqual(ids.slice(3));
    expect(second.pageInfo.hasNextPage).toBe(false);
    expect((await page({ last: 2 })).nodes.map(({ id }) => id)).toEqual(ids.slice(3));
    const before = await page({ last: 2, before: first.pageInfo.endCursor });
    expect(before.nodes.map(({ id }) => id)).toEqual(ids.slice(0, 2));
  });

  it('gives services the facts they need, in the order asked', async () => {
    const [one, two] = [await the.opened('USD'), await the.opened('EUR')];
    await the.freeze(two.id, 'OUT', the.ada);
    const variables = { ids: [two.id, newId('wal'), one.id, two.id] };
    const { data } = await the.server.post(factsDocument, variables, the.server.serviceToken('wallet:resolve'));
    const facts = { id: two.id, ownerId: the.ada.id, currency: 'EUR', status: 'FROZEN_OUT' };
    expect(data.walletFacts).toEqual([
      facts,
      null,
      { id: one.id, ownerId: the.ada.id, currency: 'USD', status: 'ACTIVE' },
      facts,
    ]);
    expect(errorCode(await the.server.post(factsDocument, variables, the.ada.token))).toBe('FORBIDDEN');
    expect(errorCode(await the.server.post(factsDocument, variables, the.server.serviceToken('wallet:limit')))).toBe(
      'FORBIDDEN',
    );
  });
});

describe('being paid by name', () => {
  it('goes into the oldest wallet that takes money in, or else the oldest that is open', async () => {
    const bob = the.server.signIn('CUSTOMER');
    const first = await the.opened('USD');
    const second = await the.opened('USD');
    const payees = [
      { ownerId: the.ada.id, currency: 'USD' },
      { ownerId: the.ada.id, currency: 'EUR' },
      { ownerId: bob.id, currency: 'USD' },
      { ownerId: the.ada.id, currency: 'USD' },
      { ownerId: 'nobody', currency: 'USD' },
    ];
    const paid = async () => {
      const answer = await the.server.post(payeesDocument, { payees }, the.server.serviceToken('wallet:resolve'));
      return answer.data.payeeWallets.map((wallet) => wallet?.id ?? null);
    };
    expect(await paid()).toEqual([first.id, null, null, first.id, null]);
    await the.freeze(first.id, 'IN', the.ada);
    expect(await paid()).toEqual([second.id, null, null, second.id, null]);
    await the.freeze(second.id, 'BOTH', the.ada);
    expect(await paid()).toEqual([first.id, null, null, first.id, null]);
    await the.unfreeze(second.id, the.ada);
    expect(errorCode(await the.server.post(payeesDocument, { payees }, the.ada.token))).toBe('FORBIDDEN');
  });
});
