/** The graph of this benchmark: a selection under a subscription that needs three subgraphs, and the same as a query. */

const link = (imports: string): string => `
  extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: [${imports}])`;

export const subgraphSdl = {
  payment: `${link('"@key", "@shareable", "@composeDirective"')}
    @link(url: "https://paygraph.dev/resumable/v1.0", import: ["@resumable"])
    @composeDirective(name: "@resumable")
    directive @resumable(argument: String!, field: String!) on FIELD_DEFINITION
    type Query { payment(id: ID!): Payment }
    type Subscription {
      paymentStateChanged(paymentId: ID!, afterSequence: Int! = 0): PaymentStateChange!
        @resumable(argument: "afterSequence", field: "sequence")
    }
    type PaymentStateChange { sequence: Int! state: String! payment: Payment! }
    type Payment @key(fields: "id") { id: ID! state: String! amount: Money! payer: Party! payee: Party! }
    type Party { displayName: String! wallet: Wallet }
    type Wallet @key(fields: "id", resolvable: false) { id: ID! }
    type Money @shareable { amount: String! currency: String! }`,
  wallet: `${link('"@key"')}
    type Query { wallet(id: ID!): Wallet }
    type Wallet @key(fields: "id") { id: ID! label: String! }`,
  ledger: `${link('"@key", "@shareable"')}
    type Query { trialBalance: [Money!]! }
    type Wallet @key(fields: "id") { id: ID! balance: Money }
    type Money @shareable { amount: String! currency: String! }`,
} as const;

const selection = `{
  id
  state
  amount { amount currency }
  payer { displayName wallet { id label balance { amount currency } } }
  payee { displayName }
}`;

export const subscription = `subscription Watch($id: ID!, $after: Int! = 0) {
  paymentStateChanged(paymentId: $id, afterSequence: $after) { sequence state payment ${selection} }
}`;

export const query = `query Payment($id: ID!) { payment(id: $id) ${selection} }`;
