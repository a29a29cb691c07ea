import { paymentId, walletId } from './graph/data.ts';

export interface Workload {
  readonly query: string;
  /** Those of the requests, in turn. */
  readonly variables: readonly Readonly<Record<string, unknown>>[];
  /** Clients that ask one request after the other. */
  readonly connections: number;
  /** Requests before anything is measured. */
  readonly warmUp: number;
}

const times = <T>(count: number, make: (index: number) => T): T[] => Array.from({ length: count }, (_, i) => make(i));

/** Queries by name. `small` reaches two subgraphs, `payment` five, `list` four with entities three levels deep. */
export const workloads = {
  small: {
    query: `query WalletPage($id: ID!) {
      wallet(id: $id) {
        id label currency status createdAt
        limits { perPayment { amount currency } daily { amount currency } dailyUsed { amount currency } }
        balance { available { amount currency } pending { amount currency } posted { amount currency } }
      }
    }`,
    variables: times(480, (i) => ({ id: walletId(i) })),
    connections: 16,
    warmUp: 15_000,
  },
  payment: {
    query: `query PaymentPage($id: ID!) {
      payment(id: $id) {
        id kind state createdAt amount { ...M } fees { label amount { ...M } } timeline { sequence state at }
        payer { displayName wallet { ...W } } payee { displayName wallet { ...W } }
        riskAssessment { decision score reasons }
      }
    }
    fragment W on Wallet { id label currency balance { available { ...M } } owner { id displayName handle } }
    fragment M on Money { amount currency }`,
    variables: times(480, (i) => ({ id: paymentId(i) })),
    connections: 16,
    warmUp: 8_000,
  },
  list: {
    query: `query Payments($after: Int!) {
      payments(first: 100, after: $after) {
        id kind state createdAt amount { ...M } fees { label amount { ...M } }
        payer { displayName wallet { ...W } } payee { displayName wallet { ...W } }
        riskAssessment { decision score reasons }
      }
    }
    fragment W on Wallet { id label currency balance { available { ...M } } owner { id displayName handle tier } }
    fragment M on Money { amount currency }`,
    variables: times(24, (i) => ({ after: i * 13 })),
    connections: 4,
    warmUp: 1_000,
  },
} satisfies Record<string, Workload>;

export type WorkloadName = keyof typeof workloads;

/** What every live subscription asks. The stamp in `at` tells how long an event has been under way. */
export const activityQuery = `subscription Activity($walletId: ID!) {
  walletActivity(walletId: $walletId) {
    version at amount { amount currency } wallet { id balance { available { amount currency } } }
  }
}`;

/** Live subscriptions: principals with as many sockets each, all watching the principal's own wallet. */
export const live = { principals: 100, socketsEach: 10, eventsPerSecond: 10 } as const;
