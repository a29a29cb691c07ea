import {
  createAuthenticator,
  generateSigningKey,
  publicJwk,
  type Role,
  signAccessToken,
  staticKeys,
} from '@paygraph/auth';
import { createLogger } from '@paygraph/service';
import { composeSubgraphs } from '@paygraph/supergraph';
import { createGateway, type GatewayOptions } from '../gateway.ts';
import { createChannel } from './channel.ts';
import { type FixtureSubgraph, startFixtureSubgraph } from './fixture-subgraph.ts';

const link = (imports: string): string => `
  extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: [${imports}])`;

const walletSdl = `${link('"@key", "@inaccessible", "@authenticated"')}
  type Query {
    wallets: [Wallet!]!
    wallet(id: ID!): Wallet
    walletFacts(ids: [ID!]!): [WalletFacts!]! @inaccessible
  }
  type Mutation {
    renameWallet(id: ID!, label: String!): Wallet
    reserveLimits(walletId: ID!): Boolean @inaccessible
  }
  type Wallet @key(fields: "id") {
    id: ID!
    label: String!
    secret: String @authenticated
  }
  type WalletFacts @inaccessible { id: ID! }`;

const ledgerSdl = `${link('"@key", "@shareable"')}
  type Query { trialBalance: [Money!]! }
  type Wallet @key(fields: "id") {
    id: ID!
    balance(in: String): Money
    strictBalance: Money!
  }
  type Money @shareable { amount: String! currency: String! }`;

const paymentSdl = `${link('"@key", "@shareable", "@composeDirective"')}
  @link(url: "https://paygraph.dev/resumable/v1.0", import: ["@resumable"])
  @composeDirective(name: "@resumable")
  directive @resumable(argument: String!, field: String!) on FIELD_DEFINITION
  type Query { payment(id: ID!): Payment }
  type Mutation { createPayment(amount: String!): Payment! }
  type Subscription {
    paymentStateChanged(paymentId: ID!, afterSequence: Int! = 0): PaymentStateChange!
      @resumable(argument: "afterSequence", field: "sequence")
    ticks: Int
  }
  type PaymentStateChange { sequence: Int! state: State! note: String payment: Payment! }
  enum State { PENDING CONFIRMED }
  type Payment @key(fields: "id") { id: ID! amount: Money! payer: Party! payee: Party! }
  type Party { displayName: String! wallet: Wallet }
  type Wallet @key(fields: "id", resolvable: false) { id: ID! }
  type Money @shareable { amount: String! currency: String! }`;

const riskSdl = `${link('"@key", "@requiresScopes"')}
  type Query { riskRules: [String!]! }
  type Payment @key(fields: "id") {
    id: ID!
    riskAssessment: RiskAssessment @requiresScopes(scopes: [["payment:read"]])
    certainAssessment: RiskAssessment!
  }
  type RiskAssessment { decision: String! reasons(first: Int): [String!]! }`;

/** One step of the payment `pay_1`, as its subgraph publishes it. */
export interface Step {
  readonly sequence: number;
  readonly state: 'PENDING' | 'CONFIRMED';
  readonly note?: string;
}

export type World = Awaited<ReturnType<typeof startWorld>>;

/** A gateway over four small subgraphs, all of them real servers on this machine. */
export async function startWorld(options: Partial<GatewayOptions> = {}) {
  const steps = createChannel<Step>();
  const ticks = createChannel<number>();
  const begun: number[] = [];
  const labels = new Map([
    ['wal_1', 'Everyday'],
    ['wal_2', 'Savings'],
  ]);
  const wallet = (id: unknown) =>
    labels.has(String(id)) ? { id, label: labels.get(String(id)), secret: 'safe' } : null;
  const payment = (id: unknown, amount = '12.30') => ({
    id,
    amount: { amount, currency: 'USD' },
    payer: { displayName: 'Ama', wallet: { id: 'wal_1' } },
    payee: { displayName: 'Kofi', wallet: id === 'pay_2' ? { id: 'wal_9' } : null },
  });

  const subgraphs = {
    wallet: await startFixtureSubgraph('wallet', walletSdl, {
      Query: {
        wallets: () => [wallet('wal_1'), wallet('wal_2')],
        wallet: (_parent, { id }) => wallet(id),
        walletFacts: () => [],
      },
      Mutation: {
        renameWallet: (_parent, { id, label }) => wallet(labels.set(String(id), String(label)) && id),
        reserveLimits: () => true,
      },
      Wallet: { reference: ({ id }) => wallet(id) },
    }),
    ledger: await startFixtureSubgraph('ledger', ledgerSdl, {
      Query: { trialBalance: () => [] },
      Wallet: {
        reference: ({ id }) => ({ id }),
        balance: (_parent, args) => ({ amount: '100.00', currency: args.in ?? 'USD' }),
        strictBalance: ({ id }) => (id === 'wal_1' ? { amount: '100.00', currency: 'USD' } : null),
      },
    }),
    payment: await startFixtureSubgraph('payment', paymentSdl, {
      Query: { payment: (_parent, { id }) => payment(id) },
      Mutation: { createPayment: (_parent, { amount }) => payment('pay_9', String(amount)) },
      Payment: { reference: ({ id }) => payment(id) },
      PaymentStateChange: { payment: (_step, _args, _scope, info) => payment(info.variableValues.id ?? 'pay_1') },
      Subscription: {
        paymentStateChanged: {
          subscribe: (_parent, { afterSequence }) => {
            const after = Number(afterSequence);
            refuseNegative(after);
            begun.push(after);
            return steps.listen(steps.published.filter(({ sequence }) => sequence > after));
          },
          resolve: (step) => step,
        },
        ticks: { subscribe: () => ticks.listen(), resolve: (tick) => tick },
      },
    }),
    risk: await startFixtureSubgraph('risk', riskSdl, {
      Query: { riskRules: () => [] },
      Payment: {
        reference: ({ id }) => ({ id }),
        riskAssessment: () => ({ decision: 'APPROVE', reasons: ['KNOWN_PAYEE'] }),
        certainAssessment: () => ({ decision: 'APPROVE', reasons: [] }),
      },
    }),
  };

  const key = generateSigningKey();
  const logs: string[] = [];
  const logger = createLogger({ service: 'gateway', level: 'info' }, { write: (line) => void logs.push(line) });
  const supergraphSdl = supergraphOf(Object.values(subgraphs));
  const gateway = createGateway({
    supergraphSdl,
    authenticate: createAuthenticator({
      accessTokenKeys: staticKeys({ keys: [publicJwk(key)] }),
      audience: 'gateway',
      acceptedScopes: {},
    }),
    logger,
    subgraphCalls: () => ({ timeoutMs: 20_000 }),
    sockets: { total: 1_000, perPrincipal: 1_000 },
    ...options,
  });
  const url = await gateway.listen({ host: '127.0.0.1', port: 0 });

  return {
    ...subgraphs,
    url,
    webSocketUrl: url.replace('http', 'ws'),
    origin: new URL(url).origin,
    gateway,
    supergraphSdl,
    /** The supergraph as it would be if a subgraph were gone. */
    supergraphWithout: (name: string) => supergraphOf(Object.values(subgraphs).filter((each) => each.name !== name)),
    steps,
    ticks,
    /** The `afterSequence` of each subscription to steps that the payment subgraph was asked for, in order. */
    begun,
    logs,
    /** A bearer token of a customer, good for 15 minutes from `issuedAt`. */
    tokenOf: (customerId: string, issuedAt = new Date(), roles: readonly Role[] = ['CUSTOMER']) =>
      `Bearer ${signAccessToken({ key, customerId, sessionId: 'ses_1', roles, now: issuedAt }).token}`,
    async stop() {
      await gateway.stop();
      await Promise.all(Object.values(subgraphs).map((subgraph) => subgraph.crash()));
    },
  };
}

function supergraphOf(subgraphs: readonly FixtureSubgraph[]): string {
  return composeSubgraphs(subgraphs.map(({ name, url, sdl }) => ({ name, routingUrl: url, sdl }))).supergraphSdl;
}

function refuseNegative(afterSequence: number): void {
  if (afterSequence < 0) throw badInput('afterSequence must not be negative');
}

function badInput(message: string): Error {
  return Object.assign(new Error(message), { extensions: { code: 'BAD_USER_INPUT', field: ['afterSequence'] } });
}
