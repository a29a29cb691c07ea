import { randomUUID } from 'node:crypto';
import { currencyOf, formatAmount } from '@paygraph/money';
import { type OutsideParty, operations, type Person, type Route, recordDeposit } from '@paygraph/standalone/client';
import { cancel, capture, refund, refundsEnded } from '../support/acts.ts';
import { bankAccount } from '../support/payments.ts';
import type { Customer } from '../support/platform.ts';
import { decideReview, reviewed } from '../support/staff.ts';
import type { Errand, Refund } from './plan.ts';
import { type Watch, watch } from './steadfast.ts';
import type { Waiting } from './waiting.ts';

/** Everybody who has a part in errands; all of them steadfast. */
export interface Cast {
  readonly customers: readonly Customer[];
  readonly operator: Person;
  readonly analyst: Person;
  readonly waiting: Waiting;
  /** Told of every step that somebody sees. */
  readonly seen: () => void;
}

/** What came of an errand, as those were told who did it. */
export interface Result {
  readonly errand: Errand;
  readonly paymentId: string;
  /** The numbers of the steps as they were seen, in the order in which they were. */
  readonly sequences: readonly number[];
  /** The payment's state, and its failure if there is one: `FAILED INSUFFICIENT_FUNDS`. */
  readonly end: string;
  /** What must not have been told; empty when all is well. */
  readonly troubles: readonly string[];
}

/** Does an errand to its end: until nothing more is to be done and every step so far was seen. */
export async function carryOut(errand: Errand, cast: Cast): Promise<Result> {
  const { waiting, operator } = cast;
  const { from, to } = partiesOf(errand, cast);
  const [person, paymentId] = await waiting.until(
    `${errand.kind} of customer ${errand.from}`,
    'its payment to be made',
    begun(errand, { from, to, operator }),
  );
  const until = <Value>(what: string, it: Promise<Value>) => waiting.until(paymentId, what, it);
  const watching = watch(person, paymentId, until, cast.seen);
  const scene = { paymentId, from, to, until, watching, cast };
  await pastReview(scene);
  const troubles = await finish(errand, scene);
  const { state, failure, timeline } = await until('how it stands', standingOf(person, paymentId));
  await watching.saw(timeline.length);
  await watching.stop();
  waiting.progress();
  const end = [state, ...(failure ? [failure.code] : [])].join(' ');
  return { errand, paymentId, sequences: watching.sequences, end, troubles };
}

interface Scene {
  readonly paymentId: string;
  readonly from: Customer;
  readonly to: Customer;
  readonly until: <Value>(what: string, it: Promise<Value>) => Promise<Value>;
  readonly watching: Watch;
  readonly cast: Cast;
}

function partiesOf({ from, to }: Errand, { customers }: Cast) {
  const [payer, payee] = [customers[from], customers[to]];
  if (!payer || !payee) throw new RangeError('There are not so many customers');
  return { from: payer, to: payee };
}

/** Makes the payment: who watches it, and its id. */
async function begun(
  errand: Errand,
  { from, to, operator }: { from: Customer; to: Customer; operator: Person },
): Promise<[Person, string]> {
  if (errand.kind !== 'DEPOSIT') return [from, await pay(from, inputOf(errand, from, to))];
  const walletId = from.wallet('USD');
  const deposit = {
    idempotencyKey: randomUUID(),
    walletId,
    amount: money(errand.cents, 'USD'),
    reference: `Wire ${randomUUID()}`,
  };
  return [operator, await recordDeposit(operator, deposit)];
}

type Input = Route & { readonly captureMethod?: 'MANUAL' };

function inputOf(errand: Exclude<Errand, { kind: 'DEPOSIT' }>, from: Customer, to: Customer): Input {
  const { cents } = errand;
  const between = (source: string, target: string, amount = cents) => ({
    payerWalletId: from.wallet(source),
    payeeWalletId: to.wallet(target),
    amount: money(amount, source),
  });
  switch (errand.kind) {
    case 'TRANSFER':
      return between('USD', 'USD');
    case 'BEYOND_MEANS':
      return between('USD', 'USD', 990_000);
    case 'CONVERSION':
      return between('USD', 'EUR');
    case 'MANUAL':
      return { ...between('EUR', errand.across ? 'USD' : 'EUR'), captureMethod: 'MANUAL' };
    case 'COLLECTION':
      return { payer: mobile(errand), payeeWalletId: from.wallet('GHS'), amount: money(cents, 'GHS') };
    case 'PAYOUT':
      return { payerWalletId: from.wallet('GHS'), payee: mobile(errand), amount: money(cents, 'GHS') };
    case 'BANK_PAYOUT': {
      const source = errand.across ? 'USD' : 'EUR';
      const outside = { payee: bankAccount, payeeCurrency: 'EUR' };
      return { payerWalletId: from.wallet(source), ...outside, amount: money(cents, source) };
    }
  }
}

/** Pays once, at the price of a quote where one is needed. A quote that an outage outlasted is asked for anew. */
async function pay(payer: Customer, input: Input): Promise<string> {
  const { captureMethod: _method, ...route } = input;
  const idempotencyKey = randomUUID();
  let quoteId: string | undefined;
  for (;;) {
    const given = { ...input, ...(quoteId !== undefined && { quoteId }), idempotencyKey };
    const { createPayment } = await payer.graph<operations.CreatePayment>(operations.createPayment, { input: given });
    if (createPayment.payment) return createPayment.payment.id;
    const codes = createPayment.userErrors.map(({ code }) => code);
    if (!codes.every((code) => code === 'QUOTE_REQUIRED' || code === 'QUOTE_EXPIRED'))
      throw new Error(`A payment was refused: ${codes}`);
    const { createPaymentQuote } = await payer.graph<operations.CreateQuote>(operations.createQuote, { input: route });
    quoteId = createPaymentQuote.quote?.id;
  }
}

/** What an analyst has to look at is approved. Resolves when the payment is past that. */
async function pastReview({ paymentId, until, watching, cast }: Scene): Promise<void> {
  if ((await watching.reached('IN_REVIEW', 'PENDING', ...settled)) !== 'IN_REVIEW') return;
  const assessmentId = await until('its place in the queue', reviewed(cast, paymentId));
  await until('its approval', decideReview(cast.analyst, assessmentId, 'APPROVE'));
  await watching.reached('PENDING', ...settled);
}

const settled = ['CONFIRMED', 'FAILED', 'EXPIRED', 'CANCELLED'];

/** Whatever is to be done after the payment was made. Answers what was told wrongly. */
async function finish(errand: Errand, scene: Scene): Promise<string[]> {
  const { from, to, until, watching, paymentId } = scene;
  if (errand.kind === 'MANUAL') return byHand(errand, scene);
  // Whatever is told: it is called off, or it is not.
  if ('cancel' in errand && errand.cancel) await until('its cancellation', cancel(from, paymentId));
  const state = await watching.reached(...settled);
  if (state !== 'CONFIRMED' || !('refund' in errand)) return [];
  return until('its refunds', giveBack(errand.refund, errand.kind === 'COLLECTION' ? from : to, paymentId, errand));
}

async function byHand({ end, cents }: Extract<Errand, { kind: 'MANUAL' }>, scene: Scene): Promise<string[]> {
  const { from, paymentId, until, watching } = scene;
  if ((await watching.reached('PENDING', ...settled)) !== 'PENDING' || end === 'LEAVE') return [];
  const part = end === 'CAPTURE_PART' ? money(Math.ceil(cents / 3), 'EUR') : undefined;
  const decided = Promise.all([
    end === 'CANCEL' ? [] : capture(from, paymentId, part),
    end === 'CANCEL' || end === 'RACE' ? cancel(from, paymentId) : undefined,
  ]);
  const [refused] = await until('its capture or cancellation', decided);
  const state = await watching.reached(...settled);
  const isCaptured = end !== 'CANCEL' && refused.length === 0;
  return isCaptured === (state === 'CONFIRMED')
    ? []
    : [`${paymentId} is ${state}, its capture ${isCaptured ? 'done' : 'refused'}`];
}

async function giveBack(how: Refund, owner: Customer, paymentId: string, { kind, cents }: Errand): Promise<string[]> {
  const part = (tenths: number) =>
    refund(owner, paymentId, money(Math.ceil((cents * tenths) / 10), kind === 'COLLECTION' ? 'GHS' : 'USD'));
  switch (how) {
    case 'NONE':
      return [];
    case 'WHOLE':
      await refund(owner, paymentId);
      await refundsEnded(owner, paymentId, patienceMs, lookEveryMs);
      return [];
    case 'PARTS':
      await part(3);
      // What is left, whatever becomes of the first.
      await refund(owner, paymentId);
      await refundsEnded(owner, paymentId, patienceMs, lookEveryMs);
      return [];
    case 'RIVALS': {
      const refusals = (await Promise.all([part(6), part(6)])).flat();
      const states = (await refundsEnded(owner, paymentId, patienceMs, lookEveryMs)).map(({ state }) => state);
      // One that failed has given back what the other may have been asked for after it.
      const isRight = refusals.length === 1 || (refusals.length === 0 && states.includes('FAILED'));
      return isRight ? [] : [`two refunds of 60 % of ${paymentId} are ${states}, ${refusals.length} were refused`];
    }
  }
}

/** Rails may need to be asked again and again. */
const patienceMs = 20 * 60_000;
/** Dozens wait at a time: looking more often would be most of what there is to do. */
const lookEveryMs = 500;

interface Standing {
  readonly state: string;
  readonly failure: { readonly code: string } | null;
  readonly timeline: readonly { readonly sequence: number }[];
}

async function standingOf({ graph }: Person, id: string): Promise<Standing> {
  const query = 'query ($id: ID!) { payment(id: $id) { state failure { code } timeline { sequence } } }';
  return (await graph<{ payment: Standing }>(query, { id })).payment;
}

function mobile({ phoneNumber }: { readonly phoneNumber: string }): OutsideParty {
  return { mobileMoney: { phoneNumber } };
}

/** An amount in minor units of a currency, as the graph has it. */
function money(cents: number, currency: string): operations.Money {
  return { amount: formatAmount({ amount: BigInt(cents), currency: currencyOf(currency) }), currency };
}
