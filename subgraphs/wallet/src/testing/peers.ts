import { createAuthenticator, publicJwk, type SigningKey, staticKeys } from '@paygraph/auth';
import type { Logger } from '@paygraph/service';
import { createSubgraph } from '@paygraph/subgraph';
import type { PaymentState } from '../generated/peers/payment.ts';
import type { KycTier } from '../limits/limit-table.ts';

/** What wallet uses of profile's and payment's contracts. */
const profileTypeDefs = `
  extend schema
    @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@inaccessible", "@requiresScopes"])
  enum KycTier { BASIC VERIFIED ENHANCED }
  type CustomerName { id: ID! tier: KycTier! }
  type Query {
    customerNames(ids: [ID!]!): [CustomerName]! @inaccessible @requiresScopes(scopes: [["profile:resolve"]])
  }
`;
const paymentTypeDefs = `
  extend schema
    @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@inaccessible", "@requiresScopes"])
  type PaymentStanding { id: ID! state: String! }
  type Query {
    paymentStates(ids: [ID!]!): [PaymentStanding]! @inaccessible @requiresScopes(scopes: [["payment:resolve"]])
  }
`;

interface Ids {
  readonly ids: readonly string[];
}

/** Profile and payment as wallet sees them, served over HTTP. */
export interface TestPeers {
  readonly profileUrl: string;
  readonly paymentUrl: string;
  /** By person; whoever is not in it is BASIC. */
  readonly tiers: Map<string, KycTier>;
  /** By payment; one that is not in it does not exist. */
  readonly payments: Map<string, PaymentState>;
  /** How often profile was asked. */
  asked: number;
  /** Profile answers no connection. */
  profileDown: boolean;
  stop(): Promise<void>;
}

export async function startTestPeers(walletKey: SigningKey, logger: Logger): Promise<TestPeers> {
  const tiers = new Map<string, KycTier>();
  const payments = new Map<string, PaymentState>();
  const authenticate = (audience: 'profile' | 'payment', scope: 'profile:resolve' | 'payment:resolve') =>
    createAuthenticator({
      accessTokenKeys: staticKeys({ keys: [] }),
      serviceTokenKeys: staticKeys({ keys: [publicJwk(walletKey, 'wallet')] }),
      audience,
      acceptedScopes: { wallet: [scope] },
    });
  const customerNames = (_root: unknown, { ids }: Ids) => {
    peers.asked += 1;
    return ids.map((id) => ({ id, tier: tiers.get(id) ?? 'BASIC' }));
  };
  const paymentStates = (_root: unknown, { ids }: Ids) => ids.map((id) => standing(id, payments.get(id)));
  const profile = createSubgraph({
    name: 'profile',
    typeDefs: profileTypeDefs,
    resolvers: { Query: { customerNames } },
    context: (scope) => scope,
    authenticate: authenticate('profile', 'profile:resolve'),
    logger,
    routes: (app) => {
      app.addHook('onRequest', async (request) => {
        if (peers.profileDown) request.raw.socket.destroy();
      });
    },
  });
  const payment = createSubgraph({
    name: 'payment',
    typeDefs: paymentTypeDefs,
    resolvers: { Query: { paymentStates } },
    context: (scope) => scope,
    authenticate: authenticate('payment', 'payment:resolve'),
    logger,
  });
  const address = { host: '127.0.0.1', port: 0 };
  const peers: TestPeers = {
    profileUrl: await profile.listen(address),
    paymentUrl: await payment.listen(address),
    tiers,
    payments,
    asked: 0,
    profileDown: false,
    async stop() {
      await Promise.all([profile.stop(), payment.stop()]);
    },
  };
  return peers;
}

function standing(id: string, state: PaymentState | undefined) {
  return state === undefined ? null : { id, state };
}
