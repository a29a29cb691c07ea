import type { Person } from '@paygraph/standalone/client';
import { describe, expect, it, vi } from 'vitest';
import { usePlatform } from '../support/journey.ts';
import { outcomeOf, payNow, transfer } from '../support/payments.ts';

vi.setConfig({ testTimeout: 90_000 });

const platform = usePlatform('many processes');

const document = `subscription ($filter: PaymentFilter, $after: String) {
  paymentsActivity(filter: $filter, after: $after) {
    cursor
    change { sequence state payment { id state payer { displayName } riskAssessment { decision } } }
  }
}`;

interface Activity {
  readonly cursor: string;
  readonly change: {
    readonly sequence: number;
    readonly state: string;
    readonly payment: { readonly id: string; readonly riskAssessment: { readonly decision: string } | null };
  };
}

/** The activities after a cursor, until there are enough. */
async function follow(
  { live }: Person,
  variables: { readonly filter?: object; readonly after: string },
  enough: (activities: readonly Activity[]) => boolean,
): Promise<Activity[]> {
  const activities: Activity[] = [];
  for await (const { data, errors } of live.iterate<{ paymentsActivity: Activity }>({ query: document, variables })) {
    if (errors || !data) throw new Error(JSON.stringify(errors));
    activities.push(data.paymentsActivity);
    if (enough(activities)) break;
  }
  return activities;
}

const sequencesOf = (activities: readonly Activity[], id: string) =>
  activities.filter(({ change }) => change.payment.id === id).map(({ change }) => change.sequence);
const ended = (ids: readonly string[]) => (activities: readonly Activity[]) =>
  ids.every((id) => activities.some(({ change }) => change.payment.id === id && change.state === 'CONFIRMED'));

describe('following all payments through the gateway', () => {
  it('gives staff each step once, in order, with what other services say, from wherever they stood', async () => {
    const { operator } = platform();
    const payer = await platform().customer({ USD: '100.00' });
    const payee = await platform().customer({ USD: '0.00' });
    const route = transfer(payer, payee, '1.00 USD', 'USD');
    const ids = await Promise.all([1, 2, 3, 4, 5].map(() => payNow(payer, route)));

    const some = await follow(operator, { after: '0' }, ({ length }) => length >= 7);
    const after = some.at(-1)?.cursor ?? '';
    const rest = await follow(operator, { after }, (activities) => ended(ids)([...some, ...activities]));
    const all = [...some, ...rest];
    expect(all.map(({ cursor }) => Number(cursor))).toEqual(all.map((_, index) => index + 1));
    for (const id of ids) expect(sequencesOf(all, id)).toEqual([1, 2, 3, 4, 5]);
    const last = all.find(({ change }) => change.payment.id === ids[0] && change.state === 'CONFIRMED');
    expect(last?.change.payment.riskAssessment).toEqual({ decision: 'APPROVE' });
  });

  it('gives a payee what has moved, and goes on when the payment process was killed', async () => {
    const { processes } = platform();
    if (!processes) throw new Error('no processes');
    const payer = await platform().customer({ USD: '100.00' });
    const payee = await platform().customer({ USD: '0.00' });
    const first = await payNow(payer, transfer(payer, payee, '1.00 USD', 'USD'));
    expect(await outcomeOf(payer, first)).toMatchObject({ state: 'CONFIRMED' });
    const filter = { walletId: payee.wallet('USD'), kinds: ['TRANSFER'] };
    const before = await follow(payee, { after: '0', filter }, ended([first]));
    expect(before.map(({ change }) => change.state)).toEqual(['CONFIRMED']);

    // The gateway opens the lost upstream again after the last step that it passed on.
    let seen: readonly Activity[] = [];
    const following = follow(payee, { after: '0', filter }, (activities) => {
      seen = [...activities];
      return activities.length === 2;
    });
    await vi.waitFor(() => expect(seen).toHaveLength(1), { timeout: 30_000 });
    await processes.kill('payment');
    await processes.restart('payment');
    const second = await payNow(payer, transfer(payer, payee, '2.00 USD', 'USD'));
    const through = await following;
    expect(through.map(({ change }) => change.payment.id)).toEqual([first, second]);
  });
});
