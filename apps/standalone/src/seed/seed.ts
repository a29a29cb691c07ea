import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { migrate, migrationsDirectory } from '@paygraph/database';
import { demoAccounts, demoPassword } from '@paygraph/playground';
import type { Logger } from '@paygraph/service';
import { registerWithRoles } from '@paygraph/subgraph-profile';
import { openWallet, operations, type Person, recordDeposit, signIn } from '../client/index.ts';
import type { DatabaseUrls } from '../services/environment.ts';
import { until } from '../until.ts';
import { demoPeople, openingBalances } from './demo-data.ts';

/*
 * Demo data: people with fixed ids, wallets, and deposits with fixed idempotency keys, so that a start that was cut off is
 * made good by the next one without paying anything in twice.
 */

/** Whether an installation has had its demo data. */
export function isSeeded(directory: string): boolean {
  return existsSync(markIn(directory));
}

/** Among the data itself, so that a new database is filled again. */
const markIn = (directory: string) => join(directory, 'postgres', 'demo-data');

/** Enters the demo people in profile's database; those that are there already stay as they are. */
export async function enterDemoPeople({ databaseUrl, migrationUrl }: DatabaseUrls, logger: Logger): Promise<void> {
  await migrate({ migrationUrl, directory: migrationsDirectory('profile'), logger });
  await registerWithRoles({ databaseUrl, people: demoPeople });
}

/** Gives the demo customers wallets and money through the graph at `url`, and marks the installation. */
export async function furnishDemoPeople({ directory, url }: { directory: string; url: string }): Promise<void> {
  const operator = await signIn(url, emailOf('OPERATOR'), demoPassword);
  const deposits: string[] = [];
  for (const { email, role } of demoAccounts) {
    if (role === 'CUSTOMER') deposits.push(...(await furnish(await signIn(url, email, demoPassword), operator)));
  }
  await Promise.all(deposits.map((id) => confirmed(operator, id)));
  await writeFile(markIn(directory), `${new Date().toISOString()}\n`);
}

/** The address of the first demo account with a role. */
export function emailOf(role: (typeof demoAccounts)[number]['role']): string {
  const account = demoAccounts.find((candidate) => candidate.role === role);
  if (!account) throw new Error(`There is no demo account with the role ${role}`);
  return account.email;
}

/** Opens the wallets that are missing and pays the opening balances in. Answers the ids of the deposits. */
async function furnish(customer: Person, operator: Person): Promise<string[]> {
  const { wallets } = await customer.graph<operations.Wallets>(operations.wallets);
  const deposits: string[] = [];
  for (const amount of openingBalances) {
    const existing = wallets.nodes.find(({ currency }) => currency === amount.currency);
    const walletId = existing?.id ?? (await openWallet(customer, amount.currency));
    const input = { idempotencyKey: `demo-${walletId}`, walletId, amount, reference: `Opening balance ${walletId}` };
    deposits.push(await recordDeposit(operator, input));
  }
  return deposits;
}

async function confirmed({ graph }: Person, id: string): Promise<void> {
  await until(`the demo deposit ${id} is confirmed`, 30_000, async () => {
    const { payment } = await graph<operations.PaymentState>(operations.paymentState, { id });
    if (payment?.failure) throw new Error(`The demo deposit ${id} failed: ${payment.failure.code}`);
    return payment?.state === 'CONFIRMED';
  });
}
