/** A small payments graph over five subgraphs: enough of the real one for a wallet page, a payment page and a long list. */

const link = (imports: string): string =>
  `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: [${imports}])`;

const money = 'type Money @shareable { amount: String! currency: String! }';

export type SubgraphName = 'wallet' | 'ledger' | 'payment' | 'profile' | 'risk';

/** Authorization directives as in the real graph: the gateway enforces them, its peers get the graph without them. */
export const sdl: Readonly<Record<SubgraphName, string>> = {
  wallet: `${link('"@key", "@shareable", "@authenticated", "@requiresScopes"')}
    type Query { wallet(id: ID!): Wallet @requiresScopes(scopes: [["wallet:read"]]) }
    type Wallet @key(fields: "id") @authenticated {
      id: ID! label: String! currency: String! status: String! createdAt: String! owner: Customer limits: Limits!
    }
    type Limits { perPayment: Money! daily: Money! dailyUsed: Money! }
    type Customer @key(fields: "id", resolvable: false) { id: ID! }
    ${money}`,
  ledger: `${link('"@key", "@shareable", "@requiresScopes"')}
    type Query { trialBalance: [Money!]! }
    type Subscription { walletActivity(walletId: ID!): WalletActivity! }
    type WalletActivity { version: Int! at: String! amount: Money! wallet: Wallet! }
    type Wallet @key(fields: "id") { id: ID! balance: Balance @requiresScopes(scopes: [["wallet:read"]]) }
    type Balance { available: Money! pending: Money! posted: Money! }
    ${money}`,
  payment: `${link('"@key", "@shareable", "@requiresScopes"')}
    type Query {
      payment(id: ID!): Payment @requiresScopes(scopes: [["payment:read"]])
      payments(first: Int!, after: Int! = 0): [Payment!]! @requiresScopes(scopes: [["payment:read"]])
    }
    type Payment @key(fields: "id") {
      id: ID! kind: String! state: String! createdAt: String! amount: Money! fees: [Fee!]! payer: Party! payee: Party!
      timeline: [Step!]!
    }
    type Fee { label: String! amount: Money! }
    type Party { displayName: String! wallet: Wallet }
    type Step { sequence: Int! state: String! at: String! }
    type Wallet @key(fields: "id", resolvable: false) { id: ID! }
    ${money}`,
  profile: `${link('"@key", "@authenticated"')}
    type Query { customer(id: ID!): Customer @authenticated }
    type Customer @key(fields: "id") { id: ID! displayName: String! handle: String! tier: String! country: String! }`,
  risk: `${link('"@key", "@authenticated"')}
    type Query { riskRules: [String!]! }
    type Payment @key(fields: "id") { id: ID! riskAssessment: RiskAssessment @authenticated }
    type RiskAssessment { decision: String! score: Int! reasons: [String!]! }`,
};

export const subgraphNames = ['wallet', 'ledger', 'payment', 'profile', 'risk'] as const satisfies SubgraphName[];
