import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { person } from '../../test/person.ts';
import { type Scene, type Service, setScene } from '../../test/scene.ts';
import { payeeReferenceIn } from './payee.ts';

describe('who is paid', () => {
  it('is said by exactly one field, and by a currency only with a person', () => {
    expect(payeeReferenceIn({ payeeWalletId: 'wal_1' })).toEqual({ kind: 'wallet', walletId: 'wal_1' });
    expect(payeeReferenceIn({ payeeHandle: 'ben', payeeCurrency: 'EUR', payeeWalletId: null })).toEqual({
      kind: 'person',
      name: { handle: 'ben' },
      currency: 'EUR',
      field: 'payeeHandle',
    });
    for (const input of [
      {},
      { payeeCurrency: 'EUR' },
      { payeeWalletId: 'wal_1', payeeCurrency: 'EUR' },
      { payeeWalletId: 'wal_1', payeeHandle: 'ben' },
      { payeeEmail: 'ben@example.com', payeePhone: '+233201234567' },
    ])
      expect(payeeReferenceIn(input)).toMatchObject({ kind: 'refused', code: 'PAYEE_INVALID' });
  });
});

describe('paying a person', () => {
  let scene: Scene;
  let service: Service;
  const amount = { amount: '10.00', currency: 'USD' };

  beforeAll(async () => {
    scene = await setScene();
    service = await scene.start({ payeeLookups: { tries: 3, seconds: 900 } });
    scene.profiles.reachAt(scene.ben, { email: 'ben@example.com', phone: '+233201234567' });
  });
  afterAll(async () => {
    expect(await scene.troubles()).toEqual([]);
    await scene.stop();
  });

  it.each([{ payeeEmail: 'ben@example.com' }, { payeePhone: '+233201234567' }])(
    'by %o reaches their wallet in the amount’s currency',
    async (payee) => {
      const ama = scene.asAma(service);
      const { payment, userErrors } = await ama.pay({ payerWalletId: scene.amaUsd, ...payee, amount });
      expect(userErrors).toEqual([]);
      const { payee: party } = await ama.paymentIn(payment?.id ?? '', 'CONFIRMED');
      expect(party).toEqual({ displayName: 'Ben Okafor', handle: null, wallet: null });
      const seen = await scene.asBen(service).payment(payment?.id ?? '');
      expect(seen?.payee.wallet).toEqual({ id: scene.benUsd });
    },
  );

  it('in another currency takes a quote for the same person', async () => {
    const ama = scene.asAma(service);
    const input = { payerWalletId: scene.amaUsd, payeeEmail: 'ben@example.com', payeeCurrency: 'EUR', amount };
    const { quote } = await ama.quote(input);
    expect(quote?.credit.currency).toBe('EUR');
    const { payment } = await ama.pay({ ...input, quoteId: quote?.id ?? '' });
    expect(await ama.paymentIn(payment?.id ?? '', 'CONFIRMED')).toMatchObject({ credit: quote?.credit });
  });

  it('by their own handle is a wallet that pays itself', async () => {
    const ama = scene.asAma(service);
    const { userErrors } = await ama.pay({ payerWalletId: scene.amaUsd, payeeHandle: 'ama', amount });
    expect(userErrors).toMatchObject([{ code: 'SAME_WALLET' }]);
  });

  it('answers alike for nobody, for a person without such a wallet and for a wallet that takes nothing in', async () => {
    const eve = scene.profiles.register('Eve', 'eve');
    const eveUsd = scene.wallets.open(eve, 'USD');
    scene.ledger.fund(eveUsd, '100.00', 'USD');
    const frozen = scene.profiles.register('Frida', 'frida');
    scene.wallets.setStatus(scene.wallets.open(frozen, 'USD'), 'FROZEN_IN');
    const payeeless = [{ payeeHandle: 'nobody_here' }, { payeeHandle: 'frida' }];
    const asEve = person(service, scene.tokenOf(eve));
    const answers = await Promise.all(
      [...payeeless, { payeeHandle: 'ama', payeeCurrency: 'JPY' }].map((payee) =>
        asEve.pay({ payerWalletId: eveUsd, ...payee, amount }),
      ),
    );
    for (const { userErrors } of answers)
      expect(userErrors).toEqual([
        {
          code: 'PAYEE_NOT_FOUND',
          message: 'Nobody by that name can be paid in this currency.',
          field: ['input', 'payeeHandle'],
        },
      ]);
    const exhausted = await asEve.quote({ payerWalletId: eveUsd, payeeEmail: 'ben@example.com', amount });
    expect(exhausted.userErrors).toMatchObject([{ code: 'PAYEE_LOOKUPS_EXHAUSTED', field: ['input', 'payeeEmail'] }]);
    const { userErrors } = await asEve.pay({ payerWalletId: eveUsd, payeeWalletId: scene.benUsd, amount });
    expect(userErrors).toEqual([]);
  });

  it('tells nothing of a payee to somebody whose wallet it is not that pays', async () => {
    const ben = scene.asBen(service);
    for (const payeeEmail of ['ben@example.com', 'stranger@example.com']) {
      const { userErrors } = await ben.pay({ payerWalletId: scene.amaUsd, payeeEmail, amount });
      expect(userErrors).toMatchObject([{ code: 'PAYER_WALLET_NOT_FOUND' }]);
    }
  });

  it('refuses an address that is none as bad input', async () => {
    const query = 'mutation ($input: CreatePaymentInput!) { createPayment(input: $input) { replayed } }';
    const input = { idempotencyKey: 'k', payerWalletId: scene.amaUsd, payeePhone: '0201234567', amount };
    const { errors } = await scene.asAma(service).send(query, { input });
    expect(errors?.[0]?.extensions.code).toBe('BAD_USER_INPUT');
  });
});
