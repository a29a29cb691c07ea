import { newId } from '@paygraph/ids';
import { describe, expect, it } from 'vitest';
import { liveLimitHolds } from '../testing/index.ts';
import { errorCode, useWallets, walletDocument } from '../testing/use-wallets.ts';

const resultFields = '{ paymentId status code }';
const reserveDocument = `mutation ($holds: [LimitHoldInput!]!) { reserveLimits(holds: $holds) ${resultFields} }`;
const useDocument = `mutation ($ids: [ID!]!) { useLimits(paymentIds: $ids) ${resultFields} }`;
const releaseDocument = `mutation ($ids: [ID!]!) { releaseLimits(paymentIds: $ids) ${resultFields} }`;

const the = useWallets();

describe('limits', () => {
  const hold = (walletId: string, amount: string, currency = 'USD') => ({
    paymentId: newId('pay'),
    walletId,
    amount: { amount, currency },
  });
  const asPayment = (document: string, variables: object) =>
    the.server.post(document, variables, the.server.serviceToken('wallet:limit'));
  const usedOf = async (id: string) => (await the.find(id, the.ada))?.limits;

  it('are taken by payments under way, kept by confirmed ones, and given back by the others', async () => {
    const { id } = await the.opened();
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
    const live = (await liveLimitHolds(the.server.databaseUrl)).filter(({ walletId }) => walletId === id);
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
    const left = (await liveLimitHolds(the.server.databaseUrl)).filter(({ walletId }) => walletId === id);
    expect(left).toEqual([]);
  });

  it('count what was captured of a payment, and not what was held for it', async () => {
    const { id } = await the.opened();
    const whole = hold(id, '100.00');
    await asPayment(reserveDocument, { holds: [whole] });
    const captured = [{ paymentId: whole.paymentId, amount: { amount: '40.50', currency: 'USD' } }];
    const document = `mutation ($ids: [ID!]!, $captured: [LimitCaptureInput!]) {
      useLimits(paymentIds: $ids, captured: $captured) ${resultFields} }`;
    const used = await asPayment(document, { ids: [whole.paymentId], captured });
    expect(used.data.useLimits).toEqual([{ paymentId: whole.paymentId, status: 'USED', code: null }]);
    expect(await usedOf(id)).toMatchObject({ dailyUsed: { amount: '40.50' }, monthlyUsed: { amount: '40.50' } });
    const wrong = [{ paymentId: whole.paymentId, amount: { amount: '0.001', currency: 'USD' } }];
    const refused = await asPayment(document, { ids: [], captured: wrong });
    expect(errorCode(refused)).toBe('BAD_USER_INPUT');
  });

  it('are those of the owner’s tier, and follow it', async () => {
    const { id } = await the.opened();
    expect(await usedOf(id)).toMatchObject({
      tier: 'BASIC',
      monthly: { amount: '400.00' },
      maximumBalance: { amount: '1000.00' },
    });
    the.server.peers.tiers.set(the.ada.id, 'VERIFIED');
    the.server.advance(30_000);
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
    const { id } = await the.opened();
    const reserve = () => asPayment(reserveDocument, { holds: [hold(id, '1')] });
    await reserve();
    const { asked } = the.server.peers;
    await reserve();
    expect(the.server.peers.asked).toBe(asked);
    the.server.peers.profileDown = true;
    the.server.advance(59 * 60_000);
    expect((await reserve()).data.reserveLimits).toMatchObject([{ status: 'HELD' }]);
    the.server.advance(60_000);
    expect(errorCode(await reserve())).toBe('SERVICE_UNAVAILABLE');
    expect(await the.find(id, the.server.signIn('ANALYST'))).toMatchObject({ id, limits: null });
    the.server.peers.profileDown = false;
    expect((await reserve()).data.reserveLimits).toMatchObject([{ status: 'HELD' }]);
  });

  it('are whole again the next day', async () => {
    const { id } = await the.opened();
    await asPayment(reserveDocument, { holds: [hold(id, '100')] });
    expect(await usedOf(id)).toMatchObject({ dailyUsed: { amount: '100.00' } });
    the.server.advance(12 * 60 * 60 * 1000);
    const next = await the.server.post(walletDocument, { id }, the.server.signIn('ANALYST').token);
    expect(next.data.wallet?.limits).toMatchObject({ dailyUsed: { amount: '0.00' } });
  });

  it('of a wallet frozen for money going out hold nothing', async () => {
    const { id } = await the.opened();
    await the.freeze(id, 'OUT', the.ada);
    const { data } = await asPayment(reserveDocument, { holds: [hold(id, '1')] });
    expect(data.reserveLimits).toMatchObject([{ status: 'REFUSED', code: 'WALLET_NOT_ACTIVE' }]);
  });

  it('refuse a call that makes no sense, naming what is wrong', async () => {
    const { id } = await the.opened();
    const sound = hold(id, '1');
    const fieldOf = async (document: string, variables: object) => {
      const { errors } = await asPayment(document, variables);
      expect(errors?.[0]?.extensions.code).toBe('BAD_USER_INPUT');
      return errors?.[0]?.extensions.field;
    };
    const nonsense = { ...sound, paymentId: 'pay_1' };
    expect(await fieldOf(reserveDocument, { holds: [sound, nonsense] })).toEqual(['holds', '1', 'paymentId']);
    for (const amount of ['0', '1.001', '99999999999999999999'])
      expect(await fieldOf(reserveDocument, { holds: [hold(id, amount)] })).toEqual(['holds', '0', 'amount', 'amount']);
    expect(await fieldOf(useDocument, { ids: [newId('wal')] })).toEqual(['paymentIds', '0']);
    expect(await fieldOf(releaseDocument, { ids: Array(1_001).fill(newId('pay')) })).toEqual(['paymentIds']);
    expect(await liveLimitHolds(the.server.databaseUrl)).not.toContainEqual(
      expect.objectContaining({ paymentId: sound.paymentId }),
    );
  });

  it('are for services to hold', async () => {
    const { id } = await the.opened();
    expect(errorCode(await the.server.post(reserveDocument, { holds: [hold(id, '1')] }, the.ada.token))).toBe(
      'FORBIDDEN',
    );
    const other = the.server.serviceToken('wallet:resolve');
    expect(errorCode(await the.server.post(reserveDocument, { holds: [hold(id, '1')] }, other))).toBe('FORBIDDEN');
  });
});
