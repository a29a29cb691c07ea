import { once } from 'node:events';
import { newId } from '@paygraph/ids';
import { type Person, personWith, type Step } from '@paygraph/standalone/client';
import { MessageType } from 'graphql-ws';
import { beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { usePlatform } from '../support/journey.ts';
import { outcomeOf, payNow, transfer } from '../support/payments.ts';
import type { Customer } from '../support/platform.ts';
import { decideReview, reviewed } from '../support/staff.ts';
import { tokenWithLeft } from '../support/tokens.ts';

const platform = usePlatform('one process');
let payer: Customer;
let payee: Customer;
/** Carried out in five steps. */
let confirmed: string;
/** Failed for lack of funds in three steps. */
let failed: string;

beforeAll(async () => {
  payer = await platform().customer({ USD: '100.00' });
  payee = await platform().customer({ USD: '0.00' });
  confirmed = await payNow(payer, transfer(payer, payee, '1.00 USD', 'USD'));
  failed = await payNow(payer, transfer(payer, payee, '1000.00 USD', 'USD'));
  await Promise.all([confirmed, failed].map((id) => outcomeOf(payer, id)));
}, 60_000);

const steps = `subscription ($id: ID!, $after: Int! = 0) {
  paymentStateChanged(paymentId: $id, afterSequence: $after) { sequence state }
}`;

interface Watch {
  readonly paymentStateChanged: Pick<Step, 'sequence' | 'state'>;
}

/** What a subscription brings until it completes or, if told, until a step has been seen. */
async function sequencesOf(person: Person, id: string, { after = 0, upTo = Number.POSITIVE_INFINITY } = {}) {
  const sequences: (number | unknown)[] = [];
  for await (const { data, errors } of person.live.iterate<Watch>({ query: steps, variables: { id, after } })) {
    if (errors) return [...sequences, ...errors.map(({ extensions }) => extensions?.code)];
    sequences.push(data?.paymentStateChanged.sequence);
    if ((data?.paymentStateChanged.sequence ?? 0) >= upTo) break;
  }
  return sequences;
}

describe('a subscription to a payment', () => {
  it.each([0, 1, 2, 3, 4])('after step %i brings exactly the steps that follow', async (after) => {
    const expected = [1, 2, 3, 4, 5].slice(after);
    expect(await sequencesOf(payer, confirmed, { after, upTo: 5 })).toEqual(expected);
  });

  it.each([0, 1, 2])('that has ended brings its history after step %i and completes', async (after) => {
    expect(await sequencesOf(payer, failed, { after })).toEqual([1, 2, 3].slice(after));
  });

  it('after the last step of one that has ended completes at once', async () => {
    expect(await sequencesOf(payer, failed, { after: 3 })).toEqual([]);
  });

  it('does not complete when it is carried out, for refunds may follow', async () => {
    const seen = sequencesOf(payer, confirmed, { after: 5 });
    // A whole payment later it is still there.
    const later = await payNow(payer, transfer(payer, payee, '1.00 USD', 'USD'));
    expect(await sequencesOf(payer, later, { upTo: 5 })).toEqual([1, 2, 3, 4, 5]);
    expect(await Promise.race([seen, Promise.resolve('open')])).toBe('open');
    await payer.live.terminate();
    await seen.catch(() => undefined);
  });

  it('that is under way brings what has been and then what comes, and completes with the last step', async () => {
    const rich = await platform().customer({ USD: '10000.00' });
    const id = await payNow(rich, transfer(rich, payee, '10000.00 USD', 'USD'));
    const assessmentId = await reviewed(platform(), id);
    const early = sequencesOf(rich, id);
    const late = sequencesOf(rich, id, { after: 3 });
    await decideReview(platform().analyst, assessmentId, 'DECLINE');
    expect(await early).toEqual([1, 2, 3, 4]);
    expect(await late).toEqual([4]);
  });

  it.each([-1, -2_147_483_648, 6, 2_147_483_647])('after step %i, which cannot be, is refused', async (after) => {
    expect(await sequencesOf(payer, confirmed, { after })).toEqual(['BAD_USER_INPUT']);
  });

  it('is open to the payee from CONFIRMED on, from where it begins', async () => {
    const rich = await platform().customer({ USD: '10000.00' });
    const id = await payNow(rich, transfer(rich, payee, '10000.00 USD', 'USD'));
    const assessmentId = await reviewed(platform(), id);
    expect(await sequencesOf(payee, id)).toEqual(['NOT_FOUND']);
    await decideReview(platform().analyst, assessmentId, 'APPROVE');
    await outcomeOf(rich, id);
    expect(await sequencesOf(payee, id, { upTo: 6 })).toEqual([6]);
  });

  it.each(['confirmed', 'unknown', 'malformed'])(
    'is not found by strangers and for what does not exist: %s',
    async (which) => {
      const stranger = await platform().customer({});
      const id = { confirmed, unknown: newId('pay'), malformed: "pay_'--" }[which] ?? '';
      expect(await sequencesOf(stranger, id)).toEqual(['NOT_FOUND']);
    },
  );

  it('may leave out of its selection what a variable says', async () => {
    const query = `subscription ($id: ID!, $with: Boolean!) {
      paymentStateChanged(paymentId: $id, afterSequence: 4) {
        sequence
        payment { payer { displayName wallet @include(if: $with) { label balance { available { currency } } } } payee @skip(if: $with) { displayName } }
      }
    }`;
    const answers = [];
    for (const wanted of [true, false])
      for await (const { data } of payer.live.iterate<{ paymentStateChanged: { payment: unknown } }>({
        query,
        variables: { id: confirmed, with: wanted },
      })) {
        answers.push(data?.paymentStateChanged.payment);
        break;
      }
    expect(answers).toEqual([
      { payer: { displayName: payer.name, wallet: { label: 'USD', balance: { available: { currency: 'USD' } } } } },
      { payer: { displayName: payer.name }, payee: { displayName: payee.name } },
    ]);
  });

  it('is seen whole by each of a hundred who watch several payments at once', async () => {
    const rich = await platform().customer({ USD: '100.00' });
    const ids = await Promise.all(
      Array.from({ length: 5 }, () => payNow(rich, transfer(rich, payee, '1.00 USD', 'USD'))),
    );
    const watchers = Array.from({ length: 100 }, (_, index) => {
      const watcher = index % 2 === 0 ? rich : platform().operator;
      return sequencesOf(watcher, ids[index % 5] ?? '', { upTo: 5 });
    });
    expect(await Promise.all(watchers)).toEqual(Array.from({ length: 100 }, () => [1, 2, 3, 4, 5]));
  });
});

describe('a socket', () => {
  it.each<[string, () => object | Promise<object>]>([
    ['without a token', () => ({})],
    ['with a malformed token', () => ({ authorization: 'Bearer nonsense' })],
    ['with an expired token', async () => bearer(await tokenWithLeft(platform(), payer, -10))],
  ])('%s is closed with 4403', async (_sentence, payload) => {
    expect(await closeCodeOf(await payload())).toBe(4403);
  });

  it('is closed with 4403 when its token expires while it watches', async () => {
    const token = await tokenWithLeft(platform(), payer, 2);
    const watcher = personWith(platform().url, 'watcher', token);
    const closed = new Promise((resolve) => watcher.live.on('closed', resolve));
    const seen = sequencesOf(watcher, confirmed, { after: 5 }).catch(() => 'cut off');
    expect(await closed).toMatchObject({ code: 4403 });
    expect(await seen).toBe('cut off');
  });
});

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

/** The code with which the gateway closes a socket that opens with this payload. */
async function closeCodeOf(payload: object): Promise<unknown> {
  const socket = new WebSocket(platform().url.replace(/^http/, 'ws'), 'graphql-transport-ws');
  await once(socket, 'open');
  socket.send(JSON.stringify({ type: MessageType.ConnectionInit, payload }));
  const [code] = await once(socket, 'close');
  return code;
}
