import { randomUUID } from 'node:crypto';
import { connect, until, watch } from '@paygraph/gateway/testing';
import { newId } from '@paygraph/ids';
import type { FormattedExecutionResult } from 'graphql';
import { beforeAll, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { usePlatform } from '../support/journey.ts';
import { outcomeOf, transfer } from '../support/payments.ts';
import type { Customer } from '../support/platform.ts';
import { randomFrom } from '../support/random.ts';
import { createFuzzer, type Fuzzed } from './support/fuzz.ts';

/** `npm run test:security` sends them all; `npm test` fewer. */
const isFull = process.env.SECURITY === 'full';
const requests = isFull ? 10_000 : 300;
const messages = isFull ? 500 : 25;
const seed = 1;
const longest = isFull ? 1_800_000 : 120_000;
const atOnce = 8;

const platform = usePlatform('one process');
let victim: Customer;
let stranger: Customer;
/** Ids of the victim's, of the stranger's and of nobody's things. */
const ids: string[] = [];
/** Who sends them: mostly people, and staff among them. */
const senders: { readonly authorization?: string; readonly isStaff?: true }[] = [{}];
/** What only the victim and staff may ever see. */
const secrets: string[] = [];

beforeAll(async () => {
  victim = await platform().customer({ USD: '10.00' });
  stranger = await platform().customer({ USD: '1.00', EUR: '0.00' });
  const { createPayment } = await victim.graph<{ createPayment: { payment: { id: string } } }>(
    'mutation ($input: CreatePaymentInput!) { createPayment(input: $input) { payment { id } } }',
    {
      input: {
        ...{ ...transfer(victim, stranger, '1.00 USD', 'USD'), metadata: { note: 'top secret' } },
        idempotencyKey: randomUUID(),
      },
    },
  );
  const payment = createPayment.payment.id;
  await outcomeOf(victim, payment);
  const { viewer } = await victim.graph<{ viewer: { id: string; email: string } }>('{ viewer { id email } }');
  secrets.push(viewer.email, 'top secret');
  const by = ({ accessToken }: { accessToken: string }) => ({ authorization: `Bearer ${accessToken}` });
  senders.push(...[1, 2, 3, 4].map(() => by(stranger)));
  const staff = [platform().analyst, platform().operator];
  senders.push(...[...staff, ...staff].map((person) => ({ ...by(person), isStaff: true as const })));
  ids.push(payment, viewer.id, victim.wallet('USD'), stranger.wallet('USD'), stranger.wallet('EUR'));
  ids.push(newId('pay'), newId('wal'), newId('cus'), newId('txn'), newId('sus'), 'x');
});

/** What no answer may hold: of the inside of a service, or a fault that nobody foresaw. */
const inside =
  /INTERNAL_SERVER_ERROR|\.ts:\d|node_modules|stacktrace|[Pp]risma|[Pp]ostgre|ECONNREFUSED|127\.0\.0\.1|\bSELECT\b|\bINSERT\b/;

interface Outcome {
  readonly kind: Fuzzed['kind'];
  /** The request and the answer, when that is none to give. */
  readonly amiss: readonly string[];
  /** Whether a service was asked for something of it. */
  readonly isAsked: boolean;
}

async function send(
  { kind, method, search, headers, body }: Fuzzed,
  { authorization, isStaff }: (typeof senders)[number],
): Promise<Outcome> {
  const response = await fetch(`${platform().url}${search}`, {
    ...{ method, headers: { ...headers, ...(authorization && { authorization }) } },
    ...(body !== undefined && { body }),
  });
  const text = await beginningOf(response);
  const isTold = inside.test(text) || (!isStaff && secrets.some((secret) => text.includes(secret)));
  const sent = `${method} ${search} ${JSON.stringify(headers)} ${body?.slice(0, 4_000)}`;
  const amiss = response.status >= 500 || isTold ? [`${sent}\n${response.status} ${text.slice(0, 1_000)}`] : [];
  return { kind, amiss, isAsked: kind === 'operation' && isAsked(text) };
}

/** An answer, or what a stream begins with: nothing, when nothing happens on it for half a second. */
async function beginningOf(response: Response): Promise<string> {
  if (!response.headers.get('content-type')?.startsWith('text/event-stream')) return response.text();
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  const enough = setTimeout(() => void reader?.cancel(), 500);
  let text = '';
  while (reader && !/^data: \{.*\}$/m.test(text)) {
    const { done, value } = await reader.read();
    if (done) break;
    text += value;
  }
  clearTimeout(enough);
  await reader?.cancel();
  return text;
}

/** Whether a field at the root was valid, and the sender's to ask for. A subscription that stays open was, too. */
function isAsked(text: string): boolean {
  const json = text.startsWith('{') ? text : /^data: (\{.*\})$/m.exec(text)?.[1];
  if (json === undefined) return true;
  const { data, errors = [] }: FormattedExecutionResult = JSON.parse(json);
  const refused = errors.flatMap(({ path, extensions }) =>
    path?.length === 1 && extensions?.code === 'UNAUTHORIZED_FIELD_OR_TYPE' ? path : [],
  );
  return Object.keys(data ?? {}).some((field) => !refused.includes(field));
}

it(
  `${requests} requests at random break nothing, and tell nothing that is not theirs to know`,
  async () => {
    const random = randomFrom(seed);
    const fuzzed = createFuzzer(random, ids);
    const outcomes: Outcome[] = [];
    const sendSome = async (): Promise<void> => {
      while (outcomes.length < requests) {
        const request = fuzzed();
        outcomes.push(await send(request, senders[Math.floor(random() * senders.length)] ?? {}));
      }
    };
    await Promise.all(Array.from({ length: atOnce }, sendSome));
    expect(outcomes.flatMap(({ amiss }) => amiss).slice(0, 20)).toEqual([]);
    const wellMeant = outcomes.filter(({ kind }) => kind === 'operation');
    // Otherwise all of this would only be about the validation of input, and who may ask.
    expect(wellMeant.filter(({ isAsked }) => isAsked).length).toBeGreaterThan(wellMeant.length * 0.4);
    await expectAlive();
  },
  longest,
);

it(
  `${messages} messages at random on WebSockets close them at most`,
  async () => {
    const random = randomFrom(seed + 1);
    const fuzzed = createFuzzer(random, ids);
    const opening = JSON.stringify({
      type: 'connection_init',
      payload: { authorization: `Bearer ${stranger.accessToken}` },
    });
    for (let sent = 0; sent < messages; sent += 5) {
      const socket = new WebSocket(platform().url.replace('http', 'ws'), 'graphql-transport-ws');
      const received: string[] = [];
      socket.on('message', (data) => received.push(String(data)));
      const closed = new Promise<number>((resolve) => socket.on('close', resolve));
      await new Promise((resolve, reject) => socket.on('open', resolve).on('error', reject));
      if (random() < 0.8) socket.send(opening);
      for (let index = 0; index < 5; index += 1) socket.send(messageFrom(fuzzed().body ?? 'null', `${index}`, random));
      socket.send('that is all');
      expect([1009, 4400, 4401, 4403, 4409, 4429]).toContain(await closed);
      for (const text of received) expect(text).not.toMatch(inside);
    }
    await expectAlive();
  },
  longest,
);

function messageFrom(payload: string, id: string, random: () => number): string {
  const types = ['subscribe', 'subscribe', 'subscribe', 'complete', 'ping', 'next', 'connection_ack', '', 'x'];
  const type = types[Math.floor(random() * types.length)];
  return random() < 0.1 ? payload.slice(0, 50_000) : `{"id":"${id}","type":"${type}","payload":${payload || 'null'}}`;
}

/** Each service answers, over HTTP and over a WebSocket. */
async function expectAlive(): Promise<void> {
  const query = `{
    viewer { id } currencies { code } riskRuleSet { __typename } trialBalance { currency } payments { nodes { id } }
    wallet(id: "${victim.wallet('USD')}") { balance { available { amount } } }
  }`;
  const { wallet } = await platform().operator.graph<{ wallet: object | null }>(query);
  expect(wallet).not.toBeNull();
  const client = connect(platform().url.replace('http', 'ws'), `Bearer ${stranger.accessToken}`);
  const watched = watch(client, { query: '{ currencies { code } }' });
  await until(() => expect(watched.end()).toBe('completed'));
  await client.dispose();
}
