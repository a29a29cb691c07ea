import { randomUUID } from 'node:crypto';
import { currencyOf, parseAmount } from '@paygraph/money';
import { demoPassword } from '@paygraph/playground';
import {
  balanceOf,
  openWallet,
  operations,
  type Person,
  pay,
  quotePayment,
  recordDeposit,
  registerPerson,
  type Step,
  signIn,
  watchPayment,
} from '../client/index.ts';
import { emailOf } from '../seed/seed.ts';
import { money, type Narrator } from './narrator.ts';

/** From two strangers to a payment across currencies, told and checked step by step. `url` is the gateway's GraphQL address. */
export async function travel(url: string, narrator: Narrator): Promise<void> {
  const { chapter, say, check } = narrator;
  const people: Person[] = [];
  try {
    chapter('Two people register');
    const efua = await registerPerson(url, stranger('Efua in Accra'));
    const jonas = await registerPerson(url, stranger('Jonas in Hamburg'));
    const operator = await signIn(url, emailOf('OPERATOR'), demoPassword);
    people.push(efua, jonas, operator);
    say(`${efua.name} and ${jonas.name}, each with an access token`);

    chapter('They open wallets');
    const dollars = await openWallet(efua, 'USD');
    const euros = await openWallet(jonas, 'EUR');
    say(`${efua.name}: ${dollars} (USD)`);
    say(`${jonas.name}: ${euros} (EUR)`);

    chapter('An operator records a deposit');
    const hundred = { amount: '100.00', currency: 'USD' };
    const deposit = {
      idempotencyKey: randomUUID(),
      walletId: dollars,
      amount: hundred,
      reference: `Demo ${randomUUID()}`,
    };
    await tellSteps(narrator, operator, await recordDeposit(operator, deposit));
    const before = { payer: await balanceOf(efua, dollars), payee: await balanceOf(jonas, euros) };
    check(`${efua.name} has 100.00 USD`, money(before.payer) === '100.00 USD');

    chapter('A quote tells the whole price');
    const route = { payerWalletId: dollars, payeeWalletId: euros, amount: { amount: '25.00', currency: 'USD' } };
    const quote = await quotePayment(efua, route);
    tellQuote(narrator, quote);

    chapter('The payment, live');
    const input = { ...route, idempotencyKey: randomUUID(), quoteId: quote.id };
    const { id, replayed } = await pay(efua, input);
    check('the payment is new', !replayed);
    await tellSteps(narrator, efua, id);

    chapter('Balances before and after');
    const after = { payer: await balanceOf(efua, dollars), payee: await balanceOf(jonas, euros) };
    say(`${efua.name}: ${money(before.payer)} → ${money(after.payer)}`);
    say(`${jonas.name}: ${money(before.payee)} → ${money(after.payee)}`);
    check('the payer paid exactly the debit quoted', minor(before.payer) - minor(after.payer) === minor(quote.debit));
    check('the payee got exactly the credit quoted', minor(after.payee) - minor(before.payee) === minor(quote.credit));

    chapter('The same request again');
    const again = await pay(efua, input);
    check('answers with the same payment', again.replayed && again.id === id);
    check('moves nothing', money(await balanceOf(efua, dollars)) === money(after.payer));

    chapter('The books');
    await tellBooks(narrator, operator, id);
  } finally {
    for (const { live } of people) await live.dispose();
  }
}

/** With an address of its own, so that the demo can be run any number of times. */
function stranger(displayName: string) {
  return { displayName, email: `${randomUUID()}@demo.paygraph.dev`, password: randomUUID() };
}

function tellQuote({ say }: Narrator, { debit, credit, fees, exchangeRate, expiresAt }: operations.Quote): void {
  say(
    `debit  ${money(debit)}, of which fees: ${fees.map(({ label, amount }) => `${label} ${money(amount)}`).join(', ') || 'none'}`,
  );
  say(`credit ${money(credit)} at ${exchangeRate}`);
  say(`good until ${expiresAt}`);
}

async function tellSteps({ say, check }: Narrator, watcher: Person, paymentId: string): Promise<void> {
  const steps: Step[] = [];
  for await (const step of watchPayment(watcher, paymentId)) {
    steps.push(step);
    say(describeStep(step));
  }
  check(
    'every step arrived once and in order',
    steps.every(({ sequence }, index) => sequence === index + 1),
  );
  check('the payment is CONFIRMED', steps.at(-1)?.state === 'CONFIRMED');
}

function describeStep({ sequence, state, payment }: Step): string {
  const { payer, payee, amount, riskAssessment } = payment;
  const available = payer.wallet?.balance?.available;
  const facts = [
    `${payer.displayName} → ${payee.displayName}: ${money(amount)}`,
    available && `payer's balance ${money(available)}`,
    riskAssessment && `risk ${riskAssessment.decision}`,
  ];
  return `${sequence}  ${state.padEnd(11)} ${facts.filter(Boolean).join(', ')}`;
}

async function tellBooks({ say, check }: Narrator, operator: Person, payment: string): Promise<void> {
  const books = await operator.graph<operations.Books>(operations.books, { payment });
  const entries = (books.payment?.ledgerTransactions ?? []).flatMap(({ entries }) => entries);
  for (const { direction, amount, account } of entries) {
    say(`${direction.padEnd(6)} ${account?.purpose.padEnd(12)} ${money(amount)}`);
  }
  check('the payment posted entries', entries.length > 0);
  for (const { currency, debits, credits, balanced } of books.trialBalance) {
    check(
      `${currency}: debits ${debits.amount} = credits ${credits.amount}`,
      balanced && debits.amount === credits.amount,
    );
  }
  check('there is a trial balance', books.trialBalance.length > 0);
}

function minor({ amount, currency }: operations.Money): bigint {
  const parsed = parseAmount(amount, currencyOf(currency), { zero: 'allow' });
  if (parsed.kind === 'fault') throw new Error(`Not an amount: ${amount} ${currency}`);
  return parsed.money.amount;
}
