import { randomUUID } from 'node:crypto';
import type { CustomerPrincipal } from '@paygraph/auth';
import { newId } from '@paygraph/ids';
import type { RailAdapter } from '@paygraph/rails';
import { createTransfer } from '../src/payment/create.ts';
import { createOutside } from '../src/payment/create-outside.ts';
import { createDeposit } from '../src/payment/deposit.ts';
import { createDirectory } from '../src/payment/directory.ts';
import { createLookupBudget } from '../src/payment/lookup-budget.ts';
import { createInsert, type Insert, type Made } from '../src/payment/make.ts';
import type { Payment } from '../src/payment/payment.ts';
import type { RefusalCode, Refused } from '../src/payment/refusal.ts';
import { createQuote } from '../src/quote/create.ts';
import { loadFeeSchedule } from '../src/quote/fees.ts';
import { createQuotes } from '../src/quote/quote.ts';
import { createLiveRail } from '../src/rails/live-rail.ts';
import { createRouter } from '../src/rails/router.ts';
import { defaultRailTuning } from '../src/rails/tuning.ts';
import type { Workers } from '../src/worker/workers.ts';
import type { MoneyAnswer, TransferInput } from './answers.ts';
import { type Person, person } from './person.ts';
import { createPlatform, type Platform, type Service } from './platform.ts';

/** Ama, who has 1,000.00 USD, and Ben, who has nothing yet; a rate between their currencies; an operator. */
export async function setScene(options: Parameters<typeof createPlatform>[0] = {}) {
  const platform = await createPlatform(options);
  const { profiles, wallets, ledger, forex } = platform;
  const ama = profiles.register('Ama Mensah', 'ama');
  const ben = profiles.register('Ben Okafor');
  const operator = profiles.register('Otto Perez');
  const amaUsd = wallets.open(ama, 'USD');
  const benUsd = wallets.open(ben, 'USD');
  const benEur = wallets.open(ben, 'EUR');
  const benJpy = wallets.open(ben, 'JPY');
  ledger.fund(amaUsd, '1000.00', 'USD');
  forex.setRate('USD', 'EUR', '0.88022588');
  forex.setRate('USD', 'JPY', '157.47729333');

  return {
    ...platform,
    platform,
    ama,
    ben,
    operator,
    amaUsd,
    benUsd,
    benEur,
    benJpy,
    asAma: (service: Service): Person => person(service, platform.tokenOf(ama)),
    asBen: (service: Service): Person => person(service, platform.tokenOf(ben)),
    asOperator: (service: Service): Person => person(service, platform.tokenOf(operator, ['OPERATOR'])),
    asAnalyst: (service: Service): Person => person(service, platform.tokenOf(operator, ['ANALYST'])),
    asNobody: (service: Service): Person => person(service, undefined),
    /** So many dollars from Ama to Ben. */
    dollars: (amount: string) => ({
      payerWalletId: amaUsd,
      payeeWalletId: benUsd,
      amount: { amount, currency: 'USD' },
    }),
    /** So many dollars from Ama that Ben gets as euros. */
    dollarsAsEuros: (amount: string) => ({
      payerWalletId: amaUsd,
      payeeWalletId: benEur,
      amount: { amount, currency: 'USD' },
    }),
  };
}

export type Scene = Awaited<ReturnType<typeof setScene>>;

/** The id of what a mutation was to make. */
export function idOf({
  payment,
  userErrors,
}: {
  payment: { id: string } | null;
  userErrors: readonly object[];
}): string {
  if (payment) return payment.id;
  throw new Error(`No payment was made: ${JSON.stringify(userErrors)}`);
}

export type { Person, Platform, Service };

/** Somebody who is signed in, as a resolver knows them. */
export function customer(id: string, ...scopes: string[]): CustomerPrincipal {
  return {
    kind: 'customer',
    id,
    sessionId: newId('ses'),
    roles: ['CUSTOMER'],
    scopes: new Set(scopes),
    expiresAt: new Date(Date.now() + 60_000),
  };
}

/** Makes payments straight in the database, where no worker runs unless a test starts one. */
export function createMaker(
  { client, connectPeers, ama, operator }: Scene,
  {
    timeToLiveMs = 60_000,
    rails = [],
    workers = { gather: async () => {}, expect: () => ({ made() {}, dropped() {} }) },
    insert = createInsert({ database: client, timeToLiveMs, batchSize: 200, workers }),
  }: {
    readonly timeToLiveMs?: number;
    readonly rails?: readonly RailAdapter[];
    readonly workers?: Pick<Workers, 'gather' | 'expect'>;
    /** What is done with a payment that is all in order. */
    readonly insert?: Insert;
  } = {},
) {
  const peers = connectPeers();
  const creation = {
    database: client,
    peers,
    insert,
    directory: createDirectory(peers, 1_000),
    lookups: createLookupBudget({ tries: 20, seconds: 900 }),
    quotes: createQuotes(client, { quoteLifeMs: 30_000 }),
    fees: loadFeeSchedule(),
    router: createRouter(
      client,
      rails.map((rail) => createLiveRail(rail, defaultRailTuning)),
      defaultRailTuning,
    ),
  };
  const payer = customer(ama, 'payment:write');
  const made = (outcome: Made | Refused<RefusalCode>) => {
    if (outcome.kind === 'made') return outcome.payment;
    throw new Error(outcome.code);
  };
  return {
    async transfer(input: TransferInput): Promise<Payment> {
      return made(await createTransfer(creation, payer, { idempotencyKey: randomUUID(), ...input }));
    },
    /** A payout or a collection. */
    async outside(input: TransferInput): Promise<Payment> {
      return made(await createOutside(creation, payer, { idempotencyKey: randomUUID(), ...input }));
    },
    async conversion(input: TransferInput): Promise<Payment> {
      const quoted = await createQuote(creation, payer, input, newId('req'));
      if (quoted.kind === 'refused') throw new Error(quoted.code);
      return this.transfer({ ...input, quoteId: quoted.quote.id });
    },
    async deposit(walletId: string, amount: MoneyAnswer): Promise<Payment> {
      const input = { idempotencyKey: randomUUID(), walletId, amount, reference: randomUUID() };
      return made(await createDeposit(creation, customer(operator, 'payment:deposit:any'), input));
    },
    close: () => Promise.all(Object.values(peers).map((peer) => peer.close())),
  };
}
