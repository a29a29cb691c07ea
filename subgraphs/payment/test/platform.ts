import {
  createAuthenticator,
  createServiceTokenSigner,
  generateSigningKey,
  publicJwk,
  type Role,
  signAccessToken,
  staticKeys,
} from '@paygraph/auth';
import { createTestDatabase } from '@paygraph/database/testing';
import { type EventBus, memoryBus } from '@paygraph/events';
import { newId } from '@paygraph/ids';
import type { RailAdapter } from '@paygraph/rails';
import { createLogger, type Logger, type Metrics } from '@paygraph/service';
import { createPeer, type Peer } from '@paygraph/subgraph';
import { openDatabase } from '../src/database.ts';
import { hasMovedMoney, isSettled } from '../src/payment/lifecycle.ts';
import type { Payment } from '../src/payment/payment.ts';
import type { Peers } from '../src/peers/peers.ts';
import { defaultRailTuning, type RailTuning } from '../src/rails/tuning.ts';
import { createPaymentSubgraph } from '../src/subgraph.ts';
import { auditPayments, type DuePosting, type Entry } from '../src/testing/index.ts';
import type { Tuning } from '../src/tuning.ts';
import { startForex } from './peers/forex.ts';
import { type SimulatedLedger, startLedger } from './peers/ledger.ts';
import { startProfiles } from './peers/profile.ts';
import { startRisk } from './peers/risk.ts';
import { type SimulatedWallets, startWallets } from './peers/wallet.ts';

/** Fast enough for tests: what would be seconds are tens of milliseconds. */
export const testTuning = {
  leaseMs: 600,
  pollMs: 50,
  reviewPollMs: { baseMs: 30, capMs: 30 },
  batchSize: 100,
  backoff: { baseMs: 10, capMs: 100 },
} satisfies Partial<Tuning>;

/** Rails that are asked again after some tens of milliseconds. */
export const testRails: RailTuning = {
  ...defaultRailTuning,
  callTimeoutMs: 500,
  attemptLeaseMs: 1_500,
  breakerPauseMs: 100,
  statusPauseMs: { baseMs: 20, capMs: 60 },
  parkMs: 500,
  floatAgeMs: 0,
};

export const silent: Logger = createLogger({ service: 'payment', level: process.env.TEST_LOG_LEVEL ?? 'silent' });

export interface Service {
  readonly url: string;
  /** How often it has called a peer. */
  peerCalls(): number;
  stop(): Promise<void>;
}

/**
 * Payment's surroundings: an own database and the five peers on real servers.
 * @param peerTimeoutMs how long payment waits for an answer: short where one is never to come
 */
export async function createPlatform({ peerTimeoutMs = 2_000 }: { readonly peerTimeoutMs?: number } = {}) {
  const [database, wallets, ledger, forex, risk, profiles] = await Promise.all([
    createTestDatabase('payment'),
    startWallets(),
    startLedger(),
    startForex(),
    startRisk(),
    startProfiles(),
  ]);
  const bus = memoryBus();
  const client = openDatabase(database.databaseUrl);
  const services: Service[] = [];
  const key = generateSigningKey();
  const walletKey = generateSigningKey();
  const authenticate = createAuthenticator({
    accessTokenKeys: staticKeys({ keys: [publicJwk(key)] }),
    serviceTokenKeys: staticKeys({ keys: [publicJwk(walletKey, 'wallet')] }),
    audience: 'payment',
    acceptedScopes: { wallet: ['payment:resolve'] },
  });
  const peer = (name: string, { url }: { url: string }) =>
    createPeer({ name, url, token: () => 'test', logger: silent, timeoutMs: peerTimeoutMs });
  const connectPeers = (): Peers => ({
    wallet: peer('wallet', wallets),
    ledger: peer('ledger', ledger),
    forex: peer('forex', forex),
    risk: peer('risk', risk),
    profile: peer('profile', profiles),
  });

  return {
    database,
    client,
    wallets,
    ledger,
    forex,
    risk,
    profiles,
    bus,
    connectPeers,

    /** Starts a payment process; `bus` tells which others it hears. */
    async start(
      tuning: Partial<Tuning> = {},
      on: EventBus = bus,
      rails: readonly RailAdapter[] = [],
      metrics?: Metrics,
    ): Promise<Service> {
      let calls = 0;
      const peers = tapped(connectPeers(), (call) => {
        calls += 1;
        return call();
      });
      const subgraph = createPaymentSubgraph({
        databaseUrl: database.databaseUrl,
        bus: on,
        authenticate,
        logger: silent,
        peers,
        rails,
        ...(metrics && { metrics }),
        tuning: { ...testTuning, ...tuning },
      });
      const url = await subgraph.listen({ host: '127.0.0.1', port: 0 });
      const service = { url, peerCalls: () => calls, stop: () => subgraph.stop() };
      services.push(service);
      return service;
    },

    /**
     * Waits until nothing is owed any more, and says what is wrong then: with the payments, with the books, or between
     * the two.
     */
    async troubles(): Promise<string[]> {
      await eventually(async () => (await client.paymentCompensation.count({ where: { acknowledgedAt: null } })) === 0);
      await eventually(
        async () => (await client.paymentAttempt.count({ where: { chargeDueAt: { not: null } } })) === 0,
      );
      const { payments, refunds, items, settlements, postings, troubles } = await auditPayments(database.databaseUrl);
      const unbalanced = Object.entries(ledger.imbalance()).filter(([, difference]) => difference !== 0n);
      return [
        ...troubles,
        ...unbalanced.map(([currency, difference]) => `the books are ${difference} ${currency} out of balance`),
        ...[...payments, ...refunds, ...items, ...settlements].flatMap(({ id }) =>
          troublesInBooks(id, postings, ledger),
        ),
        ...payments.flatMap((payment) => troublesWithPeers(payment, ledger, wallets)),
      ];
    },

    /** An access token of somebody. */
    tokenOf(customerId: string, roles: readonly Role[] = ['CUSTOMER']): string {
      return signAccessToken({ key, customerId, sessionId: newId('ses'), roles }).token;
    },

    /** A token of the service wallet. */
    walletToken: () => createServiceTokenSigner({ service: 'wallet', key: walletKey })('payment', ['payment:resolve']),

    async stop() {
      await Promise.all(services.map((service) => service.stop()));
      await client.$disconnect();
      await Promise.all([wallets, ledger, forex, risk, profiles].map((server) => server.stop()));
      await bus.close();
      await database.drop();
    },
  };
}

/** The peers with something around each call. */
export function tapped(peers: Peers, around: <Answer>(call: () => Promise<Answer>) => Promise<Answer>): Peers {
  const tap = (peer: Peer): Peer => ({
    request: (document, variables, options) => around(() => peer.request(document, variables, options)),
    ready: () => peer.ready(),
    close: () => peer.close(),
  });
  const { wallet, ledger, forex, risk, profile } = peers;
  return { wallet: tap(wallet), ledger: tap(ledger), forex: tap(forex), risk: tap(risk), profile: tap(profile) };
}

/** Resolves once the condition holds. */
export async function eventually(condition: () => boolean | Promise<boolean>, withinMs = 10_000): Promise<void> {
  const deadline = Date.now() + withinMs;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`Not so within ${withinMs} ms: ${condition}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

function troublesInBooks(reference: string, postings: readonly DuePosting[], ledger: SimulatedLedger): string[] {
  const own = postings.filter((posting) => posting.reference === reference);
  const due = own.flatMap(({ entries }) => entries.map(describeEntry)).sort();
  const posted = ledger.entriesOf(reference).sort();
  return same(posted, due) ? [] : [`${reference} is due ${due.join(', ')}, and the books hold ${posted.join(', ')}`];
}

function troublesWithPeers(payment: Payment, ledger: SimulatedLedger, wallets: SimulatedWallets): string[] {
  const { id, kind, state } = payment;
  if (kind === 'COLLECTION' || !isSettled(state)) return [];
  const troubles: string[] = [];
  if (ledger.held().includes(payment.reservationId)) troubles.push(`${id} is ${state} and still reserves funds`);
  const hold = wallets.holdOf(id);
  if (hold !== (hasMovedMoney(state) ? 'USED' : 'RELEASED')) troubles.push(`${id} is ${state}, its limits are ${hold}`);
  return troubles;
}

function describeEntry({ account, direction, amount }: Entry): string {
  const place = 'walletId' in account ? account.walletId : 'rail' in account ? account.rail : '';
  return `${direction} ${account.purpose} ${amount.currency} ${place} ${amount.amount}`;
}

function same(left: readonly string[], right: readonly string[]): boolean {
  return left.length === right.length && left.every((one, index) => one === right[index]);
}

export type Platform = Awaited<ReturnType<typeof createPlatform>>;
