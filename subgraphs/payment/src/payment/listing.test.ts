import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Person } from '../../test/person.ts';
import { testRails } from '../../test/platform.ts';
import { confirmed, scriptRail } from '../../test/rail.ts';
import { idOf, type Scene, type Service, setScene } from '../../test/scene.ts';

const query = `query ($filter: PaymentFilter, $orderBy: PaymentOrder! = NEWEST_FIRST, $first: Int, $after: String) {
  payments(filter: $filter, orderBy: $orderBy, first: $first, after: $after) {
    nodes { id } pageInfo { endCursor hasNextPage }
  }
}`;

interface Listed {
  readonly payments: {
    readonly nodes: readonly { readonly id: string }[];
    readonly pageInfo: { readonly endCursor: string; readonly hasNextPage: boolean };
  };
}

describe('listing payments', () => {
  let scene: Scene;
  let service: Service;
  let ama: Person;
  let ben: Person;
  let operator: Person;
  let first: string;
  let second: string;
  let deposit: string;

  beforeAll(async () => {
    scene = await setScene();
    const rail = scriptRail('momo');
    rail.decideAll(confirmed);
    service = await scene.start({ rails: testRails }, scene.bus, [rail]);
    [ama, ben, operator] = [scene.asAma(service), scene.asBen(service), scene.asOperator(service)];
    const metadata = { order: 4711, paid: true, note: 'x'.repeat(300), nested: { a: 1 } };
    first = idOf(await ama.pay({ ...scene.dollars('10.00'), metadata }));
    second = idOf(await ama.pay({ ...scene.dollars('20.00'), metadata: { order: 4712, paid: true } }));
    const money = { amount: '30.00', currency: 'USD' };
    deposit = idOf(await operator.deposit({ walletId: scene.amaUsd, amount: money, reference: 'statement 9' }));
    for (const id of [first, second, deposit]) await operator.paymentIn(id, 'CONFIRMED');
  });
  afterAll(async () => {
    expect(await scene.troubles()).toEqual([]);
    await scene.stop();
  });

  const list = async (person: Person, variables: object) => {
    const { data, errors } = await person.send<Listed>(query, variables);
    if (errors || !data) throw new Error(errors?.[0]?.extensions.code);
    return data.payments.nodes.map(({ id }) => id);
  };
  const filtered = (person: Person, filter: object) => list(person, { filter });
  const dollars = (range: object) => ({ amount: { currency: 'USD', ...range } });

  it('is by what the payer remembers, and finds nothing there for anybody else but staff', async () => {
    const order = [{ key: 'order', value: '4711' }];
    expect(await filtered(ama, { metadata: order })).toEqual([first]);
    expect(await filtered(ama, { metadata: [{ key: 'paid', value: 'true' }] })).toEqual([second, first]);
    expect(await filtered(ama, { metadata: [...order, { key: 'paid', value: 'true' }] })).toEqual([first]);
    expect(await filtered(ama, { metadata: [...order, { key: 'paid', value: 'false' }] })).toEqual([]);
    expect(await filtered(ama, { metadata: [{ key: 'note', value: 'x'.repeat(300) }] })).toEqual([]);
    expect(await filtered(operator, { metadata: order })).toEqual([first]);
    expect(await filtered(ben, { metadata: order })).toEqual([]);
    expect(await filtered(ben, { walletId: scene.benUsd, metadata: order })).toEqual([]);
  });

  it('is by amount, kind, rail, reference, time and the other side', async () => {
    expect(await filtered(ama, dollars({ min: '10.01', max: '29.99' }))).toEqual([second]);
    expect(await filtered(ama, dollars({ max: '20' }))).toEqual([second, first]);
    expect(await filtered(ama, { amount: { currency: 'EUR' } })).toEqual([]);
    expect(await filtered(ama, { kinds: ['COLLECTION'] })).toEqual([deposit]);
    expect(await filtered(ama, { rails: ['book'] })).toEqual([second, first]);
    expect(await filtered(ama, { reference: 'statement 9' })).toEqual([deposit]);
    expect(await filtered(ama, { states: [] })).toEqual([]);
    expect(await filtered(ben, { counterpartyHandle: '@AMA' })).toEqual([second, first]);
    expect(await filtered(ben, { counterpartyHandle: 'ben' })).toEqual([]);
    const { createdAt = '' } = (await ama.payment(second)) ?? {};
    expect(await filtered(ama, { createdFrom: createdAt, kinds: ['TRANSFER'] })).toEqual([second]);
    expect(await filtered(ama, { createdBefore: createdAt })).toEqual([first]);
    expect(await filtered(operator, { customerId: scene.ben })).toEqual([second, first]);
    expect(await filtered(operator, { customerId: scene.ben, counterpartyHandle: 'ama' })).toEqual([second, first]);
  });

  it('refuses what is for staff, and what makes no sense', async () => {
    await expect(filtered(ama, { customerId: scene.ben })).rejects.toThrow('FORBIDDEN');
    await expect(filtered(operator, { counterpartyHandle: 'ama' })).rejects.toThrow('BAD_USER_INPUT');
    await expect(filtered(ama, dollars({ min: '-1' }))).rejects.toThrow('BAD_USER_INPUT');
    for (const filter of [{ walletId: 'x' }, { reference: 'a\0' }, { metadata: [{ key: '\0', value: '' }] }])
      expect(await filtered(ama, filter)).toEqual([]);
  });

  it('keeps its pages while payments are added', async () => {
    const { data } = await ama.send<Listed>(query, { first: 1 });
    const { endCursor: after } = data?.payments.pageInfo ?? {};
    expect(data?.payments.nodes).toEqual([{ id: deposit }]);
    const added = idOf(await ama.pay(scene.dollars('1.00')));
    await ama.paymentIn(added, 'CONFIRMED');
    expect(await list(ama, { first: 5, after })).toEqual([second, first]);
    expect(await list(ama, { first: 5, after, orderBy: 'OLDEST_FIRST' })).toEqual([added]);
    expect(await list(ama, { orderBy: 'OLDEST_FIRST', first: 2 })).toEqual([first, second]);
  });

  it('counts by state what somebody sees', async () => {
    const counts = async (person: Person) =>
      (await person.send<{ paymentCounts: object[] }>('{ paymentCounts { state count isCapped } }', {})).data;
    const confirmed = (count: number) => ({ paymentCounts: [{ state: 'CONFIRMED', count, isCapped: false }] });
    const failed = idOf(await ama.pay(scene.dollars('5000')));
    await ama.paymentIn(failed, 'FAILED');
    const own = await ama.send<Listed>(query, { filter: { states: ['CONFIRMED'] }, first: 100 });
    const { length } = own.data?.payments.nodes ?? [];
    expect(await counts(ama)).toEqual({
      paymentCounts: [...confirmed(length).paymentCounts, { state: 'FAILED', count: 1, isCapped: false }],
    });
    expect(await counts(ben)).toEqual(confirmed(length - 1));
  });

  it('is by the account outside, however it is written, and each finds their own', async () => {
    const phone = (phoneNumber: string) => ({ mobileMoney: { phoneNumber, network: 'MTN' } });
    const amount = { amount: '1.00', currency: 'USD' };
    const payout = idOf(await ama.pay({ payerWalletId: scene.amaUsd, payee: phone('+233241234567'), amount }));
    const collection = idOf(await ben.pay({ payer: phone('+233241234567'), payeeWalletId: scene.benUsd, amount }));
    const other = idOf(await ama.pay({ payerWalletId: scene.amaUsd, payee: phone('+233241234568'), amount }));
    for (const id of [payout, collection, other]) await operator.paymentIn(id, 'CONFIRMED');
    const counterpartyAccount = '+233241234567';
    expect(await filtered(ama, { counterpartyAccount })).toEqual([payout]);
    expect(await filtered(ben, { counterpartyAccount })).toEqual([collection]);
    expect(await filtered(operator, { counterpartyAccount })).toEqual([collection, payout]);
    expect(await filtered(operator, { counterpartyAccount, kinds: ['PAYOUT'] })).toEqual([payout]);
    expect(await filtered(operator, { counterpartyAccount: 'GB33 BUKB 2020 1555 5555 55' })).toEqual([]);
    await expect(filtered(ama, { counterpartyAccount: 'somebody' })).rejects.toThrow('BAD_USER_INPUT');
  });
});
