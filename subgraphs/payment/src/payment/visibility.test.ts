import { newId } from '@paygraph/ids';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Person, person } from '../../test/person.ts';
import { idOf, type Scene, type Service, setScene } from '../../test/scene.ts';

let scene: Scene;
let service: Service;
let asAma: Person;
let asBen: Person;

beforeAll(async () => {
  // Nobody is away here, and a busy machine takes its time.
  scene = await setScene({ peerTimeoutMs: 20_000 });
  service = await scene.start();
  asAma = scene.asAma(service);
  asBen = scene.asBen(service);
});

afterAll(async () => {
  expect(await scene.troubles()).toEqual([]);
  await scene.stop();
});

async function payAcross(): Promise<string> {
  const { quote } = await asAma.quote(scene.dollarsAsEuros('25'));
  const input = { ...scene.dollarsAsEuros('25'), quoteId: quote?.id ?? '', metadata: { note: 'secret' } };
  return idOf(await asAma.pay(input));
}

describe('a payment that is under way', () => {
  it('is seen by its payer and by staff, and by nobody else', async () => {
    scene.risk.decideNext('REVIEW');
    const id = await payAcross();
    await asAma.paymentIn(id, 'IN_REVIEW');
    scene.risk.decideNext('APPROVE');
    const stranger = person(service, scene.platform.tokenOf(newId('cus')));
    expect(await scene.asOperator(service).payment(id)).toMatchObject({ id });
    expect(await scene.asAnalyst(service).payment(id)).toMatchObject({ id });
    expect([await asBen.payment(id), await stranger.payment(id)]).toEqual([null, null]);
    await asAma.cancel(id);
    expect(await asBen.payment(id)).toBeNull();
  });
});

describe('a payment that was carried out', () => {
  it('is seen by its payee without what is the payer’s alone', async () => {
    const id = await payAcross();
    const hers = await asAma.paymentIn(id, 'CONFIRMED');
    const his = await asBen.payment(id);
    expect(his).toMatchObject({
      id,
      kind: 'TRANSFER',
      state: 'CONFIRMED',
      rail: 'book',
      amount: { amount: '25.00', currency: 'USD' },
      credit: { amount: '21.89', currency: 'EUR' },
      debit: null,
      fees: null,
      exchangeRate: null,
      failure: null,
      metadata: null,
      payer: { displayName: 'Ama Mensah', handle: 'ama', wallet: null },
      payee: { displayName: 'Ben Okafor', wallet: { id: scene.benEur } },
    });
    const quoteOf = async (who: Person) =>
      (await who.send('query ($id: ID!) { payment(id: $id) { quote { debit { amount } } } }', { id })).data;
    expect(await quoteOf(asAma)).toEqual({ payment: { quote: { debit: { amount: '25.25' } } } });
    expect(await quoteOf(scene.asOperator(service))).toEqual({ payment: { quote: { debit: { amount: '25.25' } } } });
    expect(await quoteOf(asBen)).toEqual({ payment: { quote: null } });
    expect(his?.timeline).toEqual(hers.timeline.slice(-1));
    expect(hers).toMatchObject({ metadata: { note: 'secret' }, payee: { wallet: null } });
  });

  it('is seen whole by staff, wallets too', async () => {
    const id = await payAcross();
    await asAma.paymentIn(id, 'CONFIRMED');
    expect(await scene.asOperator(service).payment(id)).toMatchObject({
      debit: { amount: '25.25' },
      fees: [{ amount: { amount: '0.25' } }],
      metadata: { note: 'secret' },
      payer: { wallet: { id: scene.amaUsd } },
      payee: { wallet: { id: scene.benEur } },
    });
  });

  it('between two wallets of one person is seen whole by that person', async () => {
    const amaEur = scene.wallets.open(scene.ama, 'EUR');
    const route = { ...scene.dollars('10'), payeeWalletId: amaEur };
    const { quote } = await asAma.quote(route);
    const id = idOf(await asAma.pay({ ...route, quoteId: quote?.id ?? '' }));
    const payment = await asAma.paymentIn(id, 'CONFIRMED');
    expect(payment).toMatchObject({
      debit: { amount: '10.25' },
      payer: { wallet: { id: scene.amaUsd } },
      payee: { wallet: { id: amaEur } },
    });
  });
});

describe('a payment that does not exist', () => {
  it.each([[newId('pay')], ['pay_1'], [''], ['wal_0'], ["' OR 1=1"]])('is null: %s', async (id) => {
    expect(await scene.asOperator(service).payment(id)).toBeNull();
  });
});

describe('a reference from another subgraph', () => {
  const query = `query ($ids: [_Any!]!) { _entities(representations: $ids) { ... on Payment { id state } } }`;

  it('is loaded as the caller may see it, many of them with one query', async () => {
    const ids = await Promise.all(Array.from({ length: 5 }, () => asAma.pay(scene.dollars('1')).then(idOf)));
    await Promise.all(ids.map((id) => asAma.paymentIn(id, 'CONFIRMED')));
    const under = await asAma.pay(scene.dollars('5000')).then(idOf);
    await asAma.paymentIn(under, 'FAILED');
    const wanted = [...ids, under, newId('pay')].map((id) => ({ __typename: 'Payment', id }));
    const { data } = await asBen.send<{ _entities: unknown[] }>(query, { ids: wanted });
    expect(data?._entities).toEqual([...ids.map((id) => ({ id, state: 'CONFIRMED' })), null, null]);
  });
});

describe('a quote', () => {
  it('is found by its id by who asked for it, and is nothing to anybody else', async () => {
    const quotes = await Promise.all(['25', '50'].map((amount) => asAma.quote(scene.dollarsAsEuros(amount))));
    const [first, second] = quotes.map(({ quote }) => quote?.id);
    const query = `query ($ids: [_Any!]!) { _entities(representations: $ids) {
      ... on PaymentQuote { id rail amount { amount currency } credit { currency } }
    } }`;
    const ids = [second, newId('quo'), first, 'nonsense'].map((id) => ({ __typename: 'PaymentQuote', id }));
    const { data } = await asAma.send<{ _entities: unknown[] }>(query, { ids });
    const told = (id: string | undefined, amount: string) => ({
      ...{ id, rail: 'book', amount: { amount, currency: 'USD' }, credit: { currency: 'EUR' } },
    });
    expect(data?._entities).toEqual([told(second, '50.00'), null, told(first, '25.00'), null]);
    for (const other of [asBen, scene.asOperator(service)]) {
      const { data: theirs } = await other.send<{ _entities: unknown[] }>(query, { ids });
      expect(theirs?._entities).toEqual([null, null, null, null]);
    }
  });
});

describe('the list of payments', () => {
  it('holds what a customer pays, and what they are paid once it has arrived, newest first', async () => {
    const mine = await setScene();
    const own = await mine.start();
    const [ama, ben, operator] = [mine.asAma(own), mine.asBen(own), mine.asOperator(own)];
    const ids: string[] = [];
    for (let count = 0; count < 5; count += 1) {
      const id = idOf(await ama.pay(mine.dollars('1')));
      await ama.paymentIn(id, 'CONFIRMED');
      ids.unshift(id);
    }
    const failed = idOf(await ama.pay(mine.dollars('5000')));
    await ama.paymentIn(failed, 'FAILED');
    const listed = (page: { nodes: { id: string }[] }) => page.nodes.map(({ id }) => id);

    expect(listed(await ama.payments())).toEqual([failed, ...ids]);
    expect(listed(await ben.payments())).toEqual(ids);
    expect(listed(await operator.payments())).toEqual([failed, ...ids]);
    expect(listed(await ama.payments({ filter: { states: ['FAILED'] } }))).toEqual([failed]);
    expect(listed(await ama.payments({ filter: { kinds: ['COLLECTION'] } }))).toEqual([]);
    expect(listed(await operator.payments({ filter: { walletId: mine.benUsd } }))).toEqual([failed, ...ids]);
    expect(listed(await operator.payments({ filter: { walletId: mine.benEur } }))).toEqual([]);

    expect(listed(await operator.payments({ filter: { walletId: 'a\0b' } }))).toEqual([]);

    const first = await ama.payments({ first: 4 });
    expect(first.pageInfo).toMatchObject({ hasNextPage: true, hasPreviousPage: false });
    // Pages stay where they are while payments are added.
    const added = idOf(await ama.pay(mine.dollars('1')));
    const rest = await ama.payments({ first: 4, after: first.pageInfo.endCursor });
    expect([...listed(first), ...listed(rest)]).toEqual([failed, ...ids]);
    expect(rest.pageInfo).toMatchObject({ hasNextPage: false, hasPreviousPage: true });
    const back = await ama.payments({ last: 1, before: first.pageInfo.startCursor });
    expect(listed(back)).toEqual([added]);
    await mine.stop();
  });
});
