import { newId } from '@paygraph/ids';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  codes,
  credit,
  debit,
  eur,
  ghs,
  house,
  jpy,
  ofRail,
  openTestLedger,
  reservation,
  type TestLedger,
  transaction,
  wallet,
} from '../testing/fixture.ts';
import type { NewEntry } from './commands.ts';

let ledger: TestLedger;

beforeAll(async () => {
  ledger = await openTestLedger();
});

afterAll(() => ledger.close());

const post = async (...entries: NewEntry[]) => {
  expect(codes(await ledger.engine.post([transaction(entries)]))).toEqual(['done']);
};

const reserveAndCapture = async (...entries: NewEntry[]) => {
  const held = reservation(entries);
  expect(codes(await ledger.engine.reserve([held]))).toEqual(['done']);
  expect(codes(await ledger.engine.capture([{ id: newId('txn'), reservationId: held.id }]))).toEqual(['done']);
};

describe('a transfer of 25.00 USD to EUR', () => {
  const transfer = (payer: string, payee: string) =>
    reserveAndCapture(
      debit(wallet(payer), 2525n),
      credit(house('FX_POSITION'), 2500n),
      credit(house('FEE_REVENUE'), 25n),
      debit(house('FX_POSITION', eur), 2201n),
      credit(wallet(payee, eur), 2189n),
      credit(house('FX_REVENUE', eur), 12n),
    );

  it('pays 21.89, earns a fee and a spread, and leaves us long in dollars and short in euros', async () => {
    const payer = await ledger.openWallet({ funds: 10_000n });
    const payee = await ledger.openWallet({ currency: eur });
    expect(await ledger.changesBy(() => transfer(payer, payee))).toEqual({
      [payer]: -2525n,
      'FX_POSITION/USD': 2500n,
      'FEE_REVENUE/USD': 25n,
      'FX_POSITION/EUR': -2201n,
      [payee]: 2189n,
      'FX_REVENUE/EUR': 12n,
    });
  });

  it('is refunded in two parts, after which every leg but the fee is where it was', async () => {
    const payer = await ledger.openWallet({ funds: 10_000n });
    const payee = await ledger.openWallet({ currency: eur });
    const changes = await ledger.changesBy(async () => {
      await transfer(payer, payee);
      await post(
        debit(house('FX_POSITION'), 1000n),
        credit(wallet(payer), 1000n),
        debit(wallet(payee, eur), 876n),
        debit(house('FX_REVENUE', eur), 4n),
        credit(house('FX_POSITION', eur), 880n),
      );
      await post(
        debit(house('FX_POSITION'), 1500n),
        credit(wallet(payer), 1500n),
        debit(wallet(payee, eur), 1313n),
        debit(house('FX_REVENUE', eur), 8n),
        credit(house('FX_POSITION', eur), 1321n),
      );
    });
    expect(changes).toEqual({ [payer]: -25n, 'FEE_REVENUE/USD': 25n });
  });

  it('is not refunded from a payee without the funds', async () => {
    const payer = await ledger.openWallet();
    const payee = await ledger.openWallet({ currency: eur });
    const refund = transaction([
      debit(house('FX_POSITION'), 1000n),
      credit(wallet(payer), 1000n),
      debit(wallet(payee, eur), 876n),
      credit(house('FX_POSITION', eur), 876n),
    ]);
    expect(await ledger.engine.post([refund])).toMatchObject([{ code: 'INSUFFICIENT_FUNDS', account: payee }]);
  });
});

describe('a transfer', () => {
  it('of 25.00 USD to JPY pays 3917 yen', async () => {
    const payer = await ledger.openWallet({ funds: 2525n });
    const payee = await ledger.openWallet({ currency: jpy });
    const transfer = () =>
      reserveAndCapture(
        debit(wallet(payer), 2525n),
        credit(house('FX_POSITION'), 2500n),
        credit(house('FEE_REVENUE'), 25n),
        debit(house('FX_POSITION', jpy), 3937n),
        credit(wallet(payee, jpy), 3917n),
        credit(house('FX_REVENUE', jpy), 20n),
      );
    expect(await ledger.changesBy(transfer)).toEqual({
      [payer]: -2525n,
      'FX_POSITION/USD': 2500n,
      'FEE_REVENUE/USD': 25n,
      'FX_POSITION/JPY': -3937n,
      [payee]: 3917n,
      'FX_REVENUE/JPY': 20n,
    });
  });

  it('in one currency takes the fee on top', async () => {
    const payer = await ledger.openWallet({ funds: 1025n });
    const payee = await ledger.openWallet();
    const transfer = () =>
      reserveAndCapture(debit(wallet(payer), 1025n), credit(wallet(payee), 1000n), credit(house('FEE_REVENUE'), 25n));
    expect(await ledger.changesBy(transfer)).toEqual({ [payer]: -1025n, [payee]: 1000n, 'FEE_REVENUE/USD': 25n });
  });
});

describe('collections and payouts', () => {
  const payOut = (customer: string) =>
    reserveAndCapture(debit(wallet(customer, ghs), 4040n), credit(ofRail('PAYOUT_TRANSIT', ghs), 4040n));
  const confirm = () =>
    post(
      debit(ofRail('PAYOUT_TRANSIT', ghs), 4040n),
      credit(ofRail('RAIL_CLEARING', ghs), 4000n),
      credit(house('FEE_REVENUE', ghs), 40n),
    );

  it('collect 100.00 GHS less a fee', async () => {
    const customer = await ledger.openWallet({ currency: ghs });
    const collect = () =>
      post(
        debit(ofRail('RAIL_CLEARING', ghs), 10_000n),
        credit(wallet(customer, ghs), 9900n),
        credit(house('FEE_REVENUE', ghs), 100n),
      );
    expect(await ledger.changesBy(collect)).toEqual({
      'RAIL_CLEARING/GHS/manual': 10_000n,
      [customer]: 9900n,
      'FEE_REVENUE/GHS': 100n,
    });
  });

  it('keep a payout of 40.00 GHS in transit until the rail confirms it and charges us', async () => {
    const customer = await ledger.openWallet({ currency: ghs, funds: 4040n });
    expect(await ledger.changesBy(() => payOut(customer))).toEqual({
      [customer]: -4040n,
      'PAYOUT_TRANSIT/GHS/manual': 4040n,
    });
    const confirmed = await ledger.changesBy(async () => {
      await confirm();
      await post(debit(ofRail('RAIL_COST', ghs), 7n), credit(ofRail('RAIL_CLEARING', ghs), 7n));
    });
    expect(confirmed).toEqual({
      'PAYOUT_TRANSIT/GHS/manual': -4040n,
      'RAIL_CLEARING/GHS/manual': -4007n,
      'FEE_REVENUE/GHS': 40n,
      'RAIL_COST/GHS/manual': 7n,
    });
  });

  it('give a failed payout back whole', async () => {
    const customer = await ledger.openWallet({ currency: ghs, funds: 4040n });
    const changes = await ledger.changesBy(async () => {
      await payOut(customer);
      await post(debit(ofRail('PAYOUT_TRANSIT', ghs), 4040n), credit(wallet(customer, ghs), 4040n));
    });
    expect(changes).toEqual({});
  });

  it('give a returned payout back but for its fee', async () => {
    const customer = await ledger.openWallet({ currency: ghs, funds: 4040n });
    const changes = await ledger.changesBy(async () => {
      await payOut(customer);
      await confirm();
      await post(debit(ofRail('RAIL_CLEARING', ghs), 4000n), credit(wallet(customer, ghs), 4000n));
    });
    expect(changes).toEqual({ [customer]: -40n, 'FEE_REVENUE/GHS': 40n });
  });
});

describe('money of an unknown owner', () => {
  it('waits in suspense until it is released or sent back, and the rail settles with our bank', async () => {
    const customer = await ledger.openWallet();
    const changes = await ledger.changesBy(async () => {
      await post(debit(ofRail('RAIL_CLEARING'), 5000n), credit(house('SUSPENSE'), 5000n));
      await post(debit(house('SUSPENSE'), 3000n), credit(wallet(customer), 2970n), credit(house('FEE_REVENUE'), 30n));
      await post(debit(house('SUSPENSE'), 2000n), credit(ofRail('PAYOUT_TRANSIT'), 2000n));
      await post(debit(house('SETTLEMENT'), 5000n), credit(ofRail('RAIL_CLEARING'), 5000n));
    });
    expect(changes).toEqual({
      [customer]: 2970n,
      'PAYOUT_TRANSIT/USD/manual': 2000n,
      'FEE_REVENUE/USD': 30n,
      'SETTLEMENT/USD': 5000n,
    });
    const tooMuch = transaction([debit(house('SUSPENSE'), 1n), credit(wallet(customer), 1n)]);
    expect(await ledger.engine.post([tooMuch])).toMatchObject([
      { code: 'INSUFFICIENT_FUNDS', account: 'SUSPENSE/USD' },
    ]);
  });
});
