import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { testRails } from '../../test/platform.ts';
import { scriptRail } from '../../test/rail.ts';
import { idOf, type Person, type Scene, setScene } from '../../test/scene.ts';

// Many steps each, on a machine that may be busy.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const phone = { mobileMoney: { phoneNumber: '+233241234567', network: 'MTN' } };
const dollars = (amount: string) => ({ amount, currency: 'USD' });

let scene: Scene;
let ama: Person;

beforeAll(async () => {
  // Nobody is away here, and a busy machine takes its time.
  scene = await setScene({ peerTimeoutMs: 20_000 });
  ama = scene.asAma(await scene.start({ rails: testRails }, scene.bus, [scriptRail('momo')]));
});

beforeEach(() => scene.profiles.putInTier(scene.ama, 'BASIC'));

afterAll(() => scene.stop());

/** What a customer asks of payment, and what it costs who is known least and who is known best. */
const kinds = () =>
  [
    ['a transfer across currencies', scene.dollarsAsEuros('100'), '1.00', '0.75'],
    ['a payout', { payerWalletId: scene.amaUsd, payee: phone, amount: dollars('100') }, '1.00', '0.75'],
    ['a collection', { payer: phone, payeeWalletId: scene.amaUsd, amount: dollars('100') }, '1.00', '0.75'],
  ] as const;

describe('the fee', () => {
  it('of every kind is that of the tier of whoever bears it', async () => {
    for (const [kind, input, basic, enhanced] of kinds()) {
      scene.profiles.putInTier(scene.ama, 'BASIC');
      expect((await ama.quote(input)).quote?.fees, kind).toMatchObject([{ amount: dollars(basic) }]);
      scene.profiles.putInTier(scene.ama, 'ENHANCED');
      expect((await ama.quote(input)).quote?.fees, kind).toMatchObject([{ amount: dollars(enhanced) }]);
    }
  });

  it('of a payment without a quote is that of the tier at the time, and the quote’s otherwise', async () => {
    const input = { payerWalletId: scene.amaUsd, payee: phone, amount: dollars('100') };
    const { quote } = await ama.quote(input);
    scene.profiles.putInTier(scene.ama, 'ENHANCED');
    const quoted = await ama.payment(idOf(await ama.pay({ ...input, ...(quote && { quoteId: quote.id }) })));
    expect(quoted).toMatchObject({ debit: dollars('101.00'), fees: quote?.fees });
    const unquoted = await ama.payment(idOf(await ama.pay(input)));
    expect(unquoted).toMatchObject({ debit: dollars('100.75') });
  });

  it('does not depend on how well the other side is known', async () => {
    scene.profiles.putInTier(scene.ben, 'ENHANCED');
    expect((await ama.quote(scene.dollarsAsEuros('100'))).quote?.fees).toMatchObject([{ amount: dollars('1.00') }]);
  });
});
