import { query } from '@paygraph/database/testing';
import type { RunningService } from '@paygraph/service';
import { freePorts, until } from '@paygraph/standalone';
import { type Person, personWith, type Step } from '@paygraph/standalone/client';
import { startPayment } from '@paygraph/subgraph-payment';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { gatewayProofs } from '../support/gateway-proofs.ts';
import { usePlatform } from '../support/journey.ts';
import { outcomeOf, payNow, transfer } from '../support/payments.ts';
import type { Customer } from '../support/platform.ts';
import { decideReview, reviewed } from '../support/staff.ts';

describe.runIf(process.env.CI)('on the build machine', () => {
  it('there is a Redis to test with', () => {
    expect(process.env.REDIS_URL, 'REDIS_URL').toBeTruthy();
  });
});

describe.skipIf(!process.env.REDIS_URL)('two payment processes (REDIS_URL)', () => {
  // Each payment by itself: a process keeps what it makes while it has room, and leaves the rest to whoever comes first.
  const platform = usePlatform('one process', () => ({ settings: { PAYMENT_BATCH_SIZE: '1' } }));
  let second: RunningService;
  let payee: Customer;

  beforeAll(async () => {
    const [port = 0] = await freePorts(1);
    second = await startPayment(platform().environmentOf('payment', port));
    payee = await platform().customer({ USD: '0.00' });
    await query(platform().databases.payment.migrationUrl, recordClaims);
  }, 60_000);
  afterAll(() => second?.stop());

  it('share the work', async () => {
    const payer = await platform().customer({ USD: '1000.00' });
    const route = transfer(payer, payee, '0.01 USD', 'USD');
    await until('both have taken up payments', 25_000, async () => {
      await Promise.all(Array.from({ length: 10 }, () => payNow(payer, route)));
      return (await query(platform().databases.payment.migrationUrl, 'SELECT DISTINCT owner FROM claim')).length === 2;
    });
  });

  it('tell each other of steps, so that watchers of either see them at once', async () => {
    const payer = await platform().customer({ USD: '10000.00' });
    const id = await payNow(payer, transfer(payer, payee, '10000.00 USD', 'USD'));
    const assessmentId = await reviewed(platform(), id);
    const { connectionParams } = gatewayProofs(platform(), 'payment', payer.accessToken);
    const watches = [platform().addressOf('payment'), second.url].map((address) =>
      watch(personWith(address, 'watcher', payer.accessToken, connectionParams), id),
    );
    await until('both watchers know all so far', 10_000, async () => watches.every(({ seen }) => seen.length === 3));
    await decideReview(platform().analyst, assessmentId, 'APPROVE');
    // Without a word between them one of the two would read the timeline anew after 15 seconds.
    await until('both watchers have seen the end', 10_000, async () => watches.every(({ seen }) => seen.length === 6));
    expect(watches.map(({ seen }) => seen)).toEqual([
      [1, 2, 3, 4, 5, 6],
      [1, 2, 3, 4, 5, 6],
    ]);
    await Promise.all(watches.map(({ stop }) => stop()));
    expect(await outcomeOf(payer, id)).toEqual({ state: 'CONFIRMED', failure: null });
  });
});

/** Notes who takes payments up: a lease is gone again when its payment has got on. */
const recordClaims = `
  CREATE TABLE claim (owner text NOT NULL);
  CREATE FUNCTION note_claim() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
  BEGIN
    INSERT INTO claim VALUES (NEW.lease_owner);
    RETURN NULL;
  END $$;
  CREATE TRIGGER note_claim AFTER INSERT OR UPDATE OF lease_owner ON payment
    FOR EACH ROW WHEN (NEW.lease_owner IS NOT NULL) EXECUTE FUNCTION note_claim();`;

/** What somebody sees of a payment, at one process. */
function watch({ live }: Person, id: string) {
  const seen: number[] = [];
  const watching = (async () => {
    const query = 'subscription ($id: ID!) { paymentStateChanged(paymentId: $id) { sequence } }';
    for await (const { data } of live.iterate<{ paymentStateChanged: Step }>({ query, variables: { id } }))
      if (data) seen.push(data.paymentStateChanged.sequence);
  })();
  const stop = async () => {
    await live.dispose();
    await watching;
  };
  return { seen, stop };
}
