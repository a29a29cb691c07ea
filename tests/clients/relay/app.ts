/**
 * A small app as Relay wants it: fragments beside what they are for, a list that grows page by page, and objects that are
 * fetched again by their ids. Only relay-compiler reads this file.
 */
declare function graphql(source: TemplateStringsArray): unknown;

export const page = graphql`
  query appPageQuery($first: Int!) {
    viewer {
      id
      ...appHolder_customer
    }
    ...appWallets_query @arguments(first: $first)
  }
`;

export const holder = graphql`
  fragment appHolder_customer on Customer @refetchable(queryName: "appHolderRefetchQuery") {
    displayName
    handle
  }
`;

export const wallets = graphql`
  fragment appWallets_query on Query
  @argumentDefinitions(first: { type: "Int!" }, after: { type: "String" })
  @refetchable(queryName: "appWalletsPageQuery") {
    wallets(first: $first, after: $after) @connection(key: "appWallets_wallets") {
      edges {
        node {
          id
          ...appWallet_wallet
        }
      }
    }
  }
`;

export const wallet = graphql`
  fragment appWallet_wallet on Wallet @refetchable(queryName: "appWalletRefetchQuery") {
    label
    currency
    balance {
      available {
        amount
        currency
      }
    }
  }
`;

export const payments = graphql`
  fragment appPayments_query on Query
  @argumentDefinitions(first: { type: "Int", defaultValue: 20 }, after: { type: "String" })
  @refetchable(queryName: "appPaymentsPageQuery") {
    payments(first: $first, after: $after) @connection(key: "appPayments_payments", filters: []) {
      edges {
        node {
          id
          state
          payee {
            displayName
          }
        }
      }
    }
  }
`;

export const node = graphql`
  query appNodeQuery($id: ID!) {
    node(id: $id) {
      __typename
      id
      ... on Payment {
        state
        riskAssessment {
          id
        }
      }
      ...appWallet_wallet @alias(as: "wallet")
    }
  }
`;

export const open = graphql`
  mutation appOpenWalletMutation($input: OpenWalletInput!, $connections: [ID!]!) {
    openWallet(input: $input) {
      wallet @appendNode(connections: $connections, edgeTypeName: "WalletEdge") {
        id
        ...appWallet_wallet
      }
      userErrors {
        code
        message
      }
    }
  }
`;

export const watch = graphql`
  subscription appWatchSubscription($paymentId: ID!, $afterSequence: Int!) {
    paymentStateChanged(paymentId: $paymentId, afterSequence: $afterSequence) {
      sequence
      settled
      payment {
        id
        state
      }
    }
  }
`;
