import { schemaDrift } from '@paygraph/database/testing';
import { newId } from '@paygraph/ids';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openDatabase } from './database.ts';
import { limitUsageFaults, liveLimitHolds } from './testing/index.ts';
import { type Person, startWalletServer, type WalletFields, type WalletServer } from './testing/server.ts';

const fields = `id label currency status freeze { direction origin reason at } createdAt owner { id }
  limits { perPayment { amount currency } daily { amount } dailyUsed { amount } dailyRemaining { amount }
    tier monthly { amount } monthlyUsed { amount } monthlyRemaining { amount } maximumBalance { amount } }`;
const openDocument = `mutation ($input: OpenWalletInput!) {
  openWallet(input: $input) { wallet { ${fields} } userErrors { code field message } }
}`;
const freezeDocument = `mutation ($input: FreezeWalletInput!) {
  freezeWallet(input: $input) { wallet { id status freeze { direction origin reason } } userErrors { code field } }
}`;
const unfreezeDocument = `mutation ($input: UnfreezeWalletInput!) {
  unfreezeWallet(input: $input) { wallet { id status freeze { origin } } userErrors { code field } }
}`;
const closeDocument = `mutation ($walletId: ID!) {
  closeWallet(input: { walletId: $walletId }) { wallet { id status freeze { origin } } userErrors { code field } }
}`;
const walletDocument = `query ($id: ID!) { wallet(id: $id) { ${fields} } }`;
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
const resultFields = '{ paymentId status code }';
const reserveDocument = `mutation ($holds: [LimitHoldInput!]!) { reserveLimits(holds: $holds) ${resultFields} }`;
const useDocument = `mutation ($ids: [ID!]!) { useLimits(paymentIds: $ids) ${resultFields} }`;
const releaseDocument = `mutation ($ids: [ID!]!) { releaseLimits(paymentIds: $ids) ${resultFields} }`;

describe('wallet over HTTP', () => {
  let server: WalletServer;
  let ada: Person;
  let operator: Person;

  beforeAll(async () => {
    server = await startWalletServer();
  });
  afterAll(async () => {
    expect(await limitUsageFaults(server.databaseUrl)).toEqual([]);
    await server.stop();
  });
  beforeEach(() => {
    server.ledger.trouble = 'none';
    server.peers.profileDown = false;
    ada = server.signIn('CUSTOMER');
    operator = server.signIn('OPERATOR');
  });

  const open = async (input: object, person = ada) => (await server.post(openDocument, { input }, person.token)).data;
  const opened = async (currency = 'USD', person = ada): Promise<WalletFields> => {
    const { wallet } = (await open({ currency }, person)).openWallet;
    if (wallet) return wallet;
    throw new Error('No wallet was opened');
  };
  const find = async (id: string, person: Person) =>
    (await server.post(walletDocument, { id }, person.token)).data.wallet;
  const freeze = (walletId: string, direction: string, person: Person, reason?: string) =>
    server.post(freezeDocument, { input: { walletId, direction, reason } }, person.token);
  const unfreeze = (walletId: string, person: Person) =>
    server.post(unfreezeDocument, { input: { walletId } }, person.token);
  const codesOf = (outcome: { userErrors: readonly { code: string }[] }) => outcome.userErrors.map(({ code }) => code);
  const errorCode = ({ errors }: { errors?: readonly { extensions: Record<string, unknown> }[] }) =>
    errors?.[0]?.extensions.code;

  describe('opening', () => {
    it('makes a wallet that its owner finds, with an account in the ledger', async () => {
      const { wallet, userErrors } = (await open({ currency: 'EUR', label: '  Holiday ' })).openWallet;
      expect(userErrors).toEqual([]);
      expect(wallet).toMatchObject({
        label: 'Holiday',
        currency: 'EUR',
        status: 'ACTIVE',
        freeze: null,
        owner: { id: ada.id },
        limits: {
          perPayment: { amount: '100.00', currency: 'EUR' },
          daily: { amount: '250.00' },
          dailyUsed: { amount: '0.00' },
          dailyRemaining: { amount: '250.00' },
        },
      });
      expect(await find(wallet?.id ?? '', ada)).toEqual(wallet);
      expect(server.ledger.accounts.get(wallet?.id ?? '')).toEqual({
        ownerId: ada.id,
        currency: 'EUR',
        status: 'OPEN',
        holdsMoney: false,
        ceiling: '1000.00',
      });
    });

    it('labels a wallet with its currency unless told otherwise', async () => {
      expect(await opened('JPY')).toMatchObject({ label: 'JPY', limits: { daily: { amount: '25000' } } });
    });

    it.each([
      [{ currency: 'KWD' }, ['CURRENCY_NOT_SUPPORTED']],
      [{ currency: 'USD', label: ' ' }, ['LABEL_INVALID']],
      [{ currency: 'USD', label: 'x'.repeat(61) }, ['LABEL_INVALID']],
      [{ currency: 'KWD', label: 'a\nb' }, ['CURRENCY_NOT_SUPPORTED', 'LABEL_INVALID']],
    ])('refuses %j', async (input, codes) => {
      expect(codesOf((await open(input)).openWallet)).toEqual(codes);
    });

    it('refuses what is no currency', async () => {
      expect(errorCode(await server.post(openDocument, { input: { currency: 'XXY' } }, ada.token))).toBe(
        'BAD_USER_INPUT',
      );
    });

    it('gives a person ten wallets in a currency, however many are opened at once', async () => {
      const answers = await Promise.all(Array.from({ length: 25 }, () => open({ currency: 'USD' })));
      const outcomes = answers.map(({ openWallet }) => openWallet);
      expect(outcomes.filter(({ wallet }) => wallet)).toHaveLength(10);
      expect(outcomes.flatMap(codesOf)).toEqual(Array(15).fill('TOO_MANY_WALLETS'));
      await opened('EUR');
      await opened('USD', server.signIn('CUSTOMER'));
    });

    it('makes no wallet without the ledger', async () => {
      for (const trouble of ['down', 'answers lost'] as const) {
        server.ledger.trouble = trouble;
        const answer = await server.post(openDocument, { input: { currency: 'USD' } }, ada.token);
        expect(errorCode(answer)).toBe('SERVICE_UNAVAILABLE');
      }
      server.ledger.trouble = 'none';
      expect((await server.post(walletsDocument, {}, ada.token)).data.wallets.nodes).toEqual([]);
      await opened();
    });

    it('needs a customer', async () => {
      const input = { currency: 'USD' };
      expect(errorCode(await server.post(openDocument, { input }))).toBe('UNAUTHENTICATED');
      expect(errorCode(await server.post(openDocument, { input }, operator.token))).toBe('FORBIDDEN');
    });
  });

  describe('seeing', () => {
    it('a wallet is for its owner and for staff; to others it does not exist', async () => {
      const { id } = await opened();
      expect(await find(id, ada)).toMatchObject({ id });
      expect(await find(id, operator)).toMatchObject({ id });
      expect(await find(id, server.signIn('ANALYST'))).toMatchObject({ id });
      expect(await find(id, server.signIn('CUSTOMER'))).toBeNull();
      for (const unknown of [newId('wal'), 'nothing', '\0']) expect(await find(unknown, operator)).toBeNull();
    });

    it('so it is for entities', async () => {
      const { id } = await opened();
      const representations = [
        { __typename: 'Wallet', id },
        { __typename: 'Customer', id: ada.id },
        { __typename: 'Wallet', id: newId('wal') },
      ];
      const seenBy = async ({ token }: Person) =>
        (await server.post(entityDocument, { representations }, token)).data._entities;
      const everything = [{ id, label: 'USD' }, { id: ada.id, wallets: { nodes: [{ id }] } }, null];
      expect(await seenBy(ada)).toEqual(everything);
      expect(await seenBy(operator)).toEqual(everything);
      const nothing = [null, { id: ada.id, wallets: { nodes: [] } }, null];
      expect(await seenBy(server.signIn('CUSTOMER'))).toEqual(nothing);
    });

    it("pages through a person's own wallets, oldest first, in both directions", async () => {
      const ids: string[] = [];
      for (const currency of ['USD', 'EUR', 'JPY', 'USD', 'EUR']) ids.push((await opened(currency)).id);
      await opened('USD', server.signIn('CUSTOMER'));
      const page = async (variables: object) => (await server.post(walletsDocument, variables, ada.token)).data.wallets;
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
      const [one, two] = [await opened('USD'), await opened('EUR')];
      await freeze(two.id, 'OUT', ada);
      const variables = { ids: [two.id, newId('wal'), one.id, two.id] };
      const { data } = await server.post(factsDocument, variables, server.serviceToken('wallet:resolve'));
      const facts = { id: two.id, ownerId: ada.id, currency: 'EUR', status: 'FROZEN_OUT' };
      expect(data.walletFacts).toEqual([
        facts,
        null,
        { id: one.id, ownerId: ada.id, currency: 'USD', status: 'ACTIVE' },
        facts,
      ]);
      expect(errorCode(await server.post(factsDocument, variables, ada.token))).toBe('FORBIDDEN');
      expect(errorCode(await server.post(factsDocument, variables, server.serviceToken('wallet:limit')))).toBe(
        'FORBIDDEN',
      );
    });
  });

  describe('being paid by name', () => {
    it('goes into the oldest wallet that takes money in, or else the oldest that is open', async () => {
      const bob = server.signIn('CUSTOMER');
      const first = await opened('USD');
      const second = await opened('USD');
      const payees = [
        { ownerId: ada.id, currency: 'USD' },
        { ownerId: ada.id, currency: 'EUR' },
        { ownerId: bob.id, currency: 'USD' },
        { ownerId: ada.id, currency: 'USD' },
        { ownerId: 'nobody', currency: 'USD' },
      ];
      const paid = async () => {
        const answer = await server.post(payeesDocument, { payees }, server.serviceToken('wallet:resolve'));
        return answer.data.payeeWallets.map((wallet) => wallet?.id ?? null);
      };
      expect(await paid()).toEqual([first.id, null, null, first.id, null]);
      await freeze(first.id, 'IN', ada);
      expect(await paid()).toEqual([second.id, null, null, second.id, null]);
      await freeze(second.id, 'BOTH', ada);
      expect(await paid()).toEqual([first.id, null, null, first.id, null]);
      await unfreeze(second.id, ada);
      expect(errorCode(await server.post(payeesDocument, { payees }, ada.token))).toBe('FORBIDDEN');
    });
  });

  describe('freezing', () => {
    it('stops a wallet in the ledger and here, until it is lifted', async () => {
      const { id } = await opened();
      const frozen = await freeze(id, 'OUT', ada, ' lost my phone ');
      expect(frozen.data.freezeWallet.wallet).toEqual({
        id,
        status: 'FROZEN_OUT',
        freeze: { direction: 'OUT', origin: 'OWNER', reason: 'lost my phone' },
      });
      expect(server.ledger.accounts.get(id)?.status).toBe('FROZEN_DEBIT');
      await freeze(id, 'BOTH', ada);
      expect(server.ledger.accounts.get(id)?.status).toBe('FROZEN');
      for (const _time of [1, 2]) {
        expect((await unfreeze(id, ada)).data.unfreezeWallet.wallet).toEqual({ id, status: 'ACTIVE', freeze: null });
        expect(server.ledger.accounts.get(id)?.status).toBe('OPEN');
      }
    });

    it('by an operator is for operators to lift', async () => {
      const { id } = await opened();
      await freeze(id, 'IN', ada);
      const taken = await freeze(id, 'BOTH', operator, 'court order');
      expect(taken.data.freezeWallet.wallet).toMatchObject({ freeze: { origin: 'OPERATOR', reason: 'court order' } });
      expect(codesOf((await freeze(id, 'IN', ada)).data.freezeWallet)).toEqual(['FROZEN_BY_OPERATOR']);
      expect(codesOf((await unfreeze(id, ada)).data.unfreezeWallet)).toEqual(['FROZEN_BY_OPERATOR']);
      expect(server.ledger.accounts.get(id)?.status).toBe('FROZEN');
      expect((await unfreeze(id, operator)).data.unfreezeWallet.wallet?.status).toBe('ACTIVE');
    });

    it("cannot be lifted by an operator in the operator's own wallet", async () => {
      const both = server.signIn('CUSTOMER', 'OPERATOR');
      const { id } = await opened('USD', both);
      await freeze(id, 'BOTH', operator);
      expect(codesOf((await unfreeze(id, both)).data.unfreezeWallet)).toEqual(['FROZEN_BY_OPERATOR']);
    });

    it("is not for somebody else's wallet, nor for one that is none, nor with too many words", async () => {
      const { id } = await opened();
      const stranger = server.signIn('CUSTOMER');
      expect(codesOf((await freeze(id, 'OUT', stranger)).data.freezeWallet)).toEqual(['WALLET_NOT_FOUND']);
      expect(codesOf((await unfreeze(id, stranger)).data.unfreezeWallet)).toEqual(['WALLET_NOT_FOUND']);
      expect(codesOf((await freeze(newId('wal'), 'OUT', operator)).data.freezeWallet)).toEqual(['WALLET_NOT_FOUND']);
      const wordy = await freeze(id, 'OUT', ada, 'x'.repeat(201));
      expect(wordy.data.freezeWallet.userErrors).toEqual([{ code: 'REASON_INVALID', field: ['input', 'reason'] }]);
      expect(errorCode(await freeze(id, 'OUT', server.signIn('ANALYST')))).toBe('FORBIDDEN');
      expect((await find(id, ada))?.status).toBe('ACTIVE');
    });

    it('is not for a closed wallet', async () => {
      const { id } = await opened();
      const database = openDatabase(server.migrationUrl);
      await database.wallet.update({ where: { id }, data: { status: 'CLOSED', slot: null } });
      await database.$disconnect();
      expect(codesOf((await freeze(id, 'OUT', ada)).data.freezeWallet)).toEqual(['WALLET_CLOSED']);
    });

    it('is not for a wallet whose account is closed', async () => {
      const { id } = await opened();
      const account = server.ledger.accounts.get(id);
      if (account) account.status = 'CLOSED';
      expect(codesOf((await freeze(id, 'OUT', ada)).data.freezeWallet)).toEqual(['WALLET_CLOSED']);
      expect((await find(id, ada))?.status).toBe('CLOSED');
    });

    it('changes nothing without the ledger, and is mended by asking again', async () => {
      const { id } = await opened();
      server.ledger.trouble = 'down';
      expect(errorCode(await freeze(id, 'OUT', ada))).toBe('SERVICE_UNAVAILABLE');
      server.ledger.trouble = 'answers lost';
      expect(errorCode(await freeze(id, 'OUT', ada))).toBe('SERVICE_UNAVAILABLE');
      expect((await find(id, ada))?.status).toBe('ACTIVE');
      expect(server.ledger.accounts.get(id)?.status).toBe('FROZEN_DEBIT');
      server.ledger.trouble = 'none';
      expect((await freeze(id, 'OUT', ada)).data.freezeWallet.wallet?.status).toBe('FROZEN_OUT');
    });

    it('takes turns: the ledger and the wallet end up with the same freeze', async () => {
      const { id } = await opened();
      server.ledger.overlap = 0;
      const directions = ['IN', 'OUT', 'BOTH'];
      await Promise.all(
        Array.from({ length: 15 }, (_, index) =>
          index % 4 === 3 ? unfreeze(id, operator) : freeze(id, directions[index % 3] ?? '', operator),
        ),
      );
      expect(server.ledger.overlap).toBe(1);
      const statuses: Record<string, string> = {
        OPEN: 'ACTIVE',
        FROZEN_CREDIT: 'FROZEN_IN',
        FROZEN_DEBIT: 'FROZEN_OUT',
        FROZEN: 'FROZEN',
      };
      const account = server.ledger.accounts.get(id)?.status ?? '';
      expect((await find(id, ada))?.status).toBe(statuses[account]);
    });

    it('goes on after somebody who crashed in the middle of it', async () => {
      const { id } = await opened();
      const database = openDatabase(server.migrationUrl);
      const leaseUntil = new Date(Date.now() - 1);
      await database.wallet.update({ where: { id }, data: { leaseUntil, leaseEpoch: 7 } });
      await database.$disconnect();
      expect((await freeze(id, 'OUT', ada)).data.freezeWallet.wallet?.status).toBe('FROZEN_OUT');
    });

    it('asks to try again while somebody else keeps the wallet', async () => {
      const { id } = await opened();
      const database = openDatabase(server.migrationUrl);
      await database.wallet.update({ where: { id }, data: { leaseUntil: new Date(Date.now() + 60_000) } });
      await database.$disconnect();
      expect(errorCode(await freeze(id, 'OUT', ada))).toBe('SERVICE_UNAVAILABLE');
    });
  });

  describe('closing', () => {
    const close = (walletId: string, person: Person) => server.post(closeDocument, { walletId }, person.token);
    const codesOfClosing = async (walletId: string, person: Person) =>
      codesOf((await close(walletId, person)).data.closeWallet);

    it('is for good, in the ledger first, and may be repeated', async () => {
      const { id } = await opened();
      await freeze(id, 'IN', ada);
      for (const _time of [1, 2])
        expect((await close(id, ada)).data.closeWallet).toEqual({
          wallet: { id, status: 'CLOSED', freeze: null },
          userErrors: [],
        });
      expect(server.ledger.accounts.get(id)?.status).toBe('CLOSED');
      expect(codesOf((await freeze(id, 'IN', ada)).data.freezeWallet)).toEqual(['WALLET_CLOSED']);
    });

    it('is for a wallet at zero', async () => {
      const { id } = await opened();
      const account = server.ledger.accounts.get(id);
      if (account) account.holdsMoney = true;
      expect(await codesOfClosing(id, ada)).toEqual(['WALLET_NOT_EMPTY']);
      expect((await find(id, ada))?.status).toBe('ACTIVE');
    });

    it('is the owner’s alone, and not while an operator has frozen the wallet', async () => {
      const { id } = await opened();
      for (const stranger of [operator, server.signIn('CUSTOMER')]) {
        const [code] = [(await close(id, stranger)).data?.closeWallet?.userErrors[0]?.code ?? 'FORBIDDEN'];
        expect(['WALLET_NOT_FOUND', 'FORBIDDEN']).toContain(code);
      }
      await freeze(id, 'OUT', operator);
      expect(await codesOfClosing(id, ada)).toEqual(['FROZEN_BY_OPERATOR']);
    });

    it('is made good by asking again when the ledger’s answer was lost, or by whoever tries to freeze', async () => {
      const [first, second] = [await opened(), await opened()];
      server.ledger.trouble = 'answers lost';
      for (const { id } of [first, second]) expect((await close(id, ada)).errors).toHaveLength(1);
      server.ledger.trouble = 'none';
      expect((await find(first.id, ada))?.status).toBe('ACTIVE');
      expect((await close(first.id, ada)).data.closeWallet.wallet?.status).toBe('CLOSED');
      expect(codesOf((await freeze(second.id, 'IN', ada)).data.freezeWallet)).toEqual(['WALLET_CLOSED']);
      expect((await find(second.id, ada))?.status).toBe('CLOSED');
    });

    it('makes room for another wallet', async () => {
      const wallets = await Promise.all(Array.from({ length: 10 }, () => opened('JPY')));
      expect(codesOf((await open({ currency: 'JPY' })).openWallet)).toEqual(['TOO_MANY_WALLETS']);
      await close(wallets[4]?.id ?? '', ada);
      expect((await open({ currency: 'JPY' })).openWallet.wallet).not.toBeNull();
    });
  });

  describe('limits', () => {
    const hold = (walletId: string, amount: string, currency = 'USD') => ({
      paymentId: newId('pay'),
      walletId,
      amount: { amount, currency },
    });
    const asPayment = (document: string, variables: object) =>
      server.post(document, variables, server.serviceToken('wallet:limit'));
    const usedOf = async (id: string) => (await find(id, ada))?.limits;

    it('are taken by payments under way, kept by confirmed ones, and given back by the others', async () => {
      const { id } = await opened();
      const holds = [hold(id, '100.00'), hold(id, '100'), hold(id, '100.01'), hold(id, '60'), hold(newId('wal'), '1')];
      const [paid, failed] = holds.map(({ paymentId }) => paymentId);
      const reserved = await asPayment(reserveDocument, { holds });
      expect(reserved.data.reserveLimits).toEqual([
        { paymentId: paid, status: 'HELD', code: null },
        { paymentId: failed, status: 'HELD', code: null },
        { paymentId: holds[2]?.paymentId, status: 'REFUSED', code: 'PER_PAYMENT_LIMIT_EXCEEDED' },
        { paymentId: holds[3]?.paymentId, status: 'REFUSED', code: 'DAILY_LIMIT_EXCEEDED' },
        { paymentId: holds[4]?.paymentId, status: 'REFUSED', code: 'WALLET_NOT_FOUND' },
      ]);
      const live = (await liveLimitHolds(server.databaseUrl)).filter(({ walletId }) => walletId === id);
      expect(live).toMatchObject([
        { paymentId: paid, amount: 10_000n, currency: 'USD' },
        { paymentId: failed, amount: 10_000n, currency: 'USD' },
      ]);
      expect(await usedOf(id)).toMatchObject({ dailyUsed: { amount: '200.00' }, dailyRemaining: { amount: '50.00' } });

      const used = await asPayment(useDocument, { ids: [paid] });
      expect(used.data.useLimits).toEqual([{ paymentId: paid, status: 'USED', code: null }]);
      const released = await asPayment(releaseDocument, { ids: [failed] });
      expect(released.data.releaseLimits).toEqual([{ paymentId: failed, status: 'RELEASED', code: null }]);
      expect(await usedOf(id)).toMatchObject({ dailyUsed: { amount: '100.00' }, dailyRemaining: { amount: '150.00' } });
      const left = (await liveLimitHolds(server.databaseUrl)).filter(({ walletId }) => walletId === id);
      expect(left).toEqual([]);
    });

    it('are those of the owner’s tier, and follow it', async () => {
      const { id } = await opened();
      expect(await usedOf(id)).toMatchObject({
        tier: 'BASIC',
        monthly: { amount: '400.00' },
        maximumBalance: { amount: '1000.00' },
      });
      server.peers.tiers.set(ada.id, 'VERIFIED');
      server.advance(30_000);
      const reserved = await asPayment(reserveDocument, { holds: [hold(id, '200.00'), hold(id, '200.01')] });
      expect(reserved.data.reserveLimits).toMatchObject([{ status: 'HELD' }, { code: 'PER_PAYMENT_LIMIT_EXCEEDED' }]);
      expect(await usedOf(id)).toMatchObject({
        tier: 'VERIFIED',
        monthly: { amount: '800.00' },
        monthlyUsed: { amount: '200.00' },
        monthlyRemaining: { amount: '600.00' },
      });
    });

    it('ask profile once in half a minute, and go on for an hour while it is away', async () => {
      const { id } = await opened();
      const reserve = () => asPayment(reserveDocument, { holds: [hold(id, '1')] });
      await reserve();
      const { asked } = server.peers;
      await reserve();
      expect(server.peers.asked).toBe(asked);
      server.peers.profileDown = true;
      server.advance(59 * 60_000);
      expect((await reserve()).data.reserveLimits).toMatchObject([{ status: 'HELD' }]);
      server.advance(60_000);
      expect(errorCode(await reserve())).toBe('SERVICE_UNAVAILABLE');
      expect(await find(id, server.signIn('ANALYST'))).toMatchObject({ id, limits: null });
      server.peers.profileDown = false;
      expect((await reserve()).data.reserveLimits).toMatchObject([{ status: 'HELD' }]);
    });

    it('are whole again the next day', async () => {
      const { id } = await opened();
      await asPayment(reserveDocument, { holds: [hold(id, '100')] });
      expect(await usedOf(id)).toMatchObject({ dailyUsed: { amount: '100.00' } });
      server.advance(12 * 60 * 60 * 1000);
      const next = await server.post(walletDocument, { id }, server.signIn('ANALYST').token);
      expect(next.data.wallet?.limits).toMatchObject({ dailyUsed: { amount: '0.00' } });
    });

    it('of a wallet frozen for money going out hold nothing', async () => {
      const { id } = await opened();
      await freeze(id, 'OUT', ada);
      const { data } = await asPayment(reserveDocument, { holds: [hold(id, '1')] });
      expect(data.reserveLimits).toMatchObject([{ status: 'REFUSED', code: 'WALLET_NOT_ACTIVE' }]);
    });

    it('refuse a call that makes no sense, naming what is wrong', async () => {
      const { id } = await opened();
      const sound = hold(id, '1');
      const fieldOf = async (document: string, variables: object) => {
        const { errors } = await asPayment(document, variables);
        expect(errors?.[0]?.extensions.code).toBe('BAD_USER_INPUT');
        return errors?.[0]?.extensions.field;
      };
      const nonsense = { ...sound, paymentId: 'pay_1' };
      expect(await fieldOf(reserveDocument, { holds: [sound, nonsense] })).toEqual(['holds', '1', 'paymentId']);
      for (const amount of ['0', '1.001', '99999999999999999999'])
        expect(await fieldOf(reserveDocument, { holds: [hold(id, amount)] })).toEqual([
          'holds',
          '0',
          'amount',
          'amount',
        ]);
      expect(await fieldOf(useDocument, { ids: [newId('wal')] })).toEqual(['paymentIds', '0']);
      expect(await fieldOf(releaseDocument, { ids: Array(1_001).fill(newId('pay')) })).toEqual(['paymentIds']);
      expect(await liveLimitHolds(server.databaseUrl)).not.toContainEqual(
        expect.objectContaining({ paymentId: sound.paymentId }),
      );
    });

    it('are for services to hold', async () => {
      const { id } = await opened();
      expect(errorCode(await server.post(reserveDocument, { holds: [hold(id, '1')] }, ada.token))).toBe('FORBIDDEN');
      const other = server.serviceToken('wallet:resolve');
      expect(errorCode(await server.post(reserveDocument, { holds: [hold(id, '1')] }, other))).toBe('FORBIDDEN');
    });
  });

  it('writes none of its owners’ words to the log', async () => {
    const { wallet } = (await open({ currency: 'EUR', label: 'Secret savings' })).openWallet;
    await freeze(wallet?.id ?? '', 'OUT', ada, 'my own business');
    expect(server.log()).toContain('answered');
    expect(server.log()).not.toContain('Secret savings');
    expect(server.log()).not.toContain('my own business');
    expect(server.log()).not.toContain(ada.token);
  });

  it('has the tables that its Prisma schema says', async () => {
    expect(await schemaDrift('wallet')).toBe('');
  });
});
