import { measure } from '@paygraph/bench';
import { createPool, prismaAdapter } from '@paygraph/database';
import { newId } from '@paygraph/ids';
import { currencyOf } from '@paygraph/money';
import { createEngine } from '../src/engine/engine.ts';
import { PrismaClient } from '../src/generated/prisma/client.ts';
import { workloads } from './workloads.ts';

/** What a process is told to do, over its channel; it answers with a `Measure`. */
export interface Task {
  readonly clients: number;
  readonly seconds: number;
}

/** An engine in a process of its own, as every process of the ledger has one. Its parent starts it: see processes.ts. */
const database = new PrismaClient({ adapter: prismaAdapter({ url: process.env.LEDGER_DATABASE_URL ?? '' }) });
const engine = createEngine(createPool({ url: process.env.LEDGER_DATABASE_URL ?? '' }));
const currency = currencyOf('USD');
const wallets = await database.account.findMany({ where: { purpose: 'WALLET' }, select: { walletId: true } });
const wallet = (account: number) => {
  const { walletId } = wallets[account % wallets.length] ?? {};
  return { purpose: 'WALLET' as const, currency, walletId: walletId ?? '' };
};

async function post(): Promise<void> {
  const { from, to } = workloads.uniform();
  const [outcome] = await engine.post([
    {
      id: newId('txn'),
      kind: 'TRANSFER',
      reference: 'bench',
      entries: [
        { account: wallet(from), direction: 'DEBIT', amount: 1n },
        { account: wallet(to), direction: 'CREDIT', amount: 1n },
      ],
    },
  ]);
  if (!outcome?.done) throw new Error(`Refused: ${JSON.stringify(outcome)}`);
}

process.on('message', async ({ clients, seconds }: Task) => {
  process.send?.(await measure({ clients, seconds, act: post }));
});
process.on('disconnect', () => process.exit());
process.send?.('ready');
