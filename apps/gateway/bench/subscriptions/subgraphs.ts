/** The process of the subgraphs: publishes a step of one payment, or of all that are watched, when it is told to. */
import { type Channel, createChannel } from '../../src/testing/channel.ts';
import { startFixtureSubgraph } from '../../src/testing/fixture-subgraph.ts';
import { subgraphSdl } from './graph.ts';

export type SubgraphsCommand =
  /** Another step of so many of the payments that are watched. */
  { readonly kind: 'publish'; readonly from: number; readonly amount: number } | { readonly kind: 'report' };

export interface SubgraphsReady {
  readonly urls: Readonly<Record<keyof typeof subgraphSdl, string>>;
}

export interface SubgraphsReport {
  /** Subscriptions that are open. */
  readonly subscriptions: number;
  /** Sockets that are open. */
  readonly sockets: number;
}

interface Step {
  readonly sequence: number;
  readonly state: string;
}

const channels = new Map<string, Channel<Step>>();
const listen = (paymentId: string, after: number) => {
  const channel = channels.get(paymentId) ?? createChannel<Step>();
  channels.set(paymentId, channel);
  return channel.listen(channel.published.filter((step) => step.sequence > after));
};
const payment = (id: unknown) => ({
  id,
  state: 'PROCESSING',
  amount: { amount: '12.30', currency: 'USD' },
  payer: { displayName: 'Ama', wallet: { id: `wal_${id}` } },
  payee: { displayName: 'Kofi', wallet: null },
});

const subgraphs = {
  payment: await startFixtureSubgraph('payment', subgraphSdl.payment, {
    Query: { payment: (_parent, { id }) => payment(id) },
    Payment: { reference: ({ id }) => payment(id) },
    PaymentStateChange: { payment: (_step, _args, _scope, info) => payment(info.variableValues.id) },
    Subscription: {
      paymentStateChanged: {
        subscribe: (_parent, { paymentId, afterSequence }) => listen(String(paymentId), Number(afterSequence)),
        resolve: (step) => step,
      },
    },
  }),
  wallet: await startFixtureSubgraph('wallet', subgraphSdl.wallet, {
    Query: { wallet: (_parent, { id }) => ({ id, label: 'Everyday' }) },
    Wallet: { reference: ({ id }) => ({ id, label: 'Everyday' }) },
  }),
  ledger: await startFixtureSubgraph('ledger', subgraphSdl.ledger, {
    Query: { trialBalance: () => [] },
    Wallet: {
      reference: ({ id }) => ({ id }),
      balance: () => ({ amount: '100.00', currency: 'USD' }),
    },
  }),
};

process.on('message', (command: SubgraphsCommand) => {
  for (const { requests } of Object.values(subgraphs)) requests.length = 0;
  if (command.kind === 'publish') {
    const watched = [...channels.values()].filter(({ listeners }) => listeners > 0);
    for (const channel of watched.slice(command.from, command.from + command.amount))
      channel.publish({ sequence: channel.published.length + 1, state: 'PROCESSING' });
    return;
  }
  const open = [...channels.values()].reduce((total, { listeners }) => total + listeners, 0);
  const report: SubgraphsReport = { subscriptions: open, sockets: subgraphs.payment.sockets.size };
  process.send?.(report);
});
process.on('disconnect', () => process.exit());

const { payment: p, wallet: w, ledger: l } = subgraphs;
process.send?.({ urls: { payment: p.url, wallet: w.url, ledger: l.url } } satisfies SubgraphsReady);
